import { parseObject } from './json.ts';

/** Ids a cursor carries: with the rest of it, below 2 KB in the ledger. */
const CURSOR_IDS = 200;
/** 48 bits of a hash: among the ids kept, a false match once in some billions of events. */
const ID_CHARS = 8;
/** Ids held in memory, in each of two generations: at least ten seconds at 5,000 invocations a second, about 10 MB. */
const GENERATION_IDS = 50_000;

/** When an event was written and when CloudWatch took it in. */
export interface EventTimes {
  readonly timestampMs: number;
  readonly ingestedMs: number;
}

/** The latest of both times among events whose ids are no longer kept. */
interface Forgotten {
  timestampMs: number;
  ingestedMs: number;
}

/**
 * Which log events were met before: in this process, and, through the cursor, in those before it.
 *
 * The newest are known by id. Older ones are known by two times: an event counts as met where it was written AND taken in
 * no later than the latest of the forgotten. So none is ever counted twice; what a restart can lose are events that
 * become visible only after {@link CURSOR_IDS} younger ones did.
 */
export class Acquaintances {
  /** Met in this process; the older generation is forgotten as a whole. */
  #young: Generation = { ids: new Set(), latest: { ...NEVER } };
  #old: Generation = { ids: new Set(), latest: { ...NEVER } };
  readonly #forgotten: Forgotten;
  /** Met by those before, as the cursor told. */
  readonly #inherited: ReadonlySet<string>;
  readonly #cursorForgotten: Forgotten;
  #cursorIds: { readonly id: string; readonly times: EventTimes }[];

  private constructor(inherited: readonly string[], newest: EventTimes, forgotten: EventTimes) {
    this.#inherited = new Set(inherited);
    this.#forgotten = { ...forgotten };
    this.#cursorForgotten = { ...forgotten };
    // Their own times are not in the cursor; the latest among them is the safe guess for each.
    this.#cursorIds = inherited.map((id) => ({ id, times: newest }));
  }

  /** Reads a cursor; undefined is the start. Throws for a form it does not know. */
  static fromCursor(text: string | undefined): { readonly readFromMs: number; readonly known: Acquaintances } {
    if (text === undefined) return { readFromMs: 0, known: new Acquaintances([], NEVER, NEVER) };
    const cursor = parseObject(text) ?? {};
    const newest = timesOf(cursor.newest);
    const forgotten = timesOf(cursor.forgotten);
    const { from, ids } = cursor;
    if (cursor.v !== 1 || typeof from !== 'number' || typeof ids !== 'string' || !newest || !forgotten)
      throw new Error(`log cursor ${text.slice(0, 100)} is not of a known form: a later version may have written it`);
    return { readFromMs: from, known: new Acquaintances(ids.match(EACH_ID) ?? [], newest, forgotten) };
  }

  /**
   * `first`: never met, count it. `again`: met in this process, ignore it. `before`: met by an earlier process; not to be
   * counted, but its neighbours may need it to be understood.
   */
  meet(fullId: string, times: EventTimes): 'first' | 'again' | 'before' {
    const id = fullId.slice(0, ID_CHARS);
    if (this.#young.ids.has(id) || this.#old.ids.has(id)) return 'again';
    const before = this.#inherited.has(id) || isWithin(times, this.#forgotten);
    this.#remember(id, times);
    if (before) return 'before';
    this.#cursorIds.push({ id, times });
    // In strides: shortening a long list at every event would cost more than counting it.
    if (this.#cursorIds.length >= 2 * CURSOR_IDS) this.#shorten();
    return 'first';
  }

  /** The cursor to go on from: below 2 KB. */
  cursor(readFromMs: number): string {
    this.#shorten();
    const newest = { ...NEVER };
    for (const { times } of this.#cursorIds) raise(newest, times);
    return JSON.stringify({
      v: 1,
      from: readFromMs,
      newest: [newest.timestampMs, newest.ingestedMs],
      forgotten: [this.#cursorForgotten.timestampMs, this.#cursorForgotten.ingestedMs],
      ids: this.#cursorIds.map(({ id }) => id).join(''),
    });
  }

  #remember(id: string, times: EventTimes): void {
    this.#young.ids.add(id);
    raise(this.#young.latest, times);
    if (this.#young.ids.size < GENERATION_IDS) return;
    raise(this.#forgotten, this.#old.latest);
    this.#old = this.#young;
    this.#young = { ids: new Set(), latest: { ...NEVER } };
  }

  #shorten(): void {
    for (const { times } of this.#cursorIds.slice(0, -CURSOR_IDS)) raise(this.#cursorForgotten, times);
    this.#cursorIds = this.#cursorIds.slice(-CURSOR_IDS);
  }
}

interface Generation {
  readonly ids: Set<string>;
  readonly latest: Forgotten;
}

const NEVER: EventTimes = { timestampMs: 0, ingestedMs: 0 };
const EACH_ID = new RegExp(`.{${ID_CHARS}}`, 'g');

function isWithin(times: EventTimes, latest: EventTimes): boolean {
  return times.timestampMs <= latest.timestampMs && times.ingestedMs <= latest.ingestedMs;
}

function raise(latest: Forgotten, times: EventTimes): void {
  latest.timestampMs = Math.max(latest.timestampMs, times.timestampMs);
  latest.ingestedMs = Math.max(latest.ingestedMs, times.ingestedMs);
}

function timesOf(value: unknown): EventTimes | undefined {
  if (!Array.isArray(value)) return undefined;
  const [timestampMs, ingestedMs]: readonly unknown[] = value;
  if (typeof timestampMs !== 'number' || typeof ingestedMs !== 'number') return undefined;
  return { timestampMs, ingestedMs };
}
