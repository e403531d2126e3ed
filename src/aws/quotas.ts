import type { Clock } from '../app/ports/clock.ts';
import { Budget } from './budget.ts';

/** Calls a second, for one process and one account and region. */
export interface Quotas {
  /** Lambda's control plane but for what has a quota of its own. */
  readonly lambda: number;
  readonly getFunction: number;
  readonly getMetricData: number;
  readonly describeAlarms: number;
  readonly filterLogEvents: number;
  /** Everything else, each service for itself. */
  readonly other: number;
  /** Live tail sessions open at a time. */
  readonly tails: number;
}

/**
 * AWS's quotas for one account and region, all of its callers together: Lambda 15 control calls a second (GetFunction 100
 * by itself), GetMetricData 50, DescribeAlarms 9, FilterLogEvents 5 in the smaller regions, 15 live tail sessions. A process
 * takes a part: other processes release too, consoles and pipelines are callers as well, and nobody counts for all of them.
 */
export const AWS_QUOTAS: Quotas = {
  lambda: 10,
  getFunction: 30,
  getMetricData: 20,
  describeAlarms: 4,
  filterLogEvents: 3,
  other: 5,
  tails: 5,
};

/** A local AWS has no quotas, and people watch it. */
export const NO_QUOTAS: Quotas = {
  lambda: Number.POSITIVE_INFINITY,
  getFunction: Number.POSITIVE_INFINITY,
  getMetricData: Number.POSITIVE_INFINITY,
  describeAlarms: Number.POSITIVE_INFINITY,
  filterLogEvents: Number.POSITIVE_INFINITY,
  other: Number.POSITIVE_INFINITY,
  tails: Number.POSITIVE_INFINITY,
};

/** The budget of each group of operations; undefined for calls that are not counted. */
export type Budgets = (service: string, operation: string) => Budget | undefined;

export function createBudgets(clock: Clock, quotas: Quotas): Budgets {
  const made = new Map<string, Budget>();
  return (service, operation) => {
    const group = groupOf(service, operation);
    if (group === undefined) return undefined;
    const name = group === 'other' ? service : group;
    const budget = made.get(name) ?? new Budget(clock, quotas[group]);
    made.set(name, budget);
    return budget;
  };
}

const OWN_QUOTA: Readonly<Record<string, Exclude<keyof Quotas, 'tails'>>> = {
  'Lambda GetFunction': 'getFunction',
  'CloudWatch GetMetricData': 'getMetricData',
  'CloudWatch DescribeAlarms': 'describeAlarms',
  'CloudWatch Logs FilterLogEvents': 'filterLogEvents',
};

/** `service` and `operation` as the SDK names them. */
function groupOf(service: string, operation: string): Exclude<keyof Quotas, 'tails'> | undefined {
  const own = OWN_QUOTA[`${service} ${operation}`];
  if (own) return own;
  // Invocations have another quota, which is the function's; S3 has none that one process could reach.
  if (service === 'S3' || operation.startsWith('Invoke')) return undefined;
  return service === 'Lambda' ? 'lambda' : 'other';
}
