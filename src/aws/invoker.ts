import type { Invoker } from '../app/ports/invoker.ts';
import { AwsProblem } from '../app/ports/problem.ts';
import type { Clients } from './clients.ts';
import { parseObject } from './json.ts';
import { call } from './problem.ts';

/** Invokes published versions by their number; an alias or `$LATEST` is refused before anything is sent. */
export function createInvoker(clients: Clients): Invoker {
  return {
    async invokeVersion(functionName, version, payload, signal) {
      if (!/^\d{1,15}$/.test(version))
        throw new Error(`"${version}" is no published version: a gate never invokes an alias or $LATEST`);
      try {
        const { Payload, FunctionError } = await call('lambda:InvokeFunction', async () => {
          const lambda = await clients.loader();
          const input = {
            FunctionName: functionName,
            Qualifier: version,
            InvocationType: 'RequestResponse' as const,
            Payload: new TextEncoder().encode(payload),
          };
          return lambda.invoke(input, { abortSignal: signal });
        });
        const text = new TextDecoder().decode(Payload);
        if (FunctionError === undefined) return { outcome: 'answered', payload: text };
        const { errorType, errorMessage } = parseObject(text) ?? {};
        return {
          outcome: 'functionError',
          payload: text,
          ...(typeof errorType === 'string' ? { errorType } : {}),
          ...(typeof errorMessage === 'string' ? { errorMessage } : {}),
        };
      } catch (error) {
        if (error instanceof AwsProblem && error.kind === 'throttled') return { outcome: 'throttled', payload: '' };
        throw error;
      }
    },
  };
}
