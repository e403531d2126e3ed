import { lookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { isLoopbackAddress, isPublicAddress } from './address.ts';

/** One HTTP request of an adapter. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** {@link TIMEOUT_MS} unless told. */
  readonly timeoutMs?: number;
  /** It changes nothing at the other side, whatever its method. */
  readonly reads?: true;
}

/** What came of a request. Nothing is ever thrown. */
export type Answer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Names in lower case. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** It surely did not reach the other side. */
  | { readonly kind: 'notSent'; readonly told: string }
  /** It may have reached the other side. */
  | { readonly kind: 'cutOff'; readonly told: string }
  /** It was not tried, and trying again is of no use. */
  | { readonly kind: 'forbidden'; readonly told: string };

export interface Transport {
  exchange(request: HttpRequest): Promise<Answer>;
}

export interface TransportOptions {
  /** For tests and local trials: http, and addresses of this machine, are allowed too. */
  readonly allowInsecureLoopback?: boolean;
  /** The addresses of a host; the system's resolver unless told. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** How long an answer is waited for, whatever a request asks for; for tests. */
  readonly timeoutMs?: number;
}

export const TIMEOUT_MS = 10_000;
/** No vendor's answer to one message is longer; the rest is not read. */
export const MAX_ANSWER_BYTES = 1_000_000;
const USER_AGENT = 'Switchback';

/**
 * The one way by which every vendor's HTTP API is called: bounded in time and size, never following a redirect, and only
 * to the public internet. The address that was checked is the address that is connected to, so that a name which is
 * resolved to another one a moment later gains nothing. What is told never holds a path or a query: both can be secrets.
 */
export function createTransport(options: TransportOptions): Transport {
  const { allowInsecureLoopback = false, resolve = resolveAll, timeoutMs } = options;
  return {
    async exchange(request) {
      const target = readTarget(request.url, allowInsecureLoopback);
      if ('told' in target) return { kind: 'forbidden', told: target.told };
      const addresses = await addressesOf(target.url, allowInsecureLoopback, resolve);
      if ('kind' in addresses) return addresses;
      return send(timeoutMs === undefined ? request : { ...request, timeoutMs }, target.url, addresses.addresses);
    },
  };
}

function readTarget(text: string, loopback: boolean): { readonly url: URL } | { readonly told: string } {
  if (!URL.canParse(text)) return { told: 'its address is no URL: check it in the configuration' };
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    return { told: 'its address holds a user name: secrets go by env: or file:' };
  if (url.protocol === 'https:') return { url };
  if (url.protocol === 'http:' && loopback) return { url };
  return { told: `${url.protocol}//${url.host} is not https` };
}

type Addressed = { readonly addresses: readonly string[] } | Extract<Answer, { kind: 'notSent' | 'forbidden' }>;

async function addressesOf(
  url: URL,
  loopback: boolean,
  resolve: (host: string) => Promise<readonly string[]>,
): Promise<Addressed> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  let found: readonly string[];
  try {
    found = isIP(host) ? [host] : await inTime(resolve(host));
  } catch (error) {
    return { kind: 'notSent', told: `${host} cannot be resolved (${codeOf(error)})` };
  }
  if (found.length === 0) return { kind: 'notSent', told: `${host} has no address` };
  // Every address counts: which of them is used is not for the answer of a name server to choose.
  const inside = found.find((each) => !(loopback && isLoopbackAddress(each)) && !isPublicAddress(each));
  if (inside !== undefined)
    return {
      kind: 'forbidden',
      told: `${host}${host === inside ? ' is' : ` leads to ${inside}, which is`} not on the public internet`,
    };
  if (url.protocol === 'http:' && !found.every(isLoopbackAddress))
    return { kind: 'forbidden', told: `${url.protocol}//${url.host} is not https` };
  return { addresses: found };
}

/** A name server that is silent takes as long as one that is gone. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const stop = new AbortController();
  const late = pause(TIMEOUT_MS, undefined, { signal: stop.signal, ref: false }).then(() => {
    throw Object.assign(new Error('no answer'), { code: 'ETIMEOUT' });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    stop.abort();
    late.catch(() => undefined);
  }
}

async function resolveAll(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true, order: 'ipv4first' })).map(({ address }) => address);
}

function send(request: HttpRequest, url: URL, addresses: readonly string[]): Promise<Answer> {
  const { method, headers, body = '', timeoutMs = TIMEOUT_MS } = request;
  const to = url.host;
  return new Promise((done) => {
    let connected = false;
    const failed = (error: unknown): void => {
      const told = signal.aborted ? `${to} did not answer within ${timeoutMs / 1_000} s` : `${to}: ${codeOf(error)}`;
      done(connected ? { kind: 'cutOff', told } : { kind: 'notSent', told });
    };
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const outgoing = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
        method,
        headers: {
          'user-agent': USER_AGENT,
          ...headers,
          ...(method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        },
        // A connection of its own: one that was kept may be closed at the very moment it is used again.
        agent: false,
        signal,
        lookup: pinned(addresses),
      });
      outgoing.on('socket', (socket) => {
        socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
          connected = true;
        });
      });
      outgoing.on('error', failed);
      outgoing.on(
        'response',
        (incoming) => void readAnswer(incoming).then(done, (error: unknown) => done(broken(incoming, to, error))),
      );
      outgoing.end(method === 'GET' ? undefined : body);
    } catch (error) {
      // A header that cannot be sent: most often a token with a line break at its end.
      done({ kind: 'forbidden', told: `the request to ${to} cannot be built (${codeOf(error)}): check the token` });
    }
  });
}

type Lookup = NonNullable<Parameters<typeof httpsRequest>[1]['lookup']>;

/** Answers the addresses that were checked, whatever the name servers say by now. */
function pinned(addresses: readonly string[]): Lookup {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, callback) => {
    if (options.all) callback(null, found);
    else callback(null, found[0]!.address, found[0]!.family);
  };
}

async function readAnswer(incoming: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size >= MAX_ANSWER_BYTES) break;
  }
  if (size >= MAX_ANSWER_BYTES) incoming.destroy();
  return answer(incoming, Buffer.concat(chunks).toString('utf8'));
}

/** The line went dead within the answer. A refusal is known by its status alone; a success is not complete. */
function broken(incoming: IncomingMessage, to: string, error: unknown): Answer {
  if ((incoming.statusCode ?? 0) >= 400) return answer(incoming, '');
  return { kind: 'cutOff', told: `${to} broke off its answer (${codeOf(error)})` };
}

function answer(incoming: IncomingMessage, body: string): Answer {
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
  return { kind: 'answered', status: incoming.statusCode ?? 0, headers, body };
}

/** `ECONNRESET`; never the message, which can repeat the whole address. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
