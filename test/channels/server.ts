import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a vendor got it. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: string | object;
}

/** What goes wrong with one request. `does`: the vendor does what it was asked for, and only the answer is lost. */
export type Fault =
  | { readonly kind: 'answer'; readonly reply: Reply; readonly does?: true }
  | { readonly kind: 'hang'; readonly does?: true }
  | { readonly kind: 'reset'; readonly does?: true }
  /** The status line and half of the body, and then nothing more. */
  | { readonly kind: 'half'; readonly does?: true };

/** A vendor, as far as its contract goes: what it answers, and what it has taken. */
export interface Vendor {
  handle(request: Received): Reply;
  /** Whether a request only asks. Faults are kept for the others. */
  reads?(request: Received): boolean;
  /** The texts of everything that people can see there, once for each time that it can be seen. */
  seen(): readonly string[];
}

/** A vendor on this machine's loopback, with scripted faults: each is used up by one request that changes something. */
export class VendorServer {
  readonly requests: Received[] = [];
  /** Null: this one goes well. */
  readonly faults: (Fault | null)[] = [];
  /** Faults for requests that only ask. */
  readonly readFaults: (Fault | null)[] = [];
  readonly #vendor: Vendor;
  readonly #server: Server;
  readonly #hanging = new Set<ServerResponse>();

  private constructor(vendor: Vendor) {
    this.#vendor = vendor;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(vendor: Vendor): Promise<VendorServer> {
    const server = new VendorServer(vendor);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const response of this.#hanging) response.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = await readRequest(request);
    this.requests.push(received);
    const reads = received.method === 'GET' || this.#vendor.reads?.(received) === true;
    const fault = (reads ? this.readFaults : this.faults).shift();
    if (!fault) return send(response, this.#vendor.handle(received));
    const done = fault.does ? this.#vendor.handle(received) : undefined;
    switch (fault.kind) {
      case 'answer':
        return send(response, fault.reply);
      case 'hang':
        this.#hanging.add(response);
        return;
      case 'reset':
        request.socket.resetAndDestroy();
        return;
      case 'half': {
        const body = bodyOf(done ?? { status: 200, body: {} });
        response.writeHead(done?.status ?? 200, { 'content-length': String(body.length + 100) });
        response.write(body.slice(0, Math.ceil(body.length / 2)), () => request.socket.resetAndDestroy());
      }
    }
  }
}

async function readRequest(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString('utf8');
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  return { method: request.method ?? 'GET', path: pathname, query: searchParams, headers, body, json: parse(body) };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, reply: Reply): void {
  const body = bodyOf(reply);
  const type = typeof reply.body === 'object' ? { 'content-type': 'application/json' } : {};
  response.writeHead(reply.status, { ...type, ...reply.headers }).end(body);
}

function bodyOf({ body = '' }: Reply): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** A field of a request's JSON, by its path. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (now, key) => (typeof now === 'object' && now !== null ? (now as Record<string, unknown>)[key] : undefined),
    value,
  );
}

/** The same, as text; empty where there is none. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}
