/**
 * Asynchronous invocations: a queue in memory, with Lambda's retries. An error of the function is retried after one and
 * after two minutes; throttling is retried with growing waits until the event is too old. A process that ends loses what
 * is queued.
 */
import { AwsError } from '../../wire/service.ts';
import type { Outcome } from '../runtime/contract.ts';
import type { LambdaContext } from './context.ts';
import { type FunctionRef, LATEST, parseArn } from './names.ts';
import { route } from './routing.ts';
import { type InvokeConfigRecord, qualifiedKey } from './state.ts';

const RETRY_DELAYS_MS = [60_000, 120_000];
const DEFAULT_MAX_RETRIES = 2;
const DEFAULT_MAX_AGE_SECONDS = 21_600;
const FIRST_THROTTLE_DELAY_MS = 1_000;
const MAX_THROTTLE_DELAY_MS = 300_000;
/** Beyond this, events are dropped: a loop of functions that invoke each other must not fill the memory. */
const MAX_QUEUED = 100_000;

export interface AsyncEvent {
  readonly ref: FunctionRef;
  readonly payload: Uint8Array;
  readonly requestId: string;
  readonly clientContext?: string;
}

export interface AsyncQueue {
  push(event: AsyncEvent): void;
  /** Events that are waiting or running. */
  readonly size: number;
  close(): void;
}

interface Attempt extends AsyncEvent {
  readonly queuedAtMs: number;
  readonly invokeCount: number;
  readonly throttleCount: number;
}

type Settled = 'Success' | 'RetriesExhausted' | 'EventAgeExceeded';

export function createAsyncQueue(context: LambdaContext): AsyncQueue {
  const { clock } = context;
  const timers = new Set<() => void>();
  let size = 0;

  const later = (delayMs: number, attempt: Attempt) => {
    const cancel = clock.after(delayMs, () => {
      timers.delete(cancel);
      void work(attempt);
    });
    timers.add(cancel);
  };
  const push = (event: AsyncEvent) => {
    if (size >= MAX_QUEUED) return;
    size += 1;
    void work({ ...event, queuedAtMs: clock.now(), invokeCount: 0, throttleCount: 0 });
  };
  const settle = (attempt: Attempt, condition: Settled, outcome: Outcome | undefined, version: string) => {
    size -= 1;
    const config = configOf(context, attempt.ref);
    const destination = condition === 'Success' ? config?.onSuccess : config?.onFailure;
    if (destination === undefined || destination === '') return;
    const record = JSON.stringify(destinationRecord(attempt, condition, outcome, version, clock.now()));
    const ref = parseArn(destination);
    if (ref) push({ ref, payload: Buffer.from(record), requestId: context.newId() });
    else context.topics?.publish(destination, record);
  };
  const work = async (attempt: Attempt): Promise<void> => {
    const config = configOf(context, attempt.ref);
    const maxAgeMs = (config?.maxEventAgeSeconds ?? DEFAULT_MAX_AGE_SECONDS) * 1000;
    const remainingMs = () => attempt.queuedAtMs + maxAgeMs - clock.now();
    let version = LATEST;
    try {
      const target = route(context, attempt.ref);
      version = target.version.version;
      const outcome = await context.executor.run(target, requestOf(attempt));
      if (outcome.status === 'success') return settle(attempt, 'Success', outcome, version);
      const ran = { ...attempt, invokeCount: attempt.invokeCount + 1 };
      const delayMs = RETRY_DELAYS_MS[attempt.invokeCount] ?? RETRY_DELAYS_MS.at(-1) ?? 0;
      if (ran.invokeCount > (config?.maxRetries ?? DEFAULT_MAX_RETRIES)) {
        return settle(ran, 'RetriesExhausted', outcome, version);
      }
      if (delayMs > remainingMs()) return settle(ran, 'EventAgeExceeded', outcome, version);
      later(delayMs, ran);
    } catch (error) {
      const isThrottled = error instanceof AwsError && error.status === 429;
      const delayMs = Math.min(FIRST_THROTTLE_DELAY_MS * 2 ** attempt.throttleCount, MAX_THROTTLE_DELAY_MS);
      if (!isThrottled) return settle(attempt, 'RetriesExhausted', undefined, version);
      if (delayMs > remainingMs()) return settle(attempt, 'EventAgeExceeded', undefined, version);
      later(delayMs, { ...attempt, throttleCount: attempt.throttleCount + 1 });
    }
  };

  return {
    push,
    get size() {
      return size;
    },
    close() {
      for (const cancel of timers) cancel();
      timers.clear();
    },
  };
}

function configOf(context: LambdaContext, ref: FunctionRef): InvokeConfigRecord | undefined {
  return context.tables.invokeConfigs.get(qualifiedKey(ref, ref.qualifier ?? LATEST));
}

function requestOf(attempt: Attempt) {
  const { requestId, payload, clientContext } = attempt;
  return { requestId, payload, ...(clientContext === undefined ? {} : { clientContext }) };
}

/** The invocation record that a destination receives (Lambda developer guide, "Capturing records of asynchronous invocations"). */
function destinationRecord(
  attempt: Attempt,
  condition: Settled,
  outcome: Outcome | undefined,
  version: string,
  nowMs: number,
): object {
  const responseContext = {
    statusCode: 200,
    executedVersion: version,
    ...(outcome?.functionError === undefined ? {} : { functionError: outcome.functionError }),
  };
  return {
    version: '1.0',
    timestamp: new Date(nowMs).toISOString(),
    requestContext: {
      requestId: attempt.requestId,
      functionArn: `${attempt.ref.arn}:${attempt.ref.qualifier ?? LATEST}`,
      condition,
      approximateInvokeCount: condition === 'Success' ? attempt.invokeCount + 1 : attempt.invokeCount,
    },
    requestPayload: parsed(attempt.payload),
    ...(outcome === undefined ? {} : { responseContext, responsePayload: parsed(outcome.payload) }),
  };
}

function parsed(payload: Uint8Array): unknown {
  const text = Buffer.from(payload).toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
