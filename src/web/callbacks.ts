import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../app/ports/clock.ts';
import type { AliasHost } from '../app/ports/index.ts';
import { attemptName } from '../core/gates/gate.ts';
import { actorOf } from '../core/release/alias.ts';
import { hookExecutionId } from '../core/release/gate-runs.ts';
import type { Release } from '../core/release/release.ts';
import type { Who } from '../core/who.ts';

/** Where hooks answer as they would answer CodeDeploy: AWS JSON 1.1, the one operation that hooks call. */

export interface CallbackOptions {
  readonly host: AliasHost;
  readonly clock: Clock;
  /** 0: a free one. */
  readonly port: number;
  /** 127.0.0.1 unless told: whoever can reach it and knows an execution id can answer for the hook. */
  readonly address?: string;
  /** Answers everything under `/api/`, and whatever is only read; without it there is nothing there. */
  readonly api?: (request: Request) => Response | Promise<Response>;
}

export interface Callbacks {
  readonly endpoint: string;
  close(): Promise<void>;
}

const OPERATION = 'CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus';
/** An answer holds two ids and a status; a hundredth of this is usual. */
const MAX_BODY_BYTES = 16_384;
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 100;
/** CodeDeploy's values; `Pending` and the others are read and refused, for they are no answer. */
const ANSWERS = new Set(['Succeeded', 'Failed']);
const HOOK: Who = { name: 'hook', provedBy: 'token' };

/** Starts to listen. Rejects where the port is taken. */
export async function startCallbacks(options: CallbackOptions): Promise<Callbacks> {
  const { port, address = '127.0.0.1' } = options;
  const api = options.api && (await import('@hono/node-server')).getRequestListener(options.api);
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => {
      if (api && (request.method === 'GET' || request.url?.startsWith('/api/'))) return void api(request, response);
      respond(options, request, response).catch(() =>
        send(response, 500, 'InternalFailure', 'the answer could not be stored; try again'),
      );
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(port, address, () => {
      server.off('error', failed);
      listening();
    });
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    endpoint: `http://${address.includes(':') ? `[${address}]` : address}:${bound}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function respond(options: CallbackOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST' || request.headers['x-amz-target'] !== OPERATION)
    return send(
      response,
      400,
      'UnknownOperationException',
      `only POST / with x-amz-target ${OPERATION} is answered here`,
    );
  const body = await readBody(request);
  if (body === undefined)
    return send(response, 413, 'RequestEntityTooLargeException', `a body of at most ${MAX_BODY_BYTES} bytes is read`);
  const input = parse(body);
  if (!input) return send(response, 400, 'SerializationException', 'the body is not a JSON object');
  const answer = await take(options, input);
  if ('executionId' in answer) return send(response, 200, undefined, answer.executionId);
  return send(response, 400, answer.error, answer.message);
}

type Answer = { readonly executionId: string } | { readonly error: string; readonly message: string };

/** Hands the answer to the release it belongs to, or says in CodeDeploy's words why it does not belong anywhere. */
async function take({ host, clock }: CallbackOptions, input: Record<string, unknown>): Promise<Answer> {
  const { deploymentId, lifecycleEventHookExecutionId: executionId, status } = input;
  if (typeof deploymentId !== 'string' || deploymentId === '')
    return refused('DeploymentIdRequiredException', 'deploymentId is missing');
  if (typeof executionId !== 'string' || executionId === '') return unknown('lifecycleEventHookExecutionId is missing');
  if (typeof status !== 'string' || !ANSWERS.has(status))
    return refused(
      'InvalidLifecycleEventHookExecutionStatusException',
      `status ${JSON.stringify(status)} is no answer: Succeeded or Failed is expected`,
    );
  const named = actorIn(executionId);
  if (!named) return unknown(`${JSON.stringify(executionId.slice(0, 100))} names no hook of this Switchback`);
  const before = (await host.read(named.actor))?.state.release ?? null;
  const hook = before && before.id === named.releaseId ? hookOf(before, executionId) : undefined;
  if (!before || !hook) return unknown('no hook was called with this id');
  if (before.plan.deploymentId !== deploymentId)
    return refused(
      'DeploymentDoesNotExistException',
      `deployment ${JSON.stringify(deploymentId.slice(0, 100))} is not the one that called this hook`,
    );
  const run = before.gates[hook];
  if (run?.status !== 'waiting' || before.rollback)
    return refused(
      'LifecycleEventAlreadyCompletedException',
      `this hook's event is over: ${run?.status === 'waiting' ? 'the release went on without it' : run?.status}`,
    );
  const after = await host.deliver(named.actor, {
    kind: 'hookAnswered',
    at: clock.now(),
    who: HOOK,
    releaseId: before.id,
    executionId,
    status: status === 'Succeeded' ? 'Succeeded' : 'Failed',
    via: 'endpoint',
  });
  // Of two answers that race only one was taken.
  const taken = after.state.release?.gates[hook];
  return taken?.verdict?.outcome === (status === 'Succeeded' ? 'pass' : 'fail')
    ? { executionId }
    : refused('LifecycleEventAlreadyCompletedException', 'another answer was faster');
}

function refused(error: string, message: string): Answer {
  return { error, message };
}

function unknown(message: string): Answer {
  return refused('InvalidLifecycleEventHookExecutionIdException', message);
}

/** `account:region:function:alias:releaseId:hook:secret`; the names are only believed once the secret fits. */
function actorIn(executionId: string): { actor: string; releaseId: string } | undefined {
  const [account, region, fn, alias, releaseId, hook, secret, ...rest] = executionId.split(':');
  if (!account || !region || !fn || !alias || !releaseId || !hook || !secret || rest.length > 0) return undefined;
  if (executionId.includes('/')) return undefined;
  return { actor: actorOf({ account, region, function: fn, alias }), releaseId };
}

/** The run of the gate that this id was made for, if the release has one. */
function hookOf(release: Release, executionId: string): string | undefined {
  return Object.entries(release.gates).find(
    ([name, run]) =>
      run.executionId !== undefined && same(hookExecutionId(release, attemptName(name, run.attempt)), executionId),
  )?.[0];
}

/** Compares in constant time: the id holds a secret. */
function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The body as text; undefined where it is too large. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, error: string | undefined, text: string): void {
  if (response.headersSent) return void response.destroy();
  const body = error === undefined ? { lifecycleEventHookExecutionId: text } : { __type: error, message: text };
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    // What was left unread of a request that was refused must not be taken for the next one.
    ...(status === 413 ? { connection: 'close' } : {}),
    ...(error === undefined ? {} : { 'x-amzn-errortype': error }),
  });
  response.end(JSON.stringify(body));
}
