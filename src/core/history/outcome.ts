import { type AliasDoc, actualWeight, stateOf } from '../release/release.ts';
import { type Consequence, consequence } from './consequence.ts';

/**
 * What a turn decided, as it stands in the ledger beside its event: facts and sentences of that day, so that no later code
 * has to decide again to know what happened. Whoever reads it must bear every member that was ever written: members are
 * added, never renamed and never given another meaning.
 */
export interface TurnOutcome extends Standing {
  readonly v: 1;
  /** Keys of the commands that the turn asked for. */
  readonly commands: readonly string[];
}

/** How what the actor is about stands after the turn. */
export interface Standing {
  /** The release, or the incident; null where there is none. */
  readonly subject: string | null;
  /** In the words that people read: `running`, `held`, `rolledBack`; an incident's phase. */
  readonly state: string | null;
  /** Numbers and words that tell more of it: `phase`, `step`, `weightPercent`, `severity`. */
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
  /** What followed for people; absent where nothing did. */
  readonly followed?: Consequence;
  /** The whole of what has ended, with the version of the document that it comes from. */
  readonly ended?: { readonly v: number; readonly document: unknown };
}

export function outcomeOf(standing: Standing, commands: readonly { readonly key: string }[]): TurnOutcome {
  return { v: 1, commands: commands.map(({ key }) => key), ...standing };
}

/** How an alias stands after a turn. A release that has ended is told whole: nothing later tells it again. */
export function aliasStanding(before: AliasDoc, after: AliasDoc): Standing {
  const { release } = after;
  if (!release) return { subject: null, state: null, facts: {} };
  const followed = consequence(before.release, release);
  return {
    subject: release.id,
    state: stateOf(release),
    facts: { phase: release.phase, step: release.step, weightPercent: actualWeight(release) ?? null },
    ...(followed ? { followed } : {}),
    ...(release.phase === 'ended' ? { ended: { v: after.v, document: release } } : {}),
  };
}
