import { codeDeploySender, endpointOf, type Send, type Status } from './answer.ts';

export type { Answer, Send, Status } from './answer.ts';

/** What a validation hook is told. CodeDeploy itself sends its two ids only: then everything else is undefined. */
export interface Validation {
  readonly deploymentId: string;
  readonly executionId: string;
  /** The function that is released. */
  readonly function?: string;
  readonly alias?: string;
  /** The version that is live. */
  readonly stable?: string;
  /** The version that is released: invoke `function:candidate` to test it. */
  readonly candidate?: string;
  /** The candidate's share of the traffic at this moment. */
  readonly weightPercent?: number;
  /** When it is called. */
  readonly hook?: 'BeforeAllowTraffic' | 'AfterAllowTraffic' | 'BeforeStep' | 'BeforePromotion';
  /** The step whose weight is set next, counted from 1. */
  readonly step?: number;
  readonly releaseId?: string;
  /** The same each time that this hook is called for the same thing: a hook may be called twice. */
  readonly idempotencyKey?: string;
  /** Aborts shortly before the function's time is over: the answer is Failed by then. */
  readonly signal: AbortSignal;
}

/** What a handler answers with: nothing, or true, for a version that is fine; false, or a thrown error, for one that is not. */
export type Verdict = undefined | boolean | Status | { readonly status: Status };

/** What Lambda hands to a handler, as far as it is needed here. */
export interface LambdaContext {
  getRemainingTimeInMillis?: () => number;
  callbackWaitsForEmptyEventLoop?: boolean;
}

export interface HookOptions {
  /** Delivers the answer; CodeDeploy's API with the function's own credentials unless told. */
  readonly send?: Send;
  /** How long before the function's end a handler that has not answered counts as failed; 2 s unless told. */
  readonly marginMs?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Told what went wrong; `console.error` unless told. */
  readonly log?: (problem: string, error?: unknown) => void;
}

const MARGIN_MS = 2_000;

/**
 * A Lambda handler for a validation hook: `export const handler = validationHook(async ({ candidate }) => …)`. It answers
 * exactly once, whatever the handler does: when it returns, when it throws, and shortly before the function's time is over.
 *
 * CodeDeploy is answered through its API. Switchback takes the returned `{status}` and needs no call, so it is called only
 * where an endpoint is configured (`AWS_ENDPOINT_URL_CODEDEPLOY`), and a call that fails loses nothing.
 */
export function validationHook(
  handler: (validation: Validation, context: LambdaContext) => Promise<Verdict> | Verdict,
  options: HookOptions = {},
): (event: unknown, context?: LambdaContext) => Promise<{ readonly status: Status }> {
  const { env = process.env, marginMs = MARGIN_MS, log = console.error } = options;
  const send = options.send ?? codeDeploySender(env);
  return async (event, context = {}) => {
    // Lambda would otherwise wait for the handler that was too late.
    context.callbackWaitsForEmptyEventLoop = false;
    const stop = new AbortController();
    const validation = validationOf(event, stop.signal);
    const status = await statusOf(() => handler(validation, context), remainingMs(context, marginMs), stop, log);
    const isSwitchback = validation.releaseId !== undefined;
    if (options.send || !isSwitchback || endpointOf(env).configured) {
      const { deploymentId, executionId: lifecycleEventHookExecutionId } = validation;
      try {
        await send({ deploymentId, lifecycleEventHookExecutionId, status });
      } catch (error) {
        if (!isSwitchback) throw error;
        log('the answer could not be delivered; it is returned instead', error);
      }
    }
    return { status };
  };
}

/** The handler's verdict, or Failed where it throws or its time is over; the first of them counts. */
function statusOf(
  run: () => Promise<Verdict> | Verdict,
  leftMs: number | undefined,
  stop: AbortController,
  log: NonNullable<HookOptions['log']>,
): Promise<Status> {
  return new Promise((answer) => {
    const timer =
      leftMs === undefined
        ? undefined
        : setTimeout(() => {
            log(`the hook did not answer before its function's time was over: ${leftMs} ms were left for it`);
            stop.abort(new Error('the function’s time is almost over'));
            answer('Failed');
          }, leftMs);
    const done = (status: Status): void => {
      clearTimeout(timer);
      answer(status);
    };
    // Inside the promise, so that a handler which throws at once is caught as well.
    new Promise<Verdict>((given) => given(run())).then(
      (verdict) => done(readVerdict(verdict)),
      (error: unknown) => {
        log('the hook failed', error);
        done('Failed');
      },
    );
  });
}

function readVerdict(verdict: Verdict): Status {
  if (verdict === undefined || verdict === true) return 'Succeeded';
  const said = typeof verdict === 'object' && verdict !== null ? verdict.status : verdict;
  return said === 'Succeeded' ? 'Succeeded' : 'Failed';
}

/** Never less than nothing: a margin as long as the whole time leaves the handler no turn at all. */
function remainingMs({ getRemainingTimeInMillis }: LambdaContext, marginMs: number): number | undefined {
  const left = getRemainingTimeInMillis?.();
  return left === undefined ? undefined : Math.max(left / 2, left - marginMs);
}

function validationOf(event: unknown, signal: AbortSignal): Validation {
  const given = typeof event === 'object' && event !== null ? (event as Readonly<Record<string, unknown>>) : {};
  const text = (name: string): string | undefined => (typeof given[name] === 'string' ? given[name] : undefined);
  const deploymentId = text('DeploymentId');
  const executionId = text('LifecycleEventHookExecutionId');
  if (deploymentId === undefined || executionId === undefined)
    throw new Error('this event is no validation: DeploymentId and LifecycleEventHookExecutionId are missing');
  const weightPercent = given.CandidateWeightPercent;
  const step = given.Step;
  const told = {
    function: text('FunctionName'),
    alias: text('Alias'),
    stable: text('StableVersion'),
    candidate: text('CandidateVersion'),
    weightPercent: typeof weightPercent === 'number' ? weightPercent : undefined,
    hook: text('Hook') as Validation['hook'],
    step: typeof step === 'number' ? step : undefined,
    releaseId: text('ReleaseId'),
    idempotencyKey: text('IdempotencyKey'),
  };
  const known = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
  return { deploymentId, executionId, signal, ...known };
}
