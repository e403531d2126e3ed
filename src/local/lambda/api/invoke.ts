/** Invoke: the checks, the choice of the version, and the answer. */
import type {
  InvocationRequest,
  InvocationResponse,
  InvokeAsyncRequest,
  InvokeWithResponseStreamRequest,
  InvokeWithResponseStreamResponse,
  InvokeWithResponseStreamResponseEvent,
} from '@aws-sdk/client-lambda';
import { type CallContext, notEmulated } from '../../wire/service.ts';
import type { Outcome } from '../runtime/contract.ts';
import type { AsyncQueue } from './async-queue.ts';
import type { LambdaContext, Operations } from './context.ts';
import { invalidParameter } from './errors.ts';
import { type FunctionRef, parseRef } from './names.ts';
import { checkedPayload } from './payload.ts';
import { route } from './routing.ts';
import { oneOf } from './validate.ts';

const LOG_TAIL_BYTES = 4096;
/** AWS's limit on the decoded context. */
const MAX_CLIENT_CONTEXT_BYTES = 3583;

export function invokeOperations(context: LambdaContext, queue: AsyncQueue): Operations {
  return {
    Invoke: (input: InvocationRequest, call: CallContext) => invoke(context, queue, input, call),
    InvokeAsync(input: Omit<InvokeAsyncRequest, 'InvokeArgs'> & { InvokeArgs?: Uint8Array }, call: CallContext) {
      const ref = parseRef(input.FunctionName, undefined, call);
      route(context, ref);
      enqueue(queue, ref, checkedPayload(input.InvokeArgs, 'Event'), call.requestId);
      return { Status: 202 };
    },
    /** Handlers answer as a whole here, so the stream has one chunk, as it has for such handlers at AWS. */
    async InvokeWithResponseStream(
      input: InvokeWithResponseStreamRequest,
      call: CallContext,
    ): Promise<InvokeWithResponseStreamResponse> {
      const { StatusCode, ExecutedVersion, ...rest } = await invoke(context, queue, input, call);
      return {
        StatusCode,
        ExecutedVersion,
        ResponseStreamContentType: 'application/octet-stream',
        EventStream: streamOf(rest),
      };
    },
  };
}

function invoke(
  context: LambdaContext,
  queue: AsyncQueue,
  input: InvocationRequest,
  call: CallContext,
): InvocationResponse | Promise<InvocationResponse> {
  const violations = [
    ...oneOf('invocationType', input.InvocationType, ['Event', 'RequestResponse', 'DryRun']),
    ...oneOf('logType', input.LogType, ['None', 'Tail']),
  ];
  const ref = parseRef(input.FunctionName, input.Qualifier, call, 'any', violations);
  if (input.DurableExecutionName !== undefined) throw notEmulated('Lambda durable functions');
  if (input.TenantId !== undefined) throw notEmulated('Lambda tenant isolation');
  const target = route(context, ref);
  const type = input.InvocationType ?? 'RequestResponse';
  const payload = checkedPayload(input.Payload, type === 'Event' ? 'Event' : 'RequestResponse');
  const clientContext = checkedClientContext(input.ClientContext);
  if (type === 'DryRun') return { StatusCode: 204 };
  if (type === 'Event') {
    enqueue(queue, ref, payload, call.requestId, clientContext);
    return { StatusCode: 202 };
  }
  const request = {
    requestId: call.requestId,
    payload,
    ...(clientContext === undefined ? {} : { clientContext }),
  };
  return context.executor
    .run(target, request)
    .then((outcome) => answerOf(outcome, target.version.version, input.LogType === 'Tail'));
}

async function* streamOf(answer: InvocationResponse): AsyncGenerator<InvokeWithResponseStreamResponseEvent> {
  const { Payload, FunctionError: ErrorCode, LogResult } = answer;
  if (Payload !== undefined) yield { PayloadChunk: { Payload } };
  const failure =
    ErrorCode === undefined ? {} : { ErrorCode, ErrorDetails: Buffer.from(Payload ?? []).toString('utf8') };
  yield { InvokeComplete: { ...failure, LogResult } };
}

function enqueue(
  queue: AsyncQueue,
  ref: FunctionRef,
  payload: Uint8Array,
  requestId: string,
  clientContext?: string,
): void {
  queue.push({ ref, payload, requestId, ...(clientContext === undefined ? {} : { clientContext }) });
}

function answerOf(outcome: Outcome, version: string, withLog: boolean): InvocationResponse {
  return {
    StatusCode: 200,
    ExecutedVersion: version,
    Payload: outcome.payload,
    ...(outcome.functionError === undefined ? {} : { FunctionError: outcome.functionError }),
    ...(withLog ? { LogResult: logTail(outcome.log) } : {}),
  };
}

/** The last 4 KB of the log, in base64. */
function logTail(log: string): string {
  const bytes = Buffer.from(log, 'utf8');
  return bytes.subarray(Math.max(0, bytes.length - LOG_TAIL_BYTES)).toString('base64');
}

function checkedClientContext(clientContext: string | undefined): string | undefined {
  if (clientContext === undefined || clientContext === '') return undefined;
  const decoded = Buffer.from(clientContext, 'base64');
  if (decoded.length > MAX_CLIENT_CONTEXT_BYTES) {
    throw invalidParameter(
      `Client context must be no more than ${MAX_CLIENT_CONTEXT_BYTES} bytes when base64-decoded.`,
    );
  }
  try {
    JSON.parse(decoded.toString('utf8'));
  } catch {
    throw invalidParameter('Client context must be a valid Base64-encoded JSON object.');
  }
  return clientContext;
}
