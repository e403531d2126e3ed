/** The metrics Lambda emits for an invocation, in its namespace and dimension sets. */
import type { MetricSample } from '../../links.ts';

const NAMESPACE = 'AWS/Lambda';

/** Who an invocation's metrics are about. */
export interface MetricSubject {
  readonly region: string;
  readonly functionName: string;
  /** The alias or version as invoked; absent for a call by name alone. */
  readonly qualifier?: string;
  readonly isAlias: boolean;
  readonly executedVersion: string;
}

type Dimensions = Readonly<Record<string, string>>;

/**
 * The dimension sets of one invocation: all functions together, the function, the resource as invoked (`fn`, `fn:alias`,
 * `fn:version`), and for an alias the version that ran.
 */
function dimensionSets(subject: MetricSubject): readonly Dimensions[] {
  const { functionName: FunctionName, qualifier } = subject;
  const Resource = qualifier === undefined ? FunctionName : `${FunctionName}:${qualifier}`;
  const sets: Dimensions[] = [{}, { FunctionName }, { FunctionName, Resource }];
  if (subject.isAlias) sets.push({ FunctionName, Resource, ExecutedVersion: subject.executedVersion });
  return sets;
}

export interface InvocationFacts {
  /** Start of the invocation, epoch milliseconds: Lambda stamps all of an invocation's metrics with it. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly failed: boolean;
  /** Concurrent executions when it began, itself included. */
  readonly functionConcurrency: number;
  readonly accountConcurrency: number;
  readonly provisioned: 'used' | 'spilled' | 'none';
}

/** Errors and Throttles are 0 for a good invocation, so that their SampleCount is the number of requests. */
export function invocationMetrics(subject: MetricSubject, facts: InvocationFacts): MetricSample[] {
  const samples: MetricSample[] = [];
  const add = (name: string, value: number, unit: string, dimensions: Dimensions) =>
    samples.push({
      region: subject.region,
      namespace: NAMESPACE,
      name,
      dimensions,
      value,
      unit,
      atMs: facts.startedAtMs,
    });
  for (const dimensions of dimensionSets(subject)) {
    add('Invocations', 1, 'Count', dimensions);
    add('Errors', facts.failed ? 1 : 0, 'Count', dimensions);
    add('Throttles', 0, 'Count', dimensions);
    add('Duration', facts.durationMs, 'Milliseconds', dimensions);
    if (facts.provisioned === 'used') add('ProvisionedConcurrencyInvocations', 1, 'Count', dimensions);
    if (facts.provisioned === 'spilled') add('ProvisionedConcurrencySpilloverInvocations', 1, 'Count', dimensions);
  }
  add('ConcurrentExecutions', facts.accountConcurrency, 'Count', {});
  add('ConcurrentExecutions', facts.functionConcurrency, 'Count', { FunctionName: subject.functionName });
  return samples;
}

/** A throttled request counts in Throttles alone. */
export function throttleMetrics(subject: MetricSubject, atMs: number): MetricSample[] {
  return dimensionSets(subject).map((dimensions) => ({
    region: subject.region,
    namespace: NAMESPACE,
    name: 'Throttles',
    dimensions,
    value: 1,
    unit: 'Count',
    atMs,
  }));
}
