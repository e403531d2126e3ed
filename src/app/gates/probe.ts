import { lookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP } from 'node:net';
import type { Probe, ProbeAnswer, ProbeOrder } from '../ports/probe.ts';

const MAX_BODY_BYTES = 1_000_000;

/** Addresses inside: of this machine and of private networks (RFC 1918, RFC 6598, RFC 4193). Allowed where the gate says so. */
const inside = new BlockList();
for (const [net, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
] as const)
  inside.addSubnet(net, prefix, 'ipv4');
inside.addAddress('::1', 'ipv6');
inside.addSubnet('fc00::', 7, 'ipv6');

/** Addresses that no gate is about: metadata services and what else is link-local, multicast, unspecified or reserved. */
const never = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['224.0.0.0', 3],
] as const)
  never.addSubnet(net, prefix, 'ipv4');
// AWS's metadata service lies in the private range.
never.addAddress('fd00:ec2::254', 'ipv6');
never.addAddress('::', 'ipv6');
for (const [net, prefix] of [
  ['fe80::', 10],
  ['ff00::', 8],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
] as const)
  never.addSubnet(net, prefix, 'ipv6');

/** Whether a gate may call an address, given as text. IPv4 addresses in IPv6's clothes count as what they are. */
export function mayProbe(address: string, allowPrivate: boolean): boolean {
  const plain = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1] ?? plain;
  const family = isIP(mapped);
  if (family === 0 || /^::ffff:/i.test(mapped)) return false;
  const kind = family === 6 ? 'ipv6' : 'ipv4';
  return !never.check(mapped, kind) && (allowPrivate || !inside.check(mapped, kind));
}

/**
 * One request to an address of the team's own: bounded in time and size, without redirects. The address that was checked is
 * the one that is connected to, so that a name which is resolved to another one a moment later gains nothing.
 */
export function createProbe(resolve: (host: string) => Promise<readonly string[]> = resolveAll): Probe {
  return {
    async ask(order) {
      const url = new URL(order.url);
      if (url.username !== '' || url.password !== '')
        throw new Error('its address holds a user name: secrets do not belong there');
      if (url.protocol !== 'https:' && !(url.protocol === 'http:' && order.allowPrivate))
        throw new Error(`${url.protocol}//${url.host} is not https: allowPrivate allows plain http`);
      const host = url.hostname.replace(/^\[|\]$/g, '');
      const addresses = isIP(host) ? [host] : await resolve(host).catch(() => []);
      const [address] = addresses;
      if (address === undefined) throw new Error(`${host} cannot be resolved`);
      const closed = addresses.find((each) => !mayProbe(each, order.allowPrivate));
      if (closed !== undefined)
        throw new Error(
          `${host} leads to ${closed}, which ${order.allowPrivate ? 'no gate may call' : 'is not the public internet: allowPrivate allows it'}`,
        );
      return send(order, url, address);
    },
  };
}

async function resolveAll(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true, order: 'ipv4first' })).map(({ address }) => address);
}

function send({ method, headers, body, timeoutMs }: ProbeOrder, url: URL, address: string): Promise<ProbeAnswer> {
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((answered, failed) => {
    const give = (error: unknown): void => {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      failed(
        new Error(signal.aborted ? `${url.host} did not answer within ${timeoutMs / 1_000} s` : `${url.host}: ${code}`),
      );
    };
    const outgoing = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method,
      headers: {
        'user-agent': 'Switchback',
        ...headers,
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
      },
      agent: false,
      signal,
      lookup: (_host, options, done) => {
        const family = isIP(address);
        if (options.all) done(null, [{ address, family }]);
        else done(null, address, family);
      },
    });
    outgoing.on('error', give);
    outgoing.on(
      'response',
      (incoming) =>
        void readBody(incoming).then((text) => answered({ status: incoming.statusCode ?? 0, body: text }), give),
    );
    outgoing.end(body);
  });
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) {
      incoming.destroy();
      break;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
