import type { MetricDataQuery, MetricStat } from '@aws-sdk/client-cloudwatch';
import { notEmulated } from '../../wire/service.ts';
import { invalidCombination, invalidValue, validation } from '../errors.ts';
import { evaluate, MathError, type MathValue, type Series, UnsupportedFunction } from '../math/evaluate.ts';
import { type Expression, MathSyntaxError, parseExpression } from '../math/syntax.ts';
import { dimensionsOf } from './dimensions.ts';
import type { MetricStore } from './metric-store.ts';
import { checkPeriod, roundStart } from './periods.ts';
import { computeStatistic, parseStatistic, type Statistic } from './statistics.ts';

/** What one answer of GetMetricData holds at most. */
const MAX_WINDOWS = 100_800;

/** A checked query: a statistic of a metric, or an expression over other queries. */
export type Query = StatQuery | MathQuery;

export interface StatQuery {
  readonly kind: 'stat';
  readonly id: string;
  readonly label: string | undefined;
  readonly returned: boolean;
  readonly periodMs: number;
  readonly statistic: Statistic;
  readonly stat: MetricStat;
}

export interface MathQuery {
  readonly kind: 'math';
  readonly id: string;
  readonly label: string | undefined;
  readonly returned: boolean;
  readonly periodMs: number | undefined;
  readonly expression: Expression;
  readonly text: string;
}

/** What a query gave: window `n` begins at `startMs + n * periodMs`. */
export interface QueryResult {
  readonly startMs: number;
  readonly periodMs: number;
  /** One series, or several where an expression answers a list of metrics. */
  readonly series: readonly Series[];
}

/** Checks queries as GetMetricData and PutMetricAlarm do. `path` names the parameter in errors. */
export function readQueries(queries: readonly MetricDataQuery[], path: string): Query[] {
  const seen = new Set<string>();
  return queries.map((query, index) => {
    const here = `${path}.member.${index + 1}`;
    const id = query.Id ?? '';
    if (!/^[a-z][a-zA-Z0-9_]*$/.test(id)) {
      throw validation(
        `The value ${id} for parameter ${here}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`,
      );
    }
    if (seen.has(id)) throw validation(`The values for parameter id in ${path} are not unique.`);
    seen.add(id);
    return readQuery(query, id, here);
  });
}

function readQuery(query: MetricDataQuery, id: string, path: string): Query {
  const { Expression: text, MetricStat: stat, Label: label, ReturnData: returned = true } = query;
  if ((text === undefined) === (stat === undefined)) {
    throw validation(`The parameter ${path} must have either Expression or MetricStat, and not both.`);
  }
  if (query.AccountId !== undefined) throw notEmulated('A metric of another account');
  if (stat) {
    const statistic = parseStatistic(stat.Stat ?? '');
    if (!statistic) throw validation(`The value ${stat.Stat} for parameter ${path}.MetricStat.Stat is not supported.`);
    if (!stat.Metric?.Namespace || !stat.Metric.MetricName) {
      throw validation(`The parameter ${path}.MetricStat.Metric must have a Namespace and a MetricName.`);
    }
    dimensionsOf(stat.Metric.Dimensions, `${path}.MetricStat.Metric.Dimensions`);
    const periodMs = checkPeriod(stat.Period, `${path}.MetricStat.Period`) * 1_000;
    return { kind: 'stat', id, label, returned, periodMs, statistic, stat };
  }
  const periodMs = query.Period === undefined ? undefined : checkPeriod(query.Period, `${path}.Period`) * 1_000;
  return { kind: 'math', id, label, returned, periodMs, expression: parse(text ?? '', id), text: text ?? '' };
}

function parse(text: string, id: string): Expression {
  if (/^\s*SELECT\s/i.test(text)) throw notEmulated('CloudWatch Metrics Insights (a query with SELECT)');
  try {
    return parseExpression(text);
  } catch (error) {
    if (error instanceof MathSyntaxError) throw validation(`Error in expression '${id}': ${error.message}`);
    throw error;
  }
}

/**
 * Runs queries over `[startMs, endMs)` of one region. An expression is computed at its own period, or at the longest one
 * of the metrics it is about.
 */
export class QueryRun {
  readonly #store: MetricStore;
  readonly #region: string;
  readonly #queries: ReadonlyMap<string, Query>;
  readonly #startMs: number;
  readonly #endMs: number;
  readonly #values = new Map<string, MathValue>();
  readonly #running = new Set<string>();

  constructor(store: MetricStore, region: string, queries: readonly Query[], startMs: number, endMs: number) {
    this.#store = store;
    this.#region = region;
    this.#queries = new Map(queries.map((query) => [query.id, query]));
    this.#startMs = startMs;
    this.#endMs = endMs;
  }

  result(query: Query): QueryResult {
    const periodMs = this.#periodOf(query);
    const startMs = roundStart(this.#startMs, periodMs);
    const value = this.#valueOf(query, periodMs);
    if (value.kind === 'series') return { startMs, periodMs, series: [value.points] };
    if (value.kind === 'list') return { startMs, periodMs, series: value.items };
    const length = this.#windows(startMs, periodMs);
    const constant = Array.from({ length }, (_, window): [number, number] => [window, value.value]);
    return { startMs, periodMs, series: [new Map(Number.isFinite(value.value) ? constant : [])] };
  }

  /** Expressions can fill every window of the range, data or not, so their number is bounded. */
  #windows(startMs: number, periodMs: number): number {
    const windows = Math.ceil((this.#endMs - startMs) / periodMs);
    if (windows <= MAX_WINDOWS) return windows;
    throw invalidCombination(
      `You have requested up to ${windows} datapoints, which exceeds the limit of ${MAX_WINDOWS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
    );
  }

  #periodOf(query: Query): number {
    if (query.periodMs !== undefined) return query.periodMs;
    const stats = [...this.#queries.values()].filter((other) => other.kind === 'stat');
    const named = query.kind === 'math' ? this.#statsUnder(query.expression, new Set()) : [];
    const periods = (named.length > 0 ? named : stats).map((stat) => stat.periodMs);
    if (periods.length === 0) {
      throw validation(`Error in expression '${query.id}': it is about no metric and has no Period.`);
    }
    return Math.max(...periods);
  }

  #statsUnder(expression: Expression, seen: Set<string>): StatQuery[] {
    return idsIn(expression).flatMap((id) => {
      const query = this.#queries.get(id);
      if (!query || seen.has(id)) return [];
      seen.add(id);
      return query.kind === 'stat' ? [query] : this.#statsUnder(query.expression, seen);
    });
  }

  #valueOf(query: Query, periodMs: number): MathValue {
    const key = `${query.id} ${periodMs}`;
    const known = this.#values.get(key);
    if (known) return known;
    if (this.#running.has(query.id)) throw validation(`Error in expression '${query.id}': it refers to itself.`);
    this.#running.add(query.id);
    const value = query.kind === 'stat' ? this.#read(query, periodMs) : this.#compute(query, periodMs);
    this.#running.delete(query.id);
    this.#values.set(key, value);
    return value;
  }

  #read({ stat, statistic }: StatQuery, periodMs: number): MathValue {
    const metric = {
      region: this.#region,
      namespace: stat.Metric?.Namespace ?? '',
      name: stat.Metric?.MetricName ?? '',
      dimensions: dimensionsOf(stat.Metric?.Dimensions, 'Dimensions'),
      ...(stat.Unit === undefined ? {} : { unit: stat.Unit }),
    };
    const points = new Map<number, number>();
    const windows = this.#store.read(metric, roundStart(this.#startMs, periodMs), this.#endMs, periodMs);
    for (const [window, values] of windows) {
      const value = computeStatistic(statistic, values);
      if (value !== undefined) points.set(window, value);
    }
    return { kind: 'series', points };
  }

  #compute(query: MathQuery, periodMs: number): MathValue {
    const stats = [...this.#queries.values()].filter((other) => other.kind === 'stat');
    const startMs = roundStart(this.#startMs, periodMs);
    const one = (stat: StatQuery): Series => seriesIn(this.#valueOf(stat, periodMs));
    try {
      return evaluate(query.expression, {
        lookup: (id) => {
          const other = this.#queries.get(id);
          return other && this.#valueOf(other, periodMs);
        },
        metrics: (part) => stats.filter(({ id }) => part === undefined || id.includes(part)).map(one),
        windows: this.#windows(startMs, periodMs),
        periodSeconds: periodMs / 1_000,
      });
    } catch (error) {
      if (error instanceof UnsupportedFunction) throw notEmulated(`The metric math function ${error.message}`);
      if (error instanceof MathError) throw validation(`Error in expression '${query.id}': ${error.message}`);
      throw error;
    }
  }
}

function seriesIn(value: MathValue): Series {
  return value.kind === 'series' ? value.points : new Map();
}

function idsIn(expression: Expression): string[] {
  switch (expression.kind) {
    case 'id':
      return [expression.id];
    case 'negate':
      return idsIn(expression.of);
    case 'binary':
      return [...idsIn(expression.left), ...idsIn(expression.right)];
    case 'call':
      return expression.args.flatMap(idsIn);
    case 'array':
      return expression.items.flatMap(idsIn);
    default:
      return [];
  }
}

/** Queries per call, CloudWatch's own limit. */
export const MAX_QUERIES = 500;

export function checkQueryCount(count: number): void {
  if (count > MAX_QUERIES) {
    throw invalidValue(`The collection MetricDataQueries must not have a size greater than ${MAX_QUERIES}.`);
  }
}
