import { byTime, EVENT_OVERHEAD, firstAt, type Group, type StoredEvent, type Stream } from './groups.ts';
import type { Matcher } from './pattern/pattern.ts';

/** An event and the stream it stands in. */
export interface Found {
  readonly stream: Stream;
  readonly event: StoredEvent;
}

/** Where a page of events ended. */
export interface Place {
  readonly atMs: number;
  readonly order: number;
}

/** 14 digits of time and 42 of order: unique, and growing as AWS's own do. */
export function eventIdOf({ atMs, order }: StoredEvent): string {
  return `${String(atMs).padStart(14, '0')}${String(order).padStart(42, '0')}`;
}

/** The place that an event's id names; undefined where it names none. */
export function placeInId(id: string): Place | undefined {
  const match = /^(\d{14})(\d{42})$/.exec(id);
  return match ? { atMs: Number(match[1]), order: Number(match[2]) } : undefined;
}

/** An answer holds at most so much, as documented for FilterLogEvents and GetLogEvents. */
const MAX_PAGE_BYTES = 1_048_576;

/** How many of the first events fit into one answer; one always does. */
export function fitting(events: Iterable<StoredEvent>, limit: number): number {
  let count = 0;
  let bytes = 0;
  for (const { message } of events) {
    bytes += message.length + EVENT_OVERHEAD;
    if (count === limit || (count > 0 && bytes > MAX_PAGE_BYTES)) break;
    count += 1;
  }
  return count;
}

export interface Query {
  readonly streams: readonly Stream[];
  readonly fromMs: number;
  /** Exclusive. */
  readonly untilMs: number;
  readonly after: Place | undefined;
  readonly limit: number;
  readonly matches: Matcher;
}

/** Events of several streams in order of time, and where to go on where there are more. */
export function findEvents(query: Query): { readonly found: Found[]; readonly next: Place | undefined } {
  const { streams, after, matches, limit, untilMs } = query;
  const fromMs = Math.max(query.fromMs, after?.atMs ?? 0);
  const all: Found[] = [];
  for (const stream of streams) {
    for (let index = firstAt(stream.events, fromMs); index < stream.events.length; index += 1) {
      const event = stream.events[index]!;
      if (event.atMs >= untilMs) break;
      if (after && byTime(event, { ...event, ...after }) <= 0) continue;
      if (matches(event.message)) all.push({ stream, event });
    }
  }
  all.sort((a, b) => byTime(a.event, b.event));
  const size = fitting(
    all.map(({ event }) => event),
    limit,
  );
  const found = all.slice(0, size);
  const last = found.at(-1)?.event;
  return { found, next: all.length > size && last ? { atMs: last.atMs, order: last.order } : undefined };
}

/** Streams of a group by name or prefix; all where neither is asked for. */
export function chooseStreams(
  group: Group,
  names: readonly string[] | undefined,
  prefix: string | undefined,
): Stream[] {
  const all = [...group.streams.values()];
  if (names && names.length > 0) return all.filter(({ name }) => names.includes(name));
  return prefix === undefined ? all : all.filter(({ name }) => name.startsWith(prefix));
}

export function writePlace({ atMs, order }: Place): string {
  return Buffer.from(`${atMs}:${order}`).toString('base64url');
}

export function readPlace(token: string): Place | undefined {
  const match = /^(\d{1,15}):(\d{1,15})$/.exec(Buffer.from(token, 'base64url').toString());
  return match ? { atMs: Number(match[1]), order: Number(match[2]) } : undefined;
}
