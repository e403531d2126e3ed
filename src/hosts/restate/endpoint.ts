import {
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { ActorEvent } from '../host-options.ts';
import { type RestateSdk, type ServicesOptions, services } from './services.ts';

/** What Restate calls: the process that takes the turns and performs the commands. */

export interface EndpointOptions {
  /** 0: a free one. */
  readonly port: number;
  /** 127.0.0.1 unless told. */
  readonly address?: string;
  /**
   * Restate's public identity keys (`publickeyv1_…`): only requests signed with one of them are served. Required on any
   * address but loopback, for whoever can call the endpoint can speak in Restate's name.
   */
  readonly identityKeys?: readonly string[];
  readonly report: (problem: string) => void;
}

export interface Endpoint {
  readonly url: string;
  /** Takes no new call, lets those under way end for `graceMs`; Restate brings the rest to whoever serves next. */
  close(graceMs?: number): Promise<void>;
}

export type RequestHandler = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
/** Long enough for a write at AWS, short enough for whoever stops a service. */
const GRACE_MS = 5_000;

/** The optional package that speaks Restate's protocol. Throws, with what to install, where it is missing. */
export async function loadSdk(): Promise<RestateSdk> {
  try {
    return await import('@restatedev/restate-sdk');
  } catch (error) {
    const next = 'npm install @restatedev/restate-sdk@1.17.2';
    throw new Error(`the package @restatedev/restate-sdk is needed to serve Restate: ${next}`, { cause: error });
  }
}

/** What answers Restate's calls for one kind of actor, for any HTTP/2 server. */
export function requestHandler<State, Event extends ActorEvent, Command extends { readonly key: string }>(
  sdk: RestateSdk,
  options: ServicesOptions<State, Event, Command> & Pick<EndpointOptions, 'identityKeys'>,
): RequestHandler {
  return handlerOf(sdk, services(sdk, options), options);
}

/** What answers Restate's calls for these services, for any HTTP/2 server. */
export function handlerOf(
  sdk: RestateSdk,
  served: ReturnType<typeof services>,
  { identityKeys, report }: Pick<EndpointOptions, 'identityKeys' | 'report'>,
): RequestHandler {
  return sdk.createEndpointHandler({
    services: served,
    ...(identityKeys === undefined ? {} : { identityKeys: [...identityKeys] }),
    // Attempts that fail are Restate's to repeat; what people should know is reported where it happens.
    logger: ({ level }, ...words) => {
      if (level === 'error') report(`Restate: ${words.map(String).join(' ').split('\n')[0]}`);
    },
  });
}

/** Starts to listen. Rejects where the port is taken, and on an open address without identity keys. */
export async function startEndpoint(handler: RequestHandler, options: EndpointOptions): Promise<Endpoint> {
  const { port, address = '127.0.0.1', identityKeys = [] } = options;
  if (!LOOPBACK.has(address) && identityKeys.length === 0) {
    const why = 'whoever can reach it could speak in the name of Restate';
    throw new Error(`the endpoint for Restate must not listen on ${address} without identity keys: ${why}`);
  }
  const server = createServer(handler);
  const sessions = new Set<ServerHttp2Session>();
  const sockets = new Set<Socket>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await listening(server, port, address);
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${bound}`,
    close: (graceMs = GRACE_MS) => closed(server, sessions, sockets, graceMs),
  };
}

function listening(server: Http2Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function closed(
  server: Http2Server,
  sessions: ReadonlySet<ServerHttp2Session>,
  sockets: ReadonlySet<Socket>,
  graceMs: number,
): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  for (const session of sessions) session.close();
  // A session that was closed waits for the other side to hang up, which a frozen one never does.
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, graceMs);
  await ended;
  clearTimeout(timer);
}

export interface Registration {
  /** Restate's admin API: `http://127.0.0.1:9070`. */
  readonly admin: string;
  /** Where Restate reaches the endpoint. */
  readonly endpoint: string;
  readonly token?: string;
}

const REGISTRATION_TIMEOUT_MS = 10_000;

/** Tells Restate where the endpoint is; again at each start, as an upgrade may have changed what it offers. */
export async function register({ admin, endpoint, token }: Registration): Promise<void> {
  const url = `${admin.replace(/\/+$/, '')}/deployments`;
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ uri: endpoint, force: true }),
      signal: AbortSignal.timeout(REGISTRATION_TIMEOUT_MS),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Error(`Restate's admin API at ${admin} cannot be reached (${cause})`, { cause: error });
  }
  if (response.ok) return;
  const text = (await response.text()).slice(0, 300);
  throw new Error(`Restate did not accept the endpoint ${endpoint} (HTTP ${response.status}): ${text}`);
}
