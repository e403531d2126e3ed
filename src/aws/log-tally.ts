import { hash } from 'node:crypto';
import type { Counts } from '../core/judge/counts.ts';
import type { CountsByVersion, Watch } from '../core/release/observation.ts';
import { Acquaintances } from './log-cursor.ts';
import { type LogRecord, type Outcome, parseLogLine, parseStreamName } from './log-records.ts';

/** One log event as live tail and FilterLogEvents both deliver it; live tail knows no event ids. */
export interface LogEvent {
  readonly stream: string;
  readonly timestampMs: number;
  /** When CloudWatch took it in; events become visible nearly in this order, unlike that of their timestamps. */
  readonly ingestedMs: number;
  readonly message: string;
  /** The name of its log group, where it is known: it tells two functions apart. */
  readonly group?: string;
}

/** Late events become visible behind what was already read; so much is read again. */
export const OVERLAP_MS = 10_000;
/** Where nothing is logged, reading starts no further back than this; it also forgives a clock that runs ahead. */
const QUIET_MS = 120_000;
/** Streams (sandboxes) whose last invocation is remembered, for failure lines that come before or after the report. */
const MEMORY_STREAMS = 10_000;
/** Lambda's naming rule. */
const OWN_GROUP = /^\/aws\/lambda\//;
/** Enough of a line that names no request to tell it from others of the same millisecond. */
const LINE_CHARS = 200;

interface StreamMemory {
  /** A failure line whose report has not come yet. */
  announced: Extract<LogRecord, { kind: 'failure' }> | undefined;
  last: { readonly requestId: string; readonly timestampMs: number; outcome: Outcome } | undefined;
  beforeLastMs: number;
}

type Tally = { -readonly [K in keyof Counts]: Counts[K] extends readonly number[] ? number[] : number };

/** Counts invocations from log events, each once, whatever path and however often an event arrives. */
export class LogTally {
  readonly #watch: Watch;
  readonly #known: Acquaintances;
  readonly #streams = new Map<string, StreamMemory>();
  #counts = new Map<string, Tally>();
  #readFromMs: number;
  #newestMs = 0;
  #sampled = false;
  #failures = 0;

  /** Goes on from `watch.logCursor`. Throws for a cursor of an unknown form: starting over would count twice. */
  constructor(watch: Watch) {
    this.#watch = watch;
    const { readFromMs, known } = Acquaintances.fromCursor(watch.logCursor);
    this.#known = known;
    this.#readFromMs = Math.max(readFromMs, watch.sinceMs);
  }

  /** From which event timestamp on the log has to be read. */
  get readFromMs(): number {
    return this.#readFromMs;
  }

  /** Whether anything was counted since the last `take`. */
  get changed(): boolean {
    return this.#counts.size > 0;
  }

  /** Whether a failure was counted since the last `take`. */
  get failing(): boolean {
    return this.#failures > 0;
  }

  /** Counts a batch of events, in the order in which they were written. */
  add(events: readonly LogEvent[]): void {
    for (const event of events.toSorted((a, b) => a.timestampMs - b.timestampMs)) this.#addOne(event);
  }

  /** The log was read completely: the next reading may start shortly before what is newest. */
  readUpTo(nowMs: number): void {
    this.readAgainFrom(Math.max(this.#newestMs - OVERLAP_MS, nowMs - QUIET_MS));
  }

  /** The log was read only up to here: the next reading starts exactly there, or it might never get further. */
  readAgainFrom(timestampMs: number): void {
    this.#readFromMs = Math.max(this.#readFromMs, timestampMs);
  }

  /** Live tail left events out: this stretch is a sample. */
  markSampled(): void {
    this.#sampled = true;
  }

  /** What was counted since the last call, and the cursor that says so. */
  take(): { readonly cursor: string; readonly counts: CountsByVersion; readonly sampled: boolean } {
    const taken = {
      cursor: this.#known.cursor(this.#readFromMs),
      counts: Object.fromEntries(this.#counts),
      sampled: this.#sampled,
    };
    this.#counts = new Map();
    this.#sampled = false;
    this.#failures = 0;
    return taken;
  }

  #addOne(event: LogEvent): void {
    this.#newestMs = Math.max(this.#newestMs, event.timestampMs);
    if (event.timestampMs < this.#watch.sinceMs) return;
    const version = this.#versionOf(event);
    const record = version === undefined ? undefined : parseLogLine(event.message);
    if (version === undefined || !record) return;
    const what = record.requestId ?? event.message.slice(0, LINE_CHARS);
    const id = hash('sha1', `${event.stream} ${event.timestampMs} ${record.kind} ${what}`, 'base64url');
    const meeting = this.#known.meet(id, event);
    if (meeting === 'again') return;
    const counts = meeting === 'first' ? this.#tallyOf(version) : undefined;
    const memory = this.#memoryOf(event.stream);
    if (record.kind === 'report') this.#addReport(record, event.timestampMs, memory, counts);
    else this.#addFailure(record, event.timestampMs, memory, counts);
    if (counts && isEmpty(counts)) this.#counts.delete(version);
  }

  /** The version that wrote the stream; undefined where it is none of this watch's. */
  #versionOf({ stream: name, group }: LogEvent): string | undefined {
    const stream = parseStreamName(name);
    const { functions } = this.#watch;
    if (stream && functions) {
      // Lambda names the function in the stream of every log group but the function's own.
      const writer = stream.functionName ?? group?.replace(OWN_GROUP, '');
      return Object.keys(functions).find((arm) => functions[arm] === writer);
    }
    if (!stream || (stream.functionName ?? this.#watch.function) !== this.#watch.function) return undefined;
    const { version } = stream;
    return version === this.#watch.stable || version === this.#watch.candidate ? version : undefined;
  }

  #addReport(
    record: Extract<LogRecord, { kind: 'report' }>,
    timestampMs: number,
    memory: StreamMemory,
    counts: Tally | undefined,
  ): void {
    const { announced } = memory;
    const isOurs = announced && (announced.requestId ?? record.requestId) === record.requestId;
    const outcome = settle(record.outcome, isOurs ? announced.outcome : undefined);
    memory.announced = undefined;
    memory.beforeLastMs = memory.last?.timestampMs ?? 0;
    memory.last = { requestId: record.requestId, timestampMs, outcome };
    if (!counts) return;
    counts.invocations += 1;
    if (record.coldStart) counts.coldStarts += 1;
    for (const [index, limitMs] of this.#watch.limitsMs.entries())
      if (record.durationMs > limitMs) counts.slow[index] = (counts.slow[index] ?? 0) + 1;
    this.#countFailure(counts, outcome);
  }

  /** A failure line belongs to the report that follows it in its stream, or to the one before where it comes late. */
  #addFailure(
    record: Extract<LogRecord, { kind: 'failure' }>,
    timestampMs: number,
    memory: StreamMemory,
    counts: Tally | undefined,
  ): void {
    const { last } = memory;
    const isLate =
      last !== undefined &&
      (record.requestId === undefined
        ? timestampMs < last.timestampMs && timestampMs > memory.beforeLastMs
        : record.requestId === last.requestId);
    if (!isLate) {
      memory.announced = record;
      return;
    }
    if (last.outcome !== 'success') return;
    last.outcome = record.outcome;
    if (counts) this.#countFailure(counts, record.outcome);
  }

  #countFailure(counts: Tally, outcome: Outcome): void {
    if (outcome === 'success') return;
    this.#failures += 1;
    counts.errors += 1;
    if (outcome === 'timeout') counts.timeouts += 1;
  }

  #memoryOf(stream: string): StreamMemory {
    const known = this.#streams.get(stream);
    if (known) return known;
    const memory: StreamMemory = { announced: undefined, last: undefined, beforeLastMs: 0 };
    this.#streams.set(stream, memory);
    if (this.#streams.size > MEMORY_STREAMS) {
      const [oldest] = this.#streams.keys();
      if (oldest !== undefined) this.#streams.delete(oldest);
    }
    return memory;
  }

  #tallyOf(version: string): Tally {
    const known = this.#counts.get(version);
    if (known) return known;
    const slow = this.#watch.limitsMs.map(() => 0);
    const tally: Tally = { invocations: 0, errors: 0, timeouts: 0, throttles: 0, coldStarts: 0, slow };
    this.#counts.set(version, tally);
    return tally;
  }
}

/** A report that states its outcome is believed, except that "error" may have been a time-out. */
function settle(stated: Outcome | undefined, announced: 'error' | 'timeout' | undefined): Outcome {
  if (stated === undefined) return announced ?? 'success';
  return stated === 'error' && announced === 'timeout' ? 'timeout' : stated;
}

function isEmpty({ invocations, errors }: Tally): boolean {
  return invocations === 0 && errors === 0;
}
