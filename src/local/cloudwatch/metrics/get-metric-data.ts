import type { GetMetricDataInput, GetMetricDataOutput, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import type { CallContext } from '../../wire/service.ts';
import { invalidValue, missingParameter, notInEnum, validation } from '../errors.ts';
import type { Series } from '../math/evaluate.ts';
import { positionOf, tokenAt } from '../paging.ts';
import { labelsOf } from './labels.ts';
import type { MetricStore } from './metric-store.ts';
import { checkQueryCount, type Query, QueryRun, readQueries } from './run-queries.ts';

/** CloudWatch's own limit on the points of one answer. */
const MAX_DATAPOINTS = 100_800;

/** GetMetricData: metrics and expressions over them, newest first unless asked otherwise, in pages. */
export function getMetricData(store: MetricStore, input: GetMetricDataInput, call: CallContext): GetMetricDataOutput {
  const { startMs, endMs } = timeRange(input.StartTime, input.EndTime);
  const queries = readQueries(input.MetricDataQueries ?? [], 'MetricDataQueries');
  checkQueryCount(queries.length);
  const scanBy = input.ScanBy ?? 'TimestampDescending';
  if (scanBy !== 'TimestampDescending' && scanBy !== 'TimestampAscending') {
    throw notInEnum(scanBy, 'scanBy', ['TimestampDescending', 'TimestampAscending']);
  }
  const returned = queries.filter((query) => query.returned);
  if (returned.length === 0) throw validation('At least one query must have ReturnData set to true.');
  const run = new QueryRun(store, call.region, queries, startMs, endMs);
  const labels = labelsOf(returned);
  const all = returned.flatMap((query) => resultsOf(run, query, labels.get(query.id) ?? query.id, scanBy));
  return { ...cutPage(all, input.MaxDatapoints, input.NextToken), Messages: [] };
}

/** Checks the time range that GetMetricData and GetMetricStatistics share. */
export function timeRange(start: Date | undefined, end: Date | undefined): { startMs: number; endMs: number } {
  if (!start) throw missingParameter('The parameter StartTime is required.');
  if (!end) throw missingParameter('The parameter EndTime is required.');
  const startMs = start.getTime();
  const endMs = end.getTime();
  if (!(startMs < endMs)) throw invalidValue('The parameter StartTime must be less than the parameter EndTime.');
  return { startMs, endMs };
}

interface Result {
  readonly id: string;
  readonly label: string;
  readonly points: readonly (readonly [atMs: number, value: number])[];
}

function resultsOf(run: QueryRun, query: Query, label: string, scanBy: string): Result[] {
  const { startMs, periodMs, series } = run.result(query);
  return series.map((points) => ({ id: query.id, label, points: inOrder(points, startMs, periodMs, scanBy) }));
}

function inOrder(points: Series, startMs: number, periodMs: number, scanBy: string): Result['points'] {
  const sign = scanBy === 'TimestampAscending' ? 1 : -1;
  return [...points]
    .sort(([a], [b]) => sign * (a - b))
    .map(([window, value]): [number, number] => [startMs + window * periodMs, value]);
}

/** The token counts points over all results, in their order. */
function cutPage(
  results: readonly Result[],
  maxDatapoints: number | undefined,
  token: string | undefined,
): Pick<GetMetricDataOutput, 'MetricDataResults' | 'NextToken'> {
  const size = Math.min(maxDatapoints ?? MAX_DATAPOINTS, MAX_DATAPOINTS);
  if (size < 1) throw invalidValue('The parameter MaxDatapoints must be greater than or equal to 1.');
  const start = positionOf(token);
  const end = start + size;
  const page: MetricDataResult[] = [];
  let position = 0;
  for (const { id, label, points } of results) {
    const from = Math.max(0, start - position);
    const to = Math.min(points.length, end - position);
    const done = to === points.length;
    position += points.length;
    const begunBefore = start > 0 && from >= points.length;
    if (begunBefore || to < 0 || (to <= from && points.length > 0)) continue;
    const slice = points.slice(from, to);
    page.push({
      Id: id,
      Label: label,
      Timestamps: slice.map(([atMs]) => new Date(atMs)),
      Values: slice.map(([, value]) => value),
      StatusCode: done ? 'Complete' : 'PartialData',
    });
  }
  return { MetricDataResults: page, ...(position > end ? { NextToken: tokenAt(end) } : {}) };
}
