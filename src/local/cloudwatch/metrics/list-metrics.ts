import type { ListMetricsInput, ListMetricsOutput } from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../../clock.ts';
import type { CallContext } from '../../wire/service.ts';
import { notInEnum } from '../errors.ts';
import { pageOf } from '../paging.ts';
import { listOf } from './dimensions.ts';
import type { MetricStore } from './metric-store.ts';

/** CloudWatch's own page. */
const PAGE = 500;
/** `RecentlyActive: PT3H`. */
const RECENT_MS = 3 * 3_600_000;

/** ListMetrics: what had data in the last two weeks, filtered, in pages of 500. */
export function listMetrics(
  store: MetricStore,
  clock: Clock,
  input: ListMetricsInput,
  call: CallContext,
): ListMetricsOutput {
  if (input.RecentlyActive !== undefined && input.RecentlyActive !== 'PT3H') {
    throw notInEnum(input.RecentlyActive, 'recentlyActive', ['PT3H']);
  }
  const earliestMs = input.RecentlyActive ? clock.now() - RECENT_MS : 0;
  const matching = store.list(call.region).filter(({ metric, lastMs }) => {
    if (lastMs < earliestMs) return false;
    if (input.Namespace !== undefined && input.Namespace !== metric.namespace) return false;
    if (input.MetricName !== undefined && input.MetricName !== metric.name) return false;
    return (input.Dimensions ?? []).every(({ Name = '', Value }) => {
      const value = Object.hasOwn(metric.dimensions, Name) ? metric.dimensions[Name] : undefined;
      return value !== undefined && (Value === undefined || Value === value);
    });
  });
  const { items, next } = pageOf(matching, input.NextToken, PAGE);
  return {
    Metrics: items.map(({ metric }) => ({
      Namespace: metric.namespace,
      MetricName: metric.name,
      Dimensions: listOf(metric.dimensions),
    })),
    ...(next === undefined ? {} : { NextToken: next }),
  };
}
