import type { Clock } from '../clock.ts';
import type { LogSink } from '../links.ts';
import type { Store } from '../store.ts';
import type { Service } from '../wire/service.ts';
import { eventOperations } from './event-operations.ts';
import { groupOperations } from './group-operations.ts';
import { LogGroups } from './groups.ts';
import { LiveTail } from './live-tail.ts';

export interface Logs {
  readonly service: Service;
  readonly logs: LogSink;
  close(): void;
}

/** CloudWatch Logs: groups, streams, events, filter patterns and live tail. */
export function createLogs({ store, clock }: { readonly store: Store; readonly clock: Clock }): Logs {
  const now = (): number => clock.now();
  const groups = new LogGroups(store, clock);
  const tail = new LiveTail(clock);
  const operations = { ...groupOperations(groups), ...eventOperations(groups, tail, now) };
  return {
    service: { id: 'cloudwatch-logs', operations },
    logs: {
      append(region, name, streamName, lines) {
        const group = groups.get(region, name) ?? groups.create(region, name);
        const stream = group.streams.get(streamName) ?? groups.createStream(group, streamName);
        tail.offer(group, stream, groups.append(group, stream, lines));
      },
    },
    close() {
      tail.close();
      groups.close();
    },
  };
}
