import { Readable } from 'node:stream';
import { createWire, type Wire, type WireDeps } from '../../../src/local/wire/dispatch.ts';
import { identify } from '../../../src/local/wire/identify.ts';
import type { Service } from '../../../src/local/wire/service.ts';
import { ManualClock } from '../manual-clock.ts';

/** What an SDK client hands to its request handler, as far as it is used here. */
interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export const credentials = { accessKeyId: 'alice', secretAccessKey: 'secret' };

/** A wire layer over the given services, without recorder and faults. */
export function wireOver(services: readonly Service[], more: Partial<WireDeps> = {}): Wire {
  return createWire({
    services,
    clock: new ManualClock(),
    recorder: { record() {} },
    interference: { active: false, around: () => Promise.reject(new Error('no faults here')) },
    endpoint: () => 'http://127.0.0.1:1',
    onBug: (what, error) => {
      throw new Error(`bug in ${what}`, { cause: error });
    },
    ...more,
  });
}

/** Settings that make an SDK client talk to a wire layer in this process, without a socket. */
export function inProcess(wire: Wire) {
  const requestHandler = {
    async handle(request: SdkRequest) {
      const body = await bytesOf(request.body);
      const query = queryOf(request.query);
      const head = { method: request.method, path: request.path, query, headers: lowerCased(request.headers) };
      const signal = () => new AbortController().signal;
      const answer = await wire.handle(identify(head), { ...head, body }, { sourceIp: '127.0.0.1', signal });
      if (answer.kind === 'drop') throw new Error(`connection dropped: ${answer.how}`);
      const { status, headers, body: content } = answer.response;
      const stream = typeof content === 'string' || content instanceof Uint8Array ? [Buffer.from(content)] : content;
      return { response: { statusCode: status, headers, body: Readable.from(stream, { objectMode: false }) } };
    },
    metadata: { handlerProtocol: 'http/1.1' },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
    destroy() {},
  };
  return {
    region: 'eu-central-1',
    endpoint: 'http://127.0.0.1:1',
    credentials,
    maxAttempts: 1,
    disableHostPrefix: true,
    requestHandler,
  };
}

function queryOf(query: SdkRequest['query']): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const item of Array.isArray(value) ? value : [value]) parameters.append(name, item ?? '');
  }
  return parameters.toString();
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

async function bytesOf(body: unknown): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array | string>) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
