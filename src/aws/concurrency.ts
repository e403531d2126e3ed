import type { Concurrency } from '../app/ports/concurrency.ts';
import type { Clients } from './clients.ts';
import { call } from './problem.ts';

/** Reserved concurrency by `PutFunctionConcurrency`, read back with `GetFunctionConcurrency`. */
export function createConcurrency(clients: Clients): Concurrency {
  return {
    async limit(functionName, reserved) {
      await call('lambda:PutFunctionConcurrency', async () => {
        const lambda = await clients.lambda();
        await lambda.putFunctionConcurrency({
          FunctionName: functionName,
          ReservedConcurrentExecutions: reserved,
        });
      });
      return call('lambda:GetFunctionConcurrency', async () => {
        const lambda = await clients.lambda();
        return (await lambda.getFunctionConcurrency({ FunctionName: functionName })).ReservedConcurrentExecutions;
      });
    },
  };
}
