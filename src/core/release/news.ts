import type { AliasKey } from './alias.ts';
import { actualWeight, type Release } from './release.ts';

/** What a release has just done, for those who follow releases: a change calendar, a chat. Nobody has to act on it. */
export interface ReleaseNews {
  readonly release: string;
  readonly key: AliasKey;
  readonly kind: 'started' | 'shifted' | 'held' | 'promoted' | 'rolledBack' | 'halted';
  readonly stable: string;
  readonly candidate: string;
  /** As read back; null before the first reading. */
  readonly weightPercent: number | null;
  /** Epoch milliseconds. */
  readonly at: number;
  /** One sentence. */
  readonly text: string;
}

/** What became of a release between two states at `at`; undefined where it is nothing to tell. The end is told before all else. */
export function newsOf(before: Release | null, after: Release | null, at: number): ReleaseNews | undefined {
  if (!after || after === before) return undefined;
  const known = before?.id === after.id ? before : null;
  const { stable, candidate, key, strategy } = after.plan;
  const target = `${key.function}:${key.alias}`;
  const weightPercent = actualWeight(after) ?? null;
  const news = (kind: ReleaseNews['kind'], text: string): ReleaseNews => ({
    release: after.id,
    key,
    kind,
    stable,
    candidate,
    weightPercent,
    at,
    text: `${target}: ${text}`,
  });
  const { outcome, held, started } = after;
  if (outcome && !known?.outcome) {
    const words = {
      promoted: `version ${candidate} is released`,
      rolledBack: `back to version ${stable} from version ${candidate}`,
      halted: `the release of version ${candidate} was halted and a person must act`,
    } as const;
    return news(outcome.state, `${words[outcome.state]}: ${outcome.reason}`);
  }
  if (!known && after.kind === 'release')
    return news(
      'started',
      `release of version ${candidate} after version ${stable}, ${strategy}, by ${started.who.name}`,
    );
  if (held && !known?.held) return news('held', `the release of version ${candidate} is held: ${held.reason}`);
  const weight = (known && actualWeight(known)) ?? 0;
  // On the way back every weight is just the way back.
  return weightPercent !== null && weightPercent !== weight && !after.rollback
    ? news('shifted', `version ${candidate} has ${weightPercent} % of the traffic`)
    : undefined;
}
