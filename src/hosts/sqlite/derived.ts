import type { ActorLogic } from '../../app/ports/actor.ts';
import type { Derived } from './rows.ts';

/** What a kind of actor's logic says of a state, as it is kept beside it. */
export function derivedFrom<State, Event, Command>(logic: ActorLogic<State, Event, Command>, state: State): Derived {
  const open = logic.isOpen(state);
  const brief =
    open && logic.brief ? { version: logic.brief.version, body: JSON.stringify(logic.brief.of(state)) } : undefined;
  return { wakeAt: logic.wakeAt(state), open, brief };
}
