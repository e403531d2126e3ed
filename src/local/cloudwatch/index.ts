import type {
  GetMetricDataInput,
  GetMetricStatisticsInput,
  ListMetricsInput,
  PutMetricDataInput,
} from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../clock.ts';
import type { FunctionInvoker, MetricSink, TopicPublisher } from '../links.ts';
import type { Store } from '../store.ts';
import type { CallContext, Service } from '../wire/service.ts';
import { alarmOperations } from './alarms/operations.ts';
import { AlarmRegistry } from './alarms/registry.ts';
import { scheduleAlarms } from './alarms/schedule.ts';
import { getMetricData } from './metrics/get-metric-data.ts';
import { getMetricStatistics } from './metrics/get-metric-statistics.ts';
import { listMetrics } from './metrics/list-metrics.ts';
import { MetricStore } from './metrics/metric-store.ts';
import { putMetricData } from './metrics/put-metric-data.ts';

export interface CloudWatchDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly publisher: TopicPublisher;
  /** Without it Lambda actions of alarms fail, and the history says so. */
  readonly invoker?: FunctionInvoker;
  readonly account: string;
}

export interface CloudWatch {
  readonly service: Service;
  readonly metrics: MetricSink;
  /** Stops evaluating alarms and writes what is not yet in the data folder. */
  close(): void;
}

/** CloudWatch: metrics, metric math and alarms. */
export function createCloudWatch({ store, clock, publisher, invoker, account }: CloudWatchDeps): CloudWatch {
  const metrics = new MetricStore(store, clock);
  const registry = new AlarmRegistry({ store, clock, account, publisher, invoker });
  const schedule = scheduleAlarms(registry, metrics, clock);
  return {
    service: {
      id: 'cloudwatch',
      operations: {
        PutMetricData: (input: PutMetricDataInput, call: CallContext) => putMetricData(metrics, clock, input, call),
        GetMetricData: (input: GetMetricDataInput, call: CallContext) => getMetricData(metrics, input, call),
        GetMetricStatistics: (input: GetMetricStatisticsInput, call: CallContext) =>
          getMetricStatistics(metrics, input, call),
        ListMetrics: (input: ListMetricsInput, call: CallContext) => listMetrics(metrics, clock, input, call),
        ...alarmOperations({ registry, schedule, store: metrics, clock }),
      },
    },
    metrics,
    close() {
      schedule.close();
      metrics.close();
    },
  };
}
