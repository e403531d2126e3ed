import type { ActorLogic } from '../../src/app/ports/actor.ts';
import type { Stamp } from '../../src/core/release/events.ts';
import { SYSTEM } from '../../src/core/who.ts';

/** The smallest actor that has everything a host must serve: counting, commands with results, a time to wake, an end. */
export interface Counter {
  readonly v: 1;
  readonly total: number;
  /** Ids of the additions that were counted. */
  readonly counted: readonly string[];
  readonly results: readonly string[];
  readonly ticks: readonly number[];
  readonly wakeAt: number | null;
  readonly open: boolean;
}

export type CounterEvent = Stamp &
  (
    | { readonly kind: 'add'; readonly id: string; readonly amount: number }
    | { readonly kind: 'ask'; readonly command: string; readonly repeat?: number }
    | { readonly kind: 'result'; readonly command: string; readonly value: string }
    | { readonly kind: 'wait'; readonly until: number }
    | { readonly kind: 'close' }
    | { readonly kind: 'tick' }
  );

/** `repeat`: how often its result is answered with the same command again. */
export interface CounterCommand {
  readonly key: string;
  readonly repeat: number;
}

type Decision = { readonly state: Counter; readonly commands: readonly CounterCommand[] };

function decide(state: Counter, event: CounterEvent): Decision {
  const becomes = (change: Partial<Counter>, commands: readonly CounterCommand[] = []) => ({
    state: { ...state, ...change },
    commands,
  });
  switch (event.kind) {
    case 'add':
      if (state.counted.includes(event.id)) return { state, commands: [] };
      return becomes({ total: state.total + event.amount, counted: [...state.counted, event.id], open: true });
    case 'ask':
      return becomes({ open: true }, [{ key: event.command, repeat: event.repeat ?? 0 }]);
    case 'result': {
      const entry = `${event.command}=${event.value}`;
      if (state.results.includes(entry)) return { state, commands: [] };
      const left = Number(event.value);
      const again = left > 0 ? [{ key: event.command, repeat: left - 1 }] : [];
      return becomes({ results: [...state.results, entry] }, again);
    }
    case 'wait':
      return becomes({ wakeAt: event.until, open: true });
    case 'close':
      return state.open ? becomes({ open: false, wakeAt: null }) : { state, commands: [] };
    case 'tick':
      if (state.wakeAt === null || event.at < state.wakeAt) return { state, commands: [] };
      return becomes({ ticks: [...state.ticks, event.at], wakeAt: null });
  }
}

export const counterLogic: ActorLogic<Counter, CounterEvent, CounterCommand> = {
  kind: 'alias',
  initial: () => ({ v: 1, total: 0, counted: [], results: [], ticks: [], wakeAt: null, open: false }),
  decide,
  upcast: (document) => document as Counter,
  isOpen: (state) => state.open,
  wakeAt: (state) => state.wakeAt,
  tick: (at) => ({ kind: 'tick', at, who: SYSTEM }),
  brief: { version: 1, of: ({ total }) => ({ total }) },
  standing: (_before, { total, open }) => ({ subject: 'counter', state: open ? 'open' : 'closed', facts: { total } }),
};

export function commandOf(event: CounterEvent): string | undefined {
  return event.kind === 'result' ? event.command : undefined;
}

export function resultOf(command: CounterCommand, at: number): CounterEvent {
  return { kind: 'result', command: command.key, value: String(command.repeat), at, who: SYSTEM };
}
