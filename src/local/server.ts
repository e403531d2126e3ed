import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ControlPath } from './control/control.ts';
import type { FunctionUrls } from './links.ts';
import { tooLarge } from './wire/body.ts';
import { UNKNOWN_SERVICE_BODY_BYTES } from './wire/catalog.ts';
import type { Peer, Wire } from './wire/dispatch.ts';
import type { WireResponse } from './wire/http.ts';
import { type Addressed, identify } from './wire/identify.ts';
import { AwsError } from './wire/service.ts';

/** A client that has not sent its headers by then never will. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Enough for the largest body over loopback on a busy machine. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Longer than SDKs keep idle connections, so that it is them who close and no request meets a closing socket. */
const KEEP_ALIVE_MS = 75_000;
const MAX_CONNECTIONS = 4096;
const LINGER_MS = 2_000;
/** Function URLs take what a synchronous invocation takes. */
const FUNCTION_URL_BODY_BYTES = 6 * 1024 * 1024;
const CONTROL_BODY_BYTES = 1024 * 1024;

export interface ServerDeps {
  readonly wire: Wire;
  readonly control: ControlPath;
  readonly urls: () => FunctionUrls | undefined;
  readonly onBug: (what: string, error: unknown) => void;
}

export interface LocalServer {
  /** Binds the port (0 for a free one) and resolves to it. Rejects where the port is taken. */
  listen(port: number, host: string): Promise<number>;
  close(): Promise<void>;
}

/** The HTTP server of the local AWS: AWS's own protocols, function URLs and the control path on one port. */
export function createLocalServer(deps: ServerDeps): LocalServer {
  const server = createServer(
    { keepAlive: true, noDelay: true, headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => {
      serve(deps, request, response).catch((error: unknown) => {
        if (!(error instanceof ClientGone)) deps.onBug(`${request.method} ${request.url}`, error);
        response.destroy();
      });
    },
  );
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.maxConnections = MAX_CONNECTIONS;
  return { listen: (port, host) => listen(server, port, host), close: () => close(server) };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

interface Target {
  readonly path: string;
  readonly query: string;
}

async function serve(deps: ServerDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const target = splitTarget(request.url ?? '/');
  const host = request.headers.host ?? '';
  const urlId = functionUrlOf(host, target.path);
  if (urlId) return serveFunctionUrl(deps, request, response, { ...target, ...urlId });
  if (isForeignOrigin(request.headers.origin)) {
    return send(response, jsonResponse(403, { error: 'pages of other origins may not call the local AWS' }));
  }
  if (target.path.startsWith('/_local/') || target.path === '/_local') {
    const body = await readBody(request, CONTROL_BODY_BYTES);
    if (!body)
      return refuseBody(
        request,
        response,
        jsonResponse(413, { error: `a body takes at most ${CONTROL_BODY_BYTES} bytes` }),
      );
    return send(response, await deps.control.serve(request.method ?? 'GET', target.path, body));
  }
  return serveAws(deps, request, response, target);
}

async function serveAws(
  { wire }: ServerDeps,
  request: IncomingMessage,
  response: ServerResponse,
  target: Target,
): Promise<void> {
  const head = { method: request.method ?? 'GET', ...bucketInHost(request, target), headers: request.headers };
  const addressed = address(head);
  const limit = addressed.facts?.maxBodyBytes ?? UNKNOWN_SERVICE_BODY_BYTES;
  const body = await readBody(request, limit);
  if (!body) return refuseBody(request, response, wire.refuse(addressed, tooLarge(limit)));
  const answer = await wire.handle(addressed, { ...head, body }, peerOf(request, response));
  if (answer.kind === 'response') return send(response, answer.response, head.method === 'HEAD');
  if (answer.how === 'reset') request.socket.resetAndDestroy();
  else request.socket.destroy();
}

function address(head: Parameters<typeof identify>[0]): Addressed {
  try {
    return identify(head);
  } catch (error) {
    const refusal = error instanceof AwsError ? error : new AwsError('InvalidRequest', 'The request cannot be read');
    const nobody = { facts: undefined, serviceName: 'unknown', operationName: undefined };
    return { ...nobody, protocol: 'restJson1', region: '', accessKeyId: '', refusal };
  }
}

function peerOf(request: IncomingMessage, response: ServerResponse): Peer {
  let controller: AbortController | undefined;
  return {
    sourceIp: sourceIp(request),
    signal() {
      if (!controller) {
        const gone = new AbortController();
        controller = gone;
        if (response.destroyed) gone.abort();
        else response.once('close', () => gone.abort());
      }
      return controller.signal;
    },
  };
}

function sourceIp(request: IncomingMessage): string {
  return (request.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, '');
}

/** The origin form, or the absolute form that proxies send. */
function splitTarget(url: string): Target {
  const origin = /^https?:\/\/[^/?#]*/i.exec(url)?.[0] ?? '';
  const rest = url.slice(origin.length);
  const mark = rest.indexOf('?');
  const path = mark < 0 ? rest : rest.slice(0, mark);
  return { path: path === '' ? '/' : path, query: mark < 0 ? '' : rest.slice(mark + 1) };
}

/** SDKs put the bucket into the host where the endpoint is a name and not an address (`bucket.localhost`). */
function bucketInHost(request: IncomingMessage, target: Target): Target {
  const bucket = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.localhost(:\d+)?$/.exec(request.headers.host ?? '')?.[1];
  if (bucket === undefined || !request.headers.authorization?.includes('/s3/aws4_request')) return target;
  return { ...target, path: `/${bucket}${target.path}` };
}

function functionUrlOf(host: string, path: string): { urlId: string; path: string } | undefined {
  const named = /^([a-z0-9]{1,64})\.lambda-url\.[a-z0-9-]{1,40}\.localhost(:\d+)?$/i.exec(host)?.[1];
  if (named !== undefined) return { urlId: named.toLowerCase(), path };
  const match = /^\/_local\/url\/([a-z0-9]{1,64})(\/.*)?$/i.exec(path);
  return match?.[1] === undefined ? undefined : { urlId: match[1].toLowerCase(), path: match[2] ?? '/' };
}

async function serveFunctionUrl(
  deps: ServerDeps,
  request: IncomingMessage,
  response: ServerResponse,
  { urlId, path, query }: Target & { readonly urlId: string },
): Promise<void> {
  const body = await readBody(request, FUNCTION_URL_BODY_BYTES);
  if (!body)
    return refuseBody(request, response, jsonResponse(413, { Message: 'Request must be smaller than 6291456 bytes' }));
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : (value ?? ''),
    ]),
  );
  const method = request.method ?? 'GET';
  const raw = { method, path, query, headers, body, sourceIp: sourceIp(request) };
  const answer = await deps.urls()?.serve(urlId, raw);
  if (!answer) return send(response, jsonResponse(404, { Message: null }));
  response.writeHead(answer.status, answer.headers);
  response.end(method === 'HEAD' ? undefined : answer.body);
}

/** A page in a browser must not drive the local AWS; tools and SDKs send no Origin. */
function isForeignOrigin(origin: string | undefined): boolean {
  return origin !== undefined && !/^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(origin);
}

/** Collects a body, or gives up (undefined) when it is longer than `limitBytes`. Rejects where the client breaks off. */
function readBody(request: IncomingMessage, limitBytes: number): Promise<Uint8Array | undefined> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limitBytes) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limitBytes) chunks.push(chunk);
      else resolve(undefined);
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    request.on('error', () => reject(new ClientGone()));
    request.on('close', () => {
      if (!request.complete) reject(new ClientGone());
    });
  });
}

class ClientGone extends Error {}

/**
 * Answers before the body has been read. What still comes is thrown away for a moment, because closing at once would
 * reset the connection and cost the client the answer.
 */
async function refuseBody(request: IncomingMessage, response: ServerResponse, answer: WireResponse): Promise<void> {
  const body = typeof answer.body === 'string' ? answer.body : '';
  const length = String(Buffer.byteLength(body));
  response.writeHead(answer.status, { ...answer.headers, 'content-length': length, connection: 'close' });
  response.write(body);
  request.resume();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, LINGER_MS);
    request.once('close', resolve);
    request.once('end', resolve);
    response.once('close', () => clearTimeout(timer));
  });
  response.end();
}

function jsonResponse(status: number, content: unknown): WireResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(content) };
}

async function send(
  response: ServerResponse,
  { status, headers, body }: WireResponse,
  headOnly = false,
): Promise<void> {
  if (response.destroyed) return;
  if (typeof body === 'string' || body instanceof Uint8Array) {
    if (!headOnly && status !== 204 && status !== 304) headers['content-length'] = String(Buffer.byteLength(body));
    response.writeHead(status, headers);
    response.end(headOnly ? undefined : body);
    return;
  }
  response.writeHead(status, headers);
  response.flushHeaders();
  for await (const chunk of body) {
    if (response.destroyed) break;
    if (!response.write(chunk)) await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve);
    response.once('close', resolve);
  });
}
