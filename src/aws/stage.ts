import type { Stage, StageAnswer, StageFunction } from '../app/ports/stage.ts';
import type { Clients } from './clients.ts';

/** Longest wait for a new function to become active; the local AWS needs a fraction of it. */
const READY_SECONDS = 60;

/** Creates and invokes functions through the Lambda API. */
export function createStage(clients: Clients): Stage {
  return {
    async create(spec: StageFunction) {
      const lambda = await clients.lambda();
      const { waitUntilFunctionActiveV2 } = await import('@aws-sdk/client-lambda');
      const FunctionName = spec.functionName;
      await lambda.createFunction({
        FunctionName,
        Runtime: spec.runtime as 'nodejs22.x',
        Handler: spec.handler,
        Role: 'arn:aws:iam::123456789012:role/rehearsal',
        Timeout: Math.ceil(spec.timeoutMs / 1_000),
        MemorySize: spec.memoryMb,
        Environment: { Variables: { ...spec.environment } },
        LoggingConfig: { LogFormat: 'JSON' },
        Code: { ZipFile: spec.zip },
      });
      await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: READY_SECONDS, minDelay: 0.05 }, { FunctionName });
      const { Version } = await lambda.publishVersion({ FunctionName });
      await lambda.createAlias({ FunctionName, Name: spec.alias, FunctionVersion: Version });
      return { version: Version ?? '1' };
    },

    async invoke(functionName: string, alias: string, event: unknown): Promise<StageAnswer> {
      const lambda = await clients.invoker();
      try {
        const answer = await lambda.invoke({
          FunctionName: functionName,
          Qualifier: alias,
          Payload: JSON.stringify(event),
        });
        const error = answer.FunctionError === undefined ? undefined : errorOf(answer.Payload);
        return { version: answer.ExecutedVersion, error };
      } catch (problem) {
        return {
          version: undefined,
          error: problem instanceof Error ? `${problem.name}: ${problem.message}` : String(problem),
        };
      }
    },
  };
}

function errorOf(payload: { transformToString(): string } | Uint8Array | undefined): string {
  const text = payload === undefined ? '' : new TextDecoder().decode(payload as Uint8Array);
  try {
    const { errorType, errorMessage } = JSON.parse(text) as { errorType?: string; errorMessage?: string };
    return `${errorType ?? 'Error'}: ${errorMessage ?? ''}`;
  } catch {
    return text.slice(0, 200);
  }
}
