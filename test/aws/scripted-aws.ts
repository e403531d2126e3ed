import { systemClock } from '../../src/local/clock.ts';
import { createLocalServer } from '../../src/local/server.ts';
import { createWire } from '../../src/local/wire/dispatch.ts';
import { AwsError, type CallContext, type Handler, type ServiceId } from '../../src/local/wire/service.ts';

export { AwsError };

export interface ScriptedCall {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

type Answer = (input: Record<string, unknown>, call: CallContext) => unknown;

/** AWS as a test writes it: each operation answers what the test says, over AWS's own protocols on loopback. */
export interface ScriptedAws extends AsyncDisposable {
  readonly endpointUrl: string;
  readonly calls: readonly ScriptedCall[];
  /** Sets or replaces the answer of one operation; it may throw an {@link AwsError}. */
  on(service: ServiceId, operation: string, answer: Answer): void;
  /** The inputs of one operation so far. */
  inputs(operation: string): readonly Readonly<Record<string, unknown>>[];
  /** Resolves once the operation was called `times` times. */
  called(operation: string, times: number): Promise<void>;
}

const SERVICES: readonly ServiceId[] = [
  'lambda',
  'cloudwatch',
  'cloudwatch-logs',
  'sts',
  'codedeploy',
  'cloudtrail',
  'cloudformation',
];

/** `keepCalls` false: nothing is remembered of the calls, for those who make millions. */
export async function startScriptedAws({ keepCalls = true } = {}): Promise<ScriptedAws> {
  const calls: ScriptedCall[] = [];
  const waiting = new Set<() => void>();
  const operations = new Map<ServiceId, Record<string, Handler>>(SERVICES.map((id) => [id, {}]));
  const fail = (what: string, error: unknown): void => {
    console.error(what, error);
  };
  let endpointUrl = '';
  const wire = createWire({
    services: SERVICES.map((id) => ({ id, operations: operations.get(id)! })),
    clock: systemClock,
    recorder: { record() {} },
    interference: { active: false, around: () => Promise.reject(new Error('no faults here')) },
    endpoint: () => endpointUrl,
    onBug: fail,
  });
  const control = { serve: () => Promise.reject(new Error('no control path here')) };
  const server = createLocalServer({ wire, control, urls: () => undefined, onBug: fail });
  const port = await server.listen(0, '127.0.0.1');
  endpointUrl = `http://127.0.0.1:${port}`;
  const inputs = (operation: string): ScriptedCall['input'][] =>
    calls.filter((call) => call.operation === operation).map(({ input }) => input);
  return {
    endpointUrl,
    calls,
    on(service, operation, answer) {
      operations.get(service)![operation] = (input: Record<string, unknown>, call) => {
        if (keepCalls) calls.push({ operation, input });
        for (const wake of waiting) wake();
        return answer(input, call);
      };
    },
    inputs,
    async called(operation, times) {
      while (inputs(operation).length < times)
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            waiting.delete(wake);
            resolve();
          };
          waiting.add(wake);
        });
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}
