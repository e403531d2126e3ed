import type { AlarmReading } from '../core/release/observation.ts';
import { describe, NAMES_PER_CALL, redAlarms } from './alarms.ts';
import { watchingMany } from './calling.ts';
import type { Clients } from './clients.ts';

/** One of those who want to know of alarms. */
export interface AlarmReader {
  readonly watch: { readonly alarms: readonly string[] };
  readonly bulletin: { alarmsRead(alarms: readonly AlarmReading[]): void; quiet(path: 'alarms'): void };
}

/** With more names than fit into so many calls, the red ones are asked for instead. */
const MAX_CALLS_BY_NAME = 2;
/** Calls by name in a round all the same, in turns: they notice what is neither red nor well. */
const CALLS_BY_TURN = 1;

/**
 * The alarms of all watches. A few are read by name. Of thousands a round asks one question, "which are red?", whose answer
 * is short on any good day, and reads by name only those that are no longer red and, by turns, a hundred others.
 */
export class AlarmBoard {
  readonly #clients: Clients;
  readonly #known = new Map<string, AlarmReading>();
  /** Of {@link #names}, whose turn is next. */
  #turn = 0;

  constructor(clients: Clients) {
    this.#clients = clients;
  }

  /** One round. `failed` is told where nothing could be read. */
  async readAll<R extends AlarmReader>(
    readers: readonly R[],
    failed: (readers: readonly R[], error: unknown) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const names = [...new Set(readers.flatMap(({ watch }) => watch.alarms))];
    const isFew = names.length <= MAX_CALLS_BY_NAME * NAMES_PER_CALL;
    try {
      const changed = await watchingMany(
        () => (isFew ? this.#byName(names, signal) : this.#byState(names, signal)),
        signal,
      );
      for (const reader of readers) this.#tell(reader, isFew ? undefined : changed);
    } catch (error) {
      if (!signal.aborted) failed(readers, error);
    }
  }

  /** What is known of its alarms; nothing where none of them has changed. */
  #tell({ watch, bulletin }: AlarmReader, changed: ReadonlySet<string> | undefined): void {
    if (changed && !watch.alarms.some((name) => changed.has(name))) {
      bulletin.quiet('alarms');
      return;
    }
    const readings = watch.alarms.map((name) => this.#known.get(name));
    bulletin.alarmsRead(readings.filter((reading) => reading !== undefined));
  }

  /** Reads these by name; answers those that were read. */
  async #byName(names: readonly string[], signal: AbortSignal): Promise<Set<string>> {
    for (let start = 0; start < names.length && !signal.aborted; start += NAMES_PER_CALL) {
      const chunk = names.slice(start, start + NAMES_PER_CALL);
      const readings = await describe(this.#clients, chunk);
      for (const [index, name] of chunk.entries()) {
        const reading = readings[index];
        if (reading) this.#known.set(name, reading);
        else this.#known.delete(name);
      }
    }
    return new Set(names);
  }

  async #byState(names: readonly string[], signal: AbortSignal): Promise<Set<string>> {
    const red = await redAlarms(this.#clients);
    if (!red) return this.#byName(names, signal);
    const wanted = new Set(names);
    const changed = new Set<string>();
    for (const [name, reading] of red) {
      if (!wanted.has(name) || this.#known.get(name)?.state === 'ALARM') continue;
      this.#known.set(name, reading);
      changed.add(name);
    }
    const over = [...this.#known.values()].filter(({ name, state }) => state === 'ALARM' && !red.has(name));
    const byTurn = names.slice(this.#turn, this.#turn + CALLS_BY_TURN * NAMES_PER_CALL);
    this.#turn = this.#turn + byTurn.length >= names.length ? 0 : this.#turn + byTurn.length;
    const named = [...new Set([...over.map(({ name }) => name), ...byTurn])];
    for (const name of await this.#byName(named, signal)) changed.add(name);
    for (const name of this.#known.keys()) if (!wanted.has(name)) this.#known.delete(name);
    return changed;
  }
}
