import { dimensionsOf } from '../metrics/dimensions.ts';
import type { Distribution } from '../metrics/distribution.ts';
import type { MetricStore } from '../metrics/metric-store.ts';
import { QueryRun, readQueries } from '../metrics/run-queries.ts';
import { computeStatistic, parseStatistic } from '../metrics/statistics.ts';
import { decide, type MissingData, type Reading, samplesNeeded } from './decide.ts';
import type { MetricAlarmRecord } from './model.ts';
import { type ComparisonOperator, isBreaching, jsonDate, type Point, stateReason } from './reasons.ts';
import type { NewState } from './registry.ts';

/**
 * CloudWatch looks at more periods than it evaluates, so that late data does not matter at once. AWS tells one example
 * only: 5 where 3 are evaluated.
 */
const EXTRA_PERIODS = 2;
const MINUTE_MS = 60_000;

/** The state of a metric alarm at `nowMs` with its reason; undefined where it keeps the one it has. */
export function evaluateAlarm(alarm: MetricAlarmRecord, store: MetricStore, nowMs: number): NewState | undefined {
  const { config } = alarm;
  const evaluationPeriods = config.EvaluationPeriods ?? 1;
  const operator = config.ComparisonOperator as ComparisonOperator;
  const threshold = config.Threshold ?? 0;
  const missingData = missingDataOf(alarm);
  const periodMs = periodMsOf(alarm);
  const range = evaluationPeriods + EXTRA_PERIODS;
  const stepMs = Math.min(periodMs, MINUTE_MS);
  const endMs = Math.floor(nowMs / stepMs) * stepMs;
  const points = readPoints(alarm, store, endMs - range * periodMs, endMs, periodMs);
  const readings = Array.from({ length: range }, (_, window): Reading => {
    const point = points.get(window);
    return point && (isBreaching(point.value, operator, threshold) ? 'breaching' : 'ok');
  });
  const datapointsToAlarm = config.DatapointsToAlarm ?? evaluationPeriods;
  const decision = decide(readings, { evaluationPeriods, datapointsToAlarm, missingData });
  const considered = decision.considered.flatMap((window) => points.get(window) ?? []);
  if (decision.state === 'keep' || hasTooFewSamples(alarm, considered[0])) return undefined;
  const reason = stateReason({
    state: decision.state,
    decision,
    points: considered,
    operator,
    threshold,
    evaluationPeriods,
    datapointsToAlarm: config.DatapointsToAlarm,
    treatedAs: missingData === 'breaching' ? 'Breaching' : 'NonBreaching',
  });
  return { value: decision.state, reason, reasonData: reasonData(alarm, considered, periodMs, nowMs) };
}

/** The period of an alarm; that of a metric math alarm is the longest one of its metrics. */
export function periodMsOf({ config }: MetricAlarmRecord): number {
  if (config.Period !== undefined) return config.Period * 1_000;
  const periods = (config.Metrics ?? []).map((query) => query.MetricStat?.Period ?? query.Period ?? 0);
  return Math.max(...periods, 1) * 1_000;
}

/** Alarms on DynamoDB's metrics ignore missing data whatever they say. */
function missingDataOf({ config }: MetricAlarmRecord): MissingData {
  if (config.Namespace === 'AWS/DynamoDB') return 'ignore';
  return (config.TreatMissingData as MissingData | undefined) ?? 'missing';
}

function readPoints(
  { config, region }: MetricAlarmRecord,
  store: MetricStore,
  startMs: number,
  endMs: number,
  periodMs: number,
): Map<number, Point> {
  const points = new Map<number, Point>();
  if (config.Metrics) {
    const queries = readQueries(config.Metrics, 'Metrics');
    const returned = queries.find((query) => query.returned);
    const result = returned && new QueryRun(store, region, queries, startMs, endMs).result(returned);
    for (const [window, value] of result?.series[0] ?? [])
      points.set(window, { atMs: startMs + window * periodMs, value });
    return points;
  }
  const metric = {
    ...{ region, namespace: config.Namespace ?? '', name: config.MetricName ?? '' },
    dimensions: dimensionsOf(config.Dimensions, 'Dimensions'),
    ...(config.Unit === undefined ? {} : { unit: config.Unit }),
  };
  for (const [window, values] of store.read(metric, startMs, endMs, periodMs)) {
    const value = statisticOf(config, values);
    if (value === undefined) continue;
    points.set(window, { atMs: startMs + window * periodMs, value, sampleCount: values.count });
  }
  return points;
}

function statisticOf(config: MetricAlarmRecord['config'], values: Distribution): number | undefined {
  const statistic = parseStatistic(config.Statistic ?? config.ExtendedStatistic ?? '');
  return statistic && computeStatistic(statistic, values);
}

function hasTooFewSamples({ config }: MetricAlarmRecord, newest: Point | undefined): boolean {
  if (config.EvaluateLowSampleCountPercentile !== 'ignore' || newest?.sampleCount === undefined) return false;
  const statistic = parseStatistic(config.ExtendedStatistic ?? '');
  return statistic?.kind === 'percentile' && newest.sampleCount < samplesNeeded(statistic.percent);
}

function reasonData({ config }: MetricAlarmRecord, points: readonly Point[], periodMs: number, nowMs: number): string {
  const oldest = points.at(-1);
  const statistic = config.Statistic ?? config.ExtendedStatistic;
  return JSON.stringify({
    version: '1.0',
    queryDate: jsonDate(nowMs),
    ...(oldest ? { startDate: jsonDate(oldest.atMs) } : {}),
    ...(config.Unit === undefined ? {} : { unit: config.Unit }),
    ...(statistic === undefined ? {} : { statistic }),
    period: periodMs / 1_000,
    recentDatapoints: points.map(({ value }) => value).reverse(),
    threshold: config.Threshold,
    ...(points.length === 0 ? {} : { evaluatedDatapoints: points.map(evaluated) }),
  });
}

function evaluated({ atMs, sampleCount, value }: Point) {
  return { timestamp: jsonDate(atMs), ...(sampleCount === undefined ? {} : { sampleCount }), value };
}
