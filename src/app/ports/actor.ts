import type { Standing } from '../../core/history/outcome.ts';

/** An actor kind as a host needs to know it: pure functions only. */
export interface ActorLogic<State, Event, Command> {
  readonly kind: 'alias' | 'train' | 'incident';
  /** The state of an actor that nothing ever happened to. */
  initial(actor: string): State;
  decide(state: State, event: Event): { readonly state: State; readonly commands: readonly Command[] };
  /** Reads a stored document of this or an earlier version; throws for a later one. */
  upcast(document: unknown): State;
  isOpen(state: State): boolean;
  wakeAt(state: State): number | null;
  tick(at: number): Event;
  /**
   * What a runner has to know of an open actor, as small as may be: hosts may keep it apart, so that thousands are read at
   * once. `version` is another one whenever the same state is told otherwise. Without it there is nothing to know.
   */
  readonly brief?: { readonly version: number; of(state: State): unknown };
  /** How it stands after a turn, told in a way that stays true whatever later code decides: it is kept in the ledger. */
  standing(before: State, after: State): Standing;
}
