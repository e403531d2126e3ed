import type { Clock } from '../app/ports/clock.ts';
import type { PastLogs, PastQuery } from '../app/ports/past-logs.ts';
import { BIN_MS } from '../core/judge/calibrate.ts';
import type { PastInvocation, Span } from '../core/replay/past.ts';
import type { Clients } from './clients.ts';
import { LOG_FILTER } from './log-records.ts';
import type { LogEvent } from './log-tally.ts';
import { pastInvocations } from './past-records.ts';
import { call } from './problem.ts';

/** One reading costs at most this: some two minutes at the pace below, and 1 MB a page. */
const MAX_PAGES = 400;
const MAX_MS = 120_000;
/** More invocations than this say nothing new; each takes about 100 bytes. */
const MAX_INVOCATIONS = 400_000;
const PAGE_EVENTS = 10_000;
/** A window is made so long that it holds about so many events: two pages. */
const WINDOW_EVENTS = 10_000;
/** FilterLogEvents allows 5 calls a second in the smaller regions, and releases read logs as well. */
const PACE_MS = 300;
/** Windows are read in steps of the golden ratio: whenever reading stops, they lie evenly over the span. */
const GOLDEN = 0.618_033_988_749_895;

/** Reads a version's past with FilterLogEvents. */
export function createPastLogs(clients: Clients, clock: Clock): PastLogs {
  return {
    async read(query, progress) {
      const reader = new Reader(clients, clock, query);
      const probe = await reader.read(lastBin(query));
      const windows = inGoldenOrder(windowsOf(query, probe?.events ?? Number.POSITIVE_INFINITY));
      const read: { readonly span: Span; readonly invocations: readonly PastInvocation[] }[] = [];
      for (const [index, window] of windows.entries()) {
        const found = await reader.read(window);
        if (found) read.push({ span: found.span, invocations: found.invocations });
        progress((index + 1) / windows.length);
        if (reader.isSpent) break;
      }
      read.sort((a, b) => a.span.fromMs - b.span.fromMs);
      const invocations = read.flatMap((part) => part.invocations);
      return { invocations, covered: merged(read.map(({ span }) => span)) };
    },
  };
}

/** Reads spans of the log until its budget is spent. */
class Reader {
  readonly #clients: Clients;
  readonly #clock: Clock;
  readonly #query: PastQuery;
  readonly #endMs: number;
  #pages = 0;
  #invocations = 0;

  constructor(clients: Clients, clock: Clock, query: PastQuery) {
    this.#clients = clients;
    this.#clock = clock;
    this.#query = query;
    this.#endMs = clock.now() + MAX_MS;
  }

  get isSpent(): boolean {
    return this.#pages >= MAX_PAGES || this.#invocations >= MAX_INVOCATIONS || this.#clock.now() >= this.#endMs;
  }

  /** One span, or the whole bins at its beginning where the budget ended within it; undefined where not one was whole. */
  async read(
    span: Span,
  ): Promise<
    { readonly span: Span; readonly events: number; readonly invocations: readonly PastInvocation[] } | undefined
  > {
    const events: LogEvent[] = [];
    let nextToken: string | undefined;
    do {
      if (this.isSpent) return this.#brokenOff(span, events);
      const page = await this.#page(span, nextToken);
      for (const event of page.events) events.push(event);
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return { span, events: events.length, invocations: this.#take(events, span) };
  }

  #brokenOff(span: Span, events: readonly LogEvent[]) {
    const lastMs = events.reduce((latest, { timestampMs }) => Math.max(latest, timestampMs), span.fromMs);
    const untilMs = Math.floor(lastMs / BIN_MS) * BIN_MS;
    if (untilMs <= span.fromMs) return undefined;
    const whole = { fromMs: span.fromMs, untilMs };
    return { span: whole, events: events.length, invocations: this.#take(events, whole) };
  }

  #take(events: readonly LogEvent[], { fromMs, untilMs }: Span): readonly PastInvocation[] {
    const found = pastInvocations(events, this.#query).filter(({ atMs }) => atMs >= fromMs && atMs < untilMs);
    this.#invocations += found.length;
    return found;
  }

  async #page({ fromMs, untilMs }: Span, nextToken: string | undefined) {
    if (this.#pages > 0 && !this.#clients.local) await this.#clock.sleep(PACE_MS);
    this.#pages += 1;
    const answer = await call('logs:FilterLogEvents', async () =>
      (await this.#clients.logs()).filterLogEvents({
        logGroupName: this.#query.logGroup,
        startTime: fromMs,
        // The end is included.
        endTime: untilMs - 1,
        filterPattern: LOG_FILTER,
        limit: PAGE_EVENTS,
        ...(nextToken === undefined ? {} : { nextToken }),
      }),
    );
    const events = (answer.events ?? []).map(
      ({ logStreamName = '', timestamp = 0, ingestionTime, message = '' }): LogEvent => ({
        stream: logStreamName,
        timestampMs: timestamp,
        ingestedMs: ingestionTime ?? timestamp,
        message,
      }),
    );
    return { events, nextToken: answer.nextToken };
  }
}

/** The newest whole bin: how busy the function is. */
function lastBin({ fromMs, untilMs }: Span): Span {
  return { fromMs: Math.max(fromMs, untilMs - BIN_MS), untilMs };
}

/** The span in windows of whole bins, each with about {@link WINDOW_EVENTS} events where one bin has `eventsInBin`. */
function windowsOf({ fromMs, untilMs }: Span, eventsInBin: number): readonly Span[] {
  const bins = Math.max(1, Math.ceil((untilMs - fromMs) / BIN_MS));
  const each = Math.min(bins, Math.max(1, Math.floor(WINDOW_EVENTS / Math.max(1, eventsInBin)))) * BIN_MS;
  const firstMs = Math.floor(fromMs / BIN_MS) * BIN_MS;
  const windows: Span[] = [];
  for (let start = firstMs; start < untilMs; start += each)
    windows.push({ fromMs: Math.max(fromMs, start), untilMs: Math.min(untilMs, start + each) });
  return windows;
}

function inGoldenOrder(windows: readonly Span[]): readonly Span[] {
  return windows
    .map((window, index) => ({ window, place: (index * GOLDEN) % 1 }))
    .sort((a, b) => a.place - b.place)
    .map(({ window }) => window);
}

function merged(spans: readonly Span[]): readonly Span[] {
  const joined: Span[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last && last.untilMs === span.fromMs)
      joined[joined.length - 1] = { fromMs: last.fromMs, untilMs: span.untilMs };
    else joined.push(span);
  }
  return joined;
}
