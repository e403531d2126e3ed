import type { RetryStrategy, RetryStrategyV2 } from '@smithy/types';
import { AwsProblem } from '../app/ports/problem.ts';
import { callingNow } from './calling.ts';
import { problemOf } from './problem.ts';
import type { Budgets } from './quotas.ts';

/** What the governor needs of an SDK client, whichever service it is for. */
export interface Governed {
  readonly config: {
    readonly serviceId?: string;
    retryStrategy: () => Promise<RetryStrategy | RetryStrategyV2>;
  };
  readonly middlewareStack: {
    add(middleware: Middleware, options: { step: 'finalizeRequest'; name: string }): void;
    remove(name: string): boolean;
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the SDK types its middleware by the union of all inputs and outputs of a service.
export type Middleware = (next: (args: any) => Promise<any>, context: any) => (args: any) => Promise<any>;

export interface GovernorOptions {
  readonly budgets: Budgets;
  /** Called where AWS no longer takes the credentials that were sent. */
  readonly onRefusedCredentials: () => void;
}

/**
 * Puts every attempt of every call of a client under the rate budget of its operation, and leaves it to callers with
 * patience of their own to try again. One place for all calls, so that nothing is forgotten.
 */
export function govern<T extends Governed>(client: T, { budgets, onRefusedCredentials }: GovernorOptions): T {
  const service = client.config.serviceId ?? '';
  const middleware: Middleware = (next, context) => async (args) => {
    const { priority, signal } = callingNow();
    // Also between attempts: connections that are closed under a call would otherwise have it made once more.
    signal?.throwIfAborted();
    const budget = budgets(service, String(context.commandName ?? '').replace(/Command$/, ''));
    const turn = budget?.turn(priority, signal);
    if (turn) await turn;
    try {
      return await next(args);
    } catch (error) {
      const { kind } = problemOf(service, error);
      if (kind === 'throttled') budget?.throttled();
      if (kind === 'unauthenticated') onRefusedCredentials();
      throw error;
    }
  };
  // It copies every input and output for a log that nobody keeps: at 500 queries that was a third of a call's work.
  client.middlewareStack.remove('loggerMiddleware');
  // Inside of the SDK's own retries: an attempt is a call.
  client.middlewareStack.add(middleware, { step: 'finalizeRequest', name: 'switchbackGovernor' });
  const strategy = client.config.retryStrategy;
  client.config.retryStrategy = async () => withoutMultiplying(await strategy());
  return client;
}

/** The SDK's own strategy (exponential, full jitter), but none for callers that try again by themselves. */
function withoutMultiplying<T extends object>(strategy: T): T {
  return new Proxy(strategy, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name !== 'refreshRetryTokenForRetry') return value.bind(target);
      return async (...args: unknown[]) => {
        if (callingNow().ownRetries) throw new AwsProblem('invalid', 'retry', 'NoRetry', 'the caller tries again');
        return value.apply(target, args);
      };
    },
  });
}
