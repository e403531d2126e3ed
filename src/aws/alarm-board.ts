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
/** A call by name in every so many rounds all the same, in turns: they notice what is neither red nor well. */
const ROUNDS_BY_TURN = 3;

/**
 * The alarms of all watches. A few are read by name. Of thousands a round asks one question, "which are red?", whose answer
 * is short on any good day, and reads by name only those that are no longer red and now and then, by turns, a hundred
 * others.
 */
export class AlarmBoard {
  readonly #clients: Clients;
  readonly #known = new Map<string, AlarmReading>();
  /** Everybody's, as of the last round: a list that is the very same has the same names, however long it is. */
  #names: { readonly of: readonly AlarmReader[]; readonly all: ReadonlySet<string> } | undefined;
  /** Of the names, whose turn is next. */
  #turn = 0;
  #round = 0;

  constructor(clients: Clients) {
    this.#clients = clients;
  }

  /** One round, for everybody or only for those who have just come. `failed` is told where nothing could be read. */
  async readAll<R extends AlarmReader>(
    readers: readonly R[],
    isEverybody: boolean,
    failed: (readers: readonly R[], error: unknown) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const names = this.#namesOf(readers, isEverybody);
    const isFew = names.size <= MAX_CALLS_BY_NAME * NAMES_PER_CALL;
    try {
      const changed = await watchingMany(
        () => (isFew ? this.#byName([...names], signal) : this.#byState(names, signal)),
        signal,
      );
      this.#tellAll(readers, changed);
    } catch (error) {
      if (!signal.aborted) failed(readers, error);
    }
  }

  #namesOf(readers: readonly AlarmReader[], isEverybody: boolean): ReadonlySet<string> {
    if (this.#names?.of === readers) return this.#names.all;
    const all = new Set(readers.flatMap(({ watch }) => watch.alarms));
    if (!isEverybody) return all;
    for (const name of this.#known.keys()) if (!all.has(name)) this.#known.delete(name);
    this.#names = { of: readers, all };
    return all;
  }

  #tellAll(readers: readonly AlarmReader[], changed: ReadonlySet<string>): void {
    for (const { watch, bulletin } of readers) {
      if (changed.size > 0 && watch.alarms.some((name) => changed.has(name))) {
        const readings = watch.alarms.map((name) => this.#known.get(name));
        bulletin.alarmsRead(readings.filter((reading) => reading !== undefined));
      } else {
        bulletin.quiet('alarms');
      }
    }
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

  async #byState(names: ReadonlySet<string>, signal: AbortSignal): Promise<Set<string>> {
    const red = await redAlarms(this.#clients);
    if (!red) return this.#byName([...names], signal);
    const changed = new Set<string>();
    for (const [name, reading] of red) {
      if (!names.has(name) || this.#known.get(name)?.state === 'ALARM') continue;
      this.#known.set(name, reading);
      changed.add(name);
    }
    const named = new Set(this.#takeTurn(names));
    for (const { name, state } of this.#known.values()) if (state === 'ALARM' && !red.has(name)) named.add(name);
    for (const name of await this.#byName([...named], signal)) changed.add(name);
    return changed;
  }

  #takeTurn(names: ReadonlySet<string>): readonly string[] {
    this.#round += 1;
    if (this.#round % ROUNDS_BY_TURN !== 0) return [];
    const from = this.#turn;
    const until = from + NAMES_PER_CALL;
    this.#turn = until >= names.size ? 0 : until;
    return [...names].slice(from, until);
  }
}
