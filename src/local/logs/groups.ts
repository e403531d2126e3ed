import type { Clock } from '../clock.ts';
import type { LogLine } from '../links.ts';
import type { Store, Table } from '../store.ts';
import { Archive } from './archive.ts';

/** One event as kept; `order` is its place among all that were ever ingested. */
export interface StoredEvent {
  readonly atMs: number;
  readonly ingestedMs: number;
  readonly order: number;
  readonly message: string;
}

export interface Stream {
  readonly name: string;
  readonly createdMs: number;
  /** In order of time; equal times in order of arrival. */
  readonly events: StoredEvent[];
  lastIngestedMs: number | undefined;
}

export interface Group {
  readonly region: string;
  readonly name: string;
  readonly createdMs: number;
  retentionDays: number | undefined;
  tags: Readonly<Record<string, string>>;
  bytes: number;
  readonly streams: Map<string, Stream>;
}

type GroupRecord = Pick<Group, 'region' | 'name' | 'createdMs' | 'retentionDays' | 'tags'>;

/** A local AWS is no archive: beyond this the oldest events of a group are dropped. In memory it is about twice that. */
export const MAX_GROUP_BYTES = 64 * 1_048_576;
/** All groups together; the largest group gives way first. */
export const MAX_TOTAL_BYTES = 4 * MAX_GROUP_BYTES;
/** CloudWatch Logs reckons this for each event besides its text. */
export const EVENT_OVERHEAD = 26;
/** What is dropped at once when a group is full, so that dropping is rare. */
const DROP_SHARE = 0.1;
const MAX_SORTED = 4_096;
const DAY_MS = 86_400_000;

/** Log groups, streams and events of all regions; where there is a data folder they outlive the process. */
export class LogGroups {
  readonly #groups = new Map<string, Group>();
  readonly #records: Table<GroupRecord>;
  readonly #archive: Archive;
  readonly #now: () => number;
  #order = 0;
  #bytes = 0;

  constructor(store: Store, clock: Clock) {
    this.#now = () => clock.now();
    this.#archive = new Archive(store, clock);
    this.#records = store.table<GroupRecord>('logs.groups');
    for (const record of this.#records.list()) {
      this.#groups.set(keyOf(record.region, record.name), { ...record, bytes: 0, streams: new Map() });
    }
    this.#restore();
  }

  /** Writes what is still to be written. */
  close(): void {
    this.#archive.close();
  }

  get(region: string, name: string): Group | undefined {
    return this.#groups.get(keyOf(region, name));
  }

  list(region: string): Group[] {
    const own = [...this.#groups.values()].filter((group) => group.region === region);
    return own.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  create(region: string, name: string, tags: Readonly<Record<string, string>> = {}): Group {
    const group: Group = {
      region,
      name,
      createdMs: this.#now(),
      retentionDays: undefined,
      tags,
      bytes: 0,
      streams: new Map(),
    };
    this.#groups.set(keyOf(region, name), group);
    this.save(group);
    return group;
  }

  save({ region, name, createdMs, retentionDays, tags }: Group): void {
    this.#records.set(keyOf(region, name), { region, name, createdMs, retentionDays, tags });
  }

  delete(group: Group): void {
    this.#bytes -= group.bytes;
    for (const stream of group.streams.values()) this.#archive.forget(group, stream);
    this.#groups.delete(keyOf(group.region, group.name));
    this.#records.delete(keyOf(group.region, group.name));
  }

  createStream(group: Group, name: string): Stream {
    const stream: Stream = { name, createdMs: this.#now(), events: [], lastIngestedMs: undefined };
    group.streams.set(name, stream);
    return stream;
  }

  deleteStream(group: Group, stream: Stream): void {
    group.streams.delete(stream.name);
    this.#archive.forget(group, stream);
    this.#forgot(group, stream.events);
  }

  /** From when on a group's retention still shows events. */
  shownFromMs({ retentionDays }: Group): number {
    return retentionDays === undefined ? 0 : this.#now() - retentionDays * DAY_MS;
  }

  /** Appends lines, in order of time. Answers them as stored. */
  append(group: Group, stream: Stream, lines: readonly LogLine[]): StoredEvent[] {
    const ingestedMs = this.#now();
    stream.lastIngestedMs = ingestedMs;
    const stored = lines.map(({ atMs, message }) => {
      this.#order += 1;
      const event = { atMs, ingestedMs, order: this.#order, message };
      this.#keep(group, stream, event);
      return event;
    });
    this.#archive.add(group, stream, stored);
    if (group.bytes > MAX_GROUP_BYTES) this.#dropOldest(group, stream);
    while (this.#bytes > MAX_TOTAL_BYTES) this.#dropOldest(this.#largest(), stream);
    return stored;
  }

  #keep(group: Group, stream: Stream, event: StoredEvent): void {
    const bytes = event.message.length + EVENT_OVERHEAD;
    group.bytes += bytes;
    this.#bytes += bytes;
    insert(stream.events, event);
  }

  #restore(): void {
    for (const { region, group: name, stream: streamName, streamCreatedMs, events } of this.#archive.load()) {
      const group = this.get(region, name);
      if (!group) continue;
      const known = group.streams.get(streamName);
      const stream: Stream = known ?? {
        name: streamName,
        createdMs: streamCreatedMs,
        events: [],
        lastIngestedMs: undefined,
      };
      group.streams.set(streamName, stream);
      for (const event of events) {
        this.#keep(group, stream, event);
        this.#order = Math.max(this.#order, event.order);
        stream.lastIngestedMs = event.ingestedMs;
      }
    }
  }

  #largest(): Group {
    return [...this.#groups.values()].reduce((a, b) => (b.bytes > a.bytes ? b : a));
  }

  /** A stream that is left without events goes too, but for the one just written to. */
  #dropOldest(group: Group, written: Stream): void {
    const cutMs = quantileMs([...group.streams.values()], DROP_SHARE);
    if (cutMs === undefined) return;
    for (const stream of group.streams.values()) {
      this.#archive.forget(group, stream, cutMs);
      this.#forgot(group, stream.events.splice(0, firstAt(stream.events, cutMs + 1)));
      if (stream.events.length === 0 && stream !== written) group.streams.delete(stream.name);
    }
  }

  #forgot(group: Group, events: readonly StoredEvent[]): void {
    const bytes = events.reduce((sum, { message }) => sum + message.length + EVENT_OVERHEAD, 0);
    group.bytes -= bytes;
    this.#bytes -= bytes;
  }
}

/** The first event of a stream behind `place`, in order of time and arrival. */
export function firstBehind(events: readonly StoredEvent[], place: Pick<StoredEvent, 'atMs' | 'order'>): number {
  let index = firstAt(events, place.atMs);
  while (events[index]?.atMs === place.atMs && events[index]!.order <= place.order) index += 1;
  return index;
}

/** The first event of a stream at or after `atMs`. */
export function firstAt(events: readonly StoredEvent[], atMs: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle]!.atMs < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function byTime(a: StoredEvent, b: StoredEvent): number {
  return a.atMs - b.atMs || a.order - b.order;
}

function insert(events: StoredEvent[], event: StoredEvent): void {
  const last = events.at(-1);
  if (!last || last.atMs <= event.atMs) events.push(event);
  else events.splice(firstAt(events, event.atMs + 1), 0, event);
}

/** About how old the oldest `share` of the events is; sorting all of them would hold up the invocation that logs. */
function quantileMs(streams: readonly Stream[], share: number): number | undefined {
  const total = streams.reduce((sum, { events }) => sum + events.length, 0);
  const step = Math.ceil(total / MAX_SORTED);
  const times: number[] = [];
  for (const { events } of streams) {
    for (let index = 0; index < events.length; index += step) times.push(events[index]!.atMs);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length * share)];
}

function keyOf(region: string, name: string): string {
  return `${region}\0${name}`;
}
