import type { Datapoint, GetMetricStatisticsInput, GetMetricStatisticsOutput } from '@aws-sdk/client-cloudwatch';
import type { CallContext } from '../../wire/service.ts';
import { invalidCombination, invalidValue, notInEnum } from '../errors.ts';
import { dimensionsOf } from './dimensions.ts';
import type { Distribution } from './distribution.ts';
import { timeRange } from './get-metric-data.ts';
import type { MetricStore } from './metric-store.ts';
import { checkPeriod, roundStart } from './periods.ts';
import { computeStatistic, parseStatistic, type Statistic } from './statistics.ts';

/** CloudWatch's own limit on the points of one answer. */
const MAX_DATAPOINTS = 1_440;
const STATISTICS = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'] as const;

/** GetMetricStatistics: one metric, each unit by itself. */
export function getMetricStatistics(
  store: MetricStore,
  input: GetMetricStatisticsInput,
  call: CallContext,
): GetMetricStatisticsOutput {
  const { startMs, endMs } = timeRange(input.StartTime, input.EndTime);
  const periodMs = checkPeriod(input.Period, 'Period') * 1_000;
  const requested = Math.floor((endMs - startMs) / periodMs);
  if (requested > MAX_DATAPOINTS) {
    throw invalidCombination(
      `You have requested up to ${requested} datapoints, which exceeds the limit of ${MAX_DATAPOINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
    );
  }
  const statistics = input.Statistics ?? [];
  const extended = readExtended(input.ExtendedStatistics ?? []);
  if (statistics.length === 0 && extended.length === 0) {
    throw invalidCombination('At least one of the parameters Statistics and ExtendedStatistics must be specified.');
  }
  for (const statistic of statistics) {
    if (!STATISTICS.includes(statistic)) throw notInEnum(statistic, 'statistics', STATISTICS);
  }
  const metric = {
    region: call.region,
    namespace: input.Namespace ?? '',
    name: input.MetricName ?? '',
    dimensions: dimensionsOf(input.Dimensions, 'Dimensions'),
  };
  const units = input.Unit === undefined ? store.units(metric) : [input.Unit];
  const start = roundStart(startMs, periodMs);
  const datapoints = units.flatMap((unit) =>
    [...store.read({ ...metric, unit }, start, endMs, periodMs)].map(([window, values]) =>
      datapointOf(start + window * periodMs, unit, values, statistics, extended),
    ),
  );
  datapoints.sort((a, b) => (a.Timestamp?.getTime() ?? 0) - (b.Timestamp?.getTime() ?? 0));
  return { Label: metric.name, Datapoints: datapoints };
}

type Extended = readonly (readonly [name: string, statistic: Statistic])[];

function readExtended(names: readonly string[]): Extended {
  return names.map((name) => {
    const statistic = parseStatistic(name);
    if (!statistic || STATISTICS.some((simple) => simple === name)) {
      throw invalidValue(`The value ${name} for parameter ExtendedStatistics is not supported.`);
    }
    return [name, statistic];
  });
}

function datapointOf(
  atMs: number,
  unit: string,
  values: Distribution,
  statistics: readonly (typeof STATISTICS)[number][],
  extended: Extended,
): Datapoint {
  const point: Datapoint = { Timestamp: new Date(atMs), Unit: unit as NonNullable<Datapoint['Unit']> };
  for (const name of statistics) point[name] = computeStatistic({ kind: name }, values);
  const computed = extended.flatMap(([name, statistic]) => {
    const value = computeStatistic(statistic, values);
    return value === undefined ? [] : [[name, value] as const];
  });
  return computed.length === 0 ? point : { ...point, ExtendedStatistics: Object.fromEntries(computed) };
}
