import type {
  AlarmHistoryItem,
  DescribeAlarmHistoryInput,
  DescribeAlarmHistoryOutput,
  HistoryItemType,
} from '@aws-sdk/client-cloudwatch';
import type { Store } from '../../store.ts';
import type { CallContext } from '../../wire/service.ts';
import { validation } from '../errors.ts';
import { pageOf } from '../paging.ts';
import { type AlarmRecord, typeOf } from './model.ts';

/** What is kept of one alarm; the oldest items are forgotten first. */
const MAX_ITEMS = 200;
/** CloudWatch keeps history for 30 days. */
const RETENTION_MS = 30 * 24 * 3_600_000;
const PAGE = 100;

interface Item {
  readonly name: string;
  readonly type: 'MetricAlarm' | 'CompositeAlarm';
  readonly atMs: number;
  readonly itemType: HistoryItemType;
  readonly summary: string;
  readonly data: string;
}

export interface AlarmHistory {
  add(alarm: AlarmRecord, itemType: HistoryItemType, summary: string, data: object, atMs: number): void;
  describe(input: DescribeAlarmHistoryInput, call: CallContext): DescribeAlarmHistoryOutput;
}

/** What happened to alarms; it outlives the alarms themselves. */
export function createAlarmHistory(store: Store): AlarmHistory {
  const table = store.table<{ readonly region: string; readonly items: readonly Item[] }>('cloudwatch/history');
  return {
    add(alarm, itemType, summary, data, atMs) {
      const key = `${alarm.region}/${alarm.name}`;
      const kept = (table.get(key)?.items ?? []).filter((item) => item.atMs > atMs - RETENTION_MS);
      const item = { name: alarm.name, type: typeOf(alarm), atMs, itemType, summary, data: JSON.stringify(data) };
      table.set(key, { region: alarm.region, items: [...kept.slice(1 - MAX_ITEMS), item] });
    },
    describe(input, call) {
      const types: readonly string[] = input.AlarmTypes ?? ['MetricAlarm'];
      const startMs = input.StartDate?.getTime() ?? 0;
      const endMs = input.EndDate?.getTime() ?? Number.POSITIVE_INFINITY;
      const matching = table
        .list(`${call.region}/`)
        .flatMap(({ items }) => items)
        .filter((item) => {
          if (input.AlarmName !== undefined && input.AlarmName !== item.name) return false;
          if (input.HistoryItemType !== undefined && input.HistoryItemType !== item.itemType) return false;
          return types.includes(item.type) && item.atMs >= startMs && item.atMs <= endMs;
        })
        .sort((a, b) => a.atMs - b.atMs);
      if (input.ScanBy !== 'TimestampAscending') matching.reverse();
      const size = input.MaxRecords ?? PAGE;
      if (size < 1 || size > PAGE) throw validation(`MaxRecords must be between 1 and ${PAGE}.`);
      const { items, next } = pageOf(matching, input.NextToken, size);
      return { AlarmHistoryItems: items.map(describeItem), ...(next === undefined ? {} : { NextToken: next }) };
    },
  };
}

function describeItem({ name, type, atMs, itemType, summary, data }: Item): AlarmHistoryItem {
  return {
    AlarmName: name,
    AlarmType: type,
    Timestamp: new Date(atMs),
    HistoryItemType: itemType,
    HistorySummary: summary,
    HistoryData: data,
  };
}
