import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MAX_RESPONSE_BYTES } from './limits.ts';

/** An invocation as the runtime is told about it. */
export interface RuntimeEvent {
  readonly requestId: string;
  readonly payload: Uint8Array;
  readonly invokedArn: string;
  readonly deadlineMs: number;
  readonly traceId: string;
  /** JSON text. */
  readonly clientContext?: string;
}

/** What a runtime says. `errorType` is its Lambda-Runtime-Function-Error-Type header. */
export type RuntimeWord =
  | { readonly kind: 'ready' }
  | { readonly kind: 'initError'; readonly payload: Uint8Array; readonly errorType: string | undefined }
  | { readonly kind: 'response'; readonly payload: Uint8Array; readonly maxRssKb: number | undefined }
  | { readonly kind: 'error'; readonly payload: Uint8Array; readonly errorType: string | undefined }
  | { readonly kind: 'tooLarge' };

/** A runtime may connect long before it is initialised, and idles on an open request between invocations. */
const NO_TIMEOUTS = { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 };
const PREFIX = '/2018-06-01/runtime/';
const JSON_TYPE = { 'Content-Type': 'application/json' };
const ACCEPTED = '{"status":"OK"}\n';

/**
 * The Lambda Runtime API (version 2018-06-01) for one process, on a loopback port of its own: the address that a runtime
 * is given is host and port without a path, so the port is what tells the sandboxes apart.
 */
export class RuntimeApi {
  readonly #server: Server;
  readonly #say: (word: RuntimeWord) => void;
  #ready = false;
  #waiting: ServerResponse | undefined;
  #queued: RuntimeEvent | undefined;
  #current: string | undefined;
  /** The answer's body is still being read; a client that pipelines has asked for the next event already. */
  #answering = false;
  #answered: string | undefined;

  private constructor(say: (word: RuntimeWord) => void) {
    this.#say = say;
    this.#server = createServer(NO_TIMEOUTS, (request, response) => {
      request.on('error', () => {});
      response.on('error', () => {});
      this.#route(request, response);
    });
  }

  /** Opens the listener; `say` hears every word of the runtime, in order. */
  static listen(say: (word: RuntimeWord) => void): Promise<RuntimeApi> {
    const api = new RuntimeApi(say);
    return new Promise((resolve, reject) => {
      api.#server.once('error', reject);
      api.#server.listen(0, '127.0.0.1', () => resolve(api));
    });
  }

  /** `127.0.0.1:PORT`, as `AWS_LAMBDA_RUNTIME_API` wants it. */
  get address(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `${address}:${port}`;
  }

  /** Whether the runtime has fetched the event that was dispatched last. */
  get delivered(): boolean {
    return this.#queued === undefined;
  }

  /** Hands the event to the runtime, now or when it next asks. */
  dispatch(event: RuntimeEvent): void {
    this.#queued = event;
    this.#deliver();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #route(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url?.startsWith(PREFIX) ? request.url.slice(PREFIX.length) : '';
    const [, id = '', what] = /^invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (request.method === 'GET' && path === 'invocation/next') this.#next(response);
    else if (request.method === 'POST' && path === 'init/error') this.#initError(request, response);
    else if (request.method === 'POST' && what !== undefined) this.#answer(request, response, id, what);
    else {
      request.resume();
      refuse(response, 404, 'NotFound', `no ${request.method} ${request.url} in the Runtime API`);
    }
  }

  #next(response: ServerResponse): void {
    if ((this.#current !== undefined && !this.#answering) || this.#waiting !== undefined) {
      refuseTransition(response);
      return;
    }
    this.#waiting = response;
    response.on('close', () => {
      if (this.#waiting === response) this.#waiting = undefined;
    });
    if (!this.#ready) {
      this.#ready = true;
      this.#say({ kind: 'ready' });
    }
    this.#deliver();
  }

  #deliver(): void {
    const event = this.#queued;
    const response = this.#waiting;
    if (!event || !response || this.#current !== undefined) return;
    this.#queued = undefined;
    this.#waiting = undefined;
    this.#current = event.requestId;
    response.writeHead(200, {
      ...JSON_TYPE,
      'Content-Length': event.payload.byteLength,
      'Lambda-Runtime-Aws-Request-Id': event.requestId,
      'Lambda-Runtime-Deadline-Ms': event.deadlineMs,
      'Lambda-Runtime-Invoked-Function-Arn': event.invokedArn,
      'Lambda-Runtime-Trace-Id': event.traceId,
      ...(event.clientContext === undefined ? {} : { 'Lambda-Runtime-Client-Context': event.clientContext }),
    });
    response.end(event.payload);
  }

  #initError(request: IncomingMessage, response: ServerResponse): void {
    if (this.#ready) {
      request.resume();
      refuseTransition(response);
      return;
    }
    readBody(request, (payload) => {
      accept(response);
      this.#say({ kind: 'initError', payload: payload ?? new Uint8Array(), errorType: errorTypeHeader(request) });
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse, id: string, what: string): void {
    if (id !== this.#current) {
      request.resume();
      if (id === this.#answered) refuseTransition(response);
      else refuse(response, 400, 'InvalidRequestID', 'Invalid request ID');
      return;
    }
    this.#answering = true;
    readBody(request, (payload) => {
      if (this.#current !== id) {
        refuseTransition(response);
        return;
      }
      this.#answering = false;
      this.#answered = id;
      this.#current = undefined;
      if (payload) accept(response);
      else {
        const limit = `Exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`;
        refuse(response, 413, 'RequestEntityTooLarge', limit);
      }
      if (!payload) this.#say({ kind: 'tooLarge' });
      else if (what === 'error') this.#say({ kind: 'error', payload, errorType: errorTypeHeader(request) });
      else this.#say({ kind: 'response', payload, maxRssKb: numberHeader(request, 'lambda-runtime-max-rss-kb') });
      this.#deliver();
    });
  }
}

/** Reads a body, or gives undefined for one above the limit, whose rest is read and dropped. */
function readBody(request: IncomingMessage, done: (body: Uint8Array | undefined) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_RESPONSE_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  });
  request.on('end', () => {
    if (size > MAX_RESPONSE_BYTES) done(undefined);
    else done(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  });
}

function errorTypeHeader(request: IncomingMessage): string | undefined {
  const value = request.headers['lambda-runtime-function-error-type'];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberHeader(request: IncomingMessage, name: string): number | undefined {
  const value = Number(request.headers[name]);
  return Number.isFinite(value) ? value : undefined;
}

function accept(response: ServerResponse): void {
  response.writeHead(202, { ...JSON_TYPE, 'Content-Length': ACCEPTED.length }).end(ACCEPTED);
}

function refuseTransition(response: ServerResponse): void {
  refuse(response, 403, 'InvalidStateTransition', 'State transition is not allowed');
}

function refuse(response: ServerResponse, status: number, errorType: string, errorMessage: string): void {
  const body = JSON.stringify({ errorMessage, errorType });
  response.writeHead(status, { ...JSON_TYPE, 'Content-Length': Buffer.byteLength(body) }).end(body);
}
