import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { CallRecorder } from '../links.ts';
import type { Interference, PreparedCall } from './dispatch.ts';
import { loadModel } from './model.ts';
import type { Output } from './protocol.ts';
import { AwsError, type CallContext, type Handler, notEmulated, type Service, type ServiceId } from './service.ts';

/** One emulated service that calls another, as AWS's own services do with the role that they are given. */
export interface Colleague {
  /** Throws what the operation throws, and what a fault of the control path makes of it. */
  call<Answer>(service: ServiceId, operation: string, region: string, input: object): Promise<Answer>;
}

export interface ColleagueDeps {
  readonly services: () => readonly Service[];
  readonly clock: Clock;
  readonly recorder: CallRecorder;
  readonly interference: Interference;
  readonly endpoint: () => string;
  readonly account: string;
  /** Whom CloudTrail names, and the host it names as the call's source. */
  readonly name: string;
  readonly principal: string;
}

/** Calls run through the same handlers, faults and trail as those that come over HTTP; only the wire is left out. */
export function createColleague(deps: ColleagueDeps): Colleague {
  const { clock, recorder, interference, principal } = deps;

  async function prepare(id: ServiceId, name: string, region: string, input: object): Promise<PreparedCall> {
    const service = deps.services().find((each) => each.id === id);
    const handler: Handler | undefined = service?.operations[name];
    const model = await loadModel(id);
    const operation = model.operations.get(name);
    if (!service || !handler || !operation) throw notEmulated(`${id} ${name}`);
    const context: CallContext = {
      service: id,
      operation: name,
      region,
      account: deps.account,
      requestId: randomUUID(),
      accessKeyId: deps.name,
      sourceIp: principal,
      userAgent: principal,
      endpoint: deps.endpoint(),
      signal: new AbortController().signal,
    };
    const run = async () => ((await handler(input as never, context)) ?? {}) as Output;
    return { facts: model.facts, model, operation, service, input, context, run };
  }

  function record({ context, input }: PreparedCall, output: unknown, error?: AwsError): void {
    const { service, operation, region, requestId, accessKeyId, sourceIp, userAgent } = context;
    const failure = error ? { errorCode: error.code, errorMessage: error.message } : {};
    const what = { service, operation, region, requestId, accessKeyId, sourceIp, userAgent, input, output };
    recorder.record({ atMs: clock.now(), ...what, ...failure });
  }

  return {
    async call<Answer>(service: ServiceId, operation: string, region: string, input: object): Promise<Answer> {
      const call = await prepare(service, operation, region, input);
      try {
        const result = interference.active
          ? await interference.around(call)
          : { kind: 'output' as const, output: await call.run() };
        if (result.kind === 'drop') throw new AwsError('ServiceUnavailable', 'The call got no answer', {}, 503);
        record(call, result.output);
        return result.output as Answer;
      } catch (error) {
        if (error instanceof AwsError) record(call, undefined, error);
        throw error;
      }
    },
  };
}
