import type { ActorLogic } from '../../src/app/ports/actor.ts';
import type { Host, LedgerEntry, Stored } from '../../src/app/ports/host.ts';
import type { Brief, HostUpkeep } from '../../src/app/ports/host-upkeep.ts';
import { type ActorEvent, briefsOf, type HostOptions } from '../../src/hosts/host-options.ts';

/**
 * A host in memory, for one process. Its contract: turns are taken one after the other by the real `decide`; a turn that
 * changed nothing leaves no entry; commands are performed after the turn, and a result is told as an event. What `perform`
 * throws is kept in `problems` and not tried again. Time is whoever's clock is handed in; `tick` wakes what is due.
 */
export class MemoryHost<State, Event extends ActorEvent, Command extends { readonly key: string }>
  implements Host<State, Event>, HostUpkeep
{
  readonly #options: HostOptions<State, Event, Command>;
  readonly #logic: ActorLogic<State, Event, Command>;
  readonly #actors = new Map<string, { state: State; entries: LedgerEntry[] }>();
  readonly #listeners = new Set<(actors: readonly string[]) => void>();
  #busy: Promise<unknown>[] = [];
  readonly problems: string[] = [];
  readonly performed: Command[] = [];

  constructor(options: HostOptions<State, Event, Command>) {
    this.#options = options;
    this.#logic = options.logic;
  }

  async deliver(actor: string, event: Event): Promise<Stored<State>> {
    const kept = this.#actors.get(actor);
    const before = kept?.state ?? this.#logic.initial(actor);
    const { state, commands } = this.#logic.decide(before, event);
    if (state === before && commands.length === 0) return this.#stored(actor, before);
    const actorNow = kept ?? { state, entries: [] };
    actorNow.state = state;
    const { at, who, why, kind } = event;
    const sequence = actorNow.entries.length + 1;
    const chain = { previousHash: '', hash: '' };
    actorNow.entries.push({ actor, sequence, at, who, ...(why === undefined ? {} : { why }), kind, event, ...chain });
    this.#actors.set(actor, actorNow);
    for (const command of commands) this.#busy.push(this.#perform(actor, command, state));
    for (const listener of this.#listeners) listener([actor]);
    return this.#stored(actor, state);
  }

  async read(actor: string): Promise<Stored<State> | undefined> {
    const kept = this.#actors.get(actor);
    return kept && this.#stored(actor, kept.state);
  }

  async list({ open, after = '', limit }: { open?: boolean; after?: string; limit: number }) {
    return [...this.#actors]
      .filter(([actor, { state }]) => actor > after && (!open || this.#logic.isOpen(state)))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, limit)
      .map(([actor, { state }]) => this.#stored(actor, state));
  }

  async ledger(actor: string, { after, limit }: { after: number; limit: number }) {
    return (this.#actors.get(actor)?.entries ?? []).filter(({ sequence }) => sequence > after).slice(0, limit);
  }

  /** Wakes everything whose time has come. */
  async tick(at: number): Promise<void> {
    for (const [actor, { state }] of this.#actors) {
      const wakeAt = this.#logic.wakeAt(state);
      if (wakeAt !== null && wakeAt <= at) await this.deliver(actor, this.#logic.tick(at));
    }
  }

  async idle(): Promise<void> {
    while (this.#busy.length > 0) await Promise.all(this.#busy.splice(0));
  }

  async recover(): Promise<number> {
    return 0;
  }

  briefs(query: { after?: string; limit: number }): Promise<readonly Brief[]> {
    return briefsOf(this.#logic, this.list({ ...query, open: true }));
  }

  onChange(listener: (actors: readonly string[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async tryBecomeRunner(): Promise<undefined> {
    return undefined;
  }

  #stored(actor: string, state: State): Stored<State> {
    return { actor, sequence: this.#actors.get(actor)?.entries.length ?? 0, state };
  }

  async #perform(actor: string, command: Command, state: State): Promise<void> {
    // As on every host: the turn is committed before anything is done.
    await null;
    this.performed.push(command);
    try {
      const result = await this.#options.perform(actor, command, state);
      if (result) await this.deliver(actor, result);
    } catch (error) {
      this.problems.push(String(error));
    }
  }
}
