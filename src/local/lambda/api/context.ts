/** What every group of Lambda operations shares. */
import type { Clock } from '../../clock.ts';
import type { TopicPublisher } from '../../links.ts';
import type { Handler } from '../../wire/service.ts';
import type { CodeStore } from './code.ts';
import type { Executor } from './executor.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Provisioner } from './provisioner.ts';
import type { Tables } from './state.ts';

export interface LambdaContext {
  readonly account: string;
  readonly clock: Clock;
  /** 0 <= x < 1; decides which version of a weighted alias an invocation goes to. */
  readonly random: () => number;
  /** Makes revision ids and the other UUIDs of the answers. */
  readonly newId: () => string;
  readonly endpoint: () => string;
  /** Where destinations of SNS go; without it they are not emulated. */
  readonly topics?: TopicPublisher;
  readonly tables: Tables;
  readonly code: CodeStore;
  readonly lifecycle: Lifecycle;
  readonly executor: Executor;
  readonly provisioner: Provisioner;
}

export type Operations = Readonly<Record<string, Handler>>;

/** Lambda's limit on concurrent executions of an account and region, before any increase. */
export const ACCOUNT_CONCURRENCY = 1000;
/** What must stay unreserved, so that functions without a reservation can run. */
export const MIN_UNRESERVED_CONCURRENCY = 100;
