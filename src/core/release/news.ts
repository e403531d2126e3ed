import { waitText } from '../gates/approval.ts';
import { attemptName } from '../gates/gate.ts';
import { type AliasKey, flagsOf } from './alias.ts';
import { waitingRun } from './gate-runs.ts';
import { actualWeight, type Outcome, type Release } from './release.ts';

/** What a release has just done, for those who follow releases: a change calendar, a chat. */
export interface ReleaseNews {
  /** The same for the same news, whoever tells it; no other has it. */
  readonly id: string;
  readonly release: string;
  readonly key: AliasKey;
  /** `asked`: it waits for a person's approval. */
  readonly kind: 'started' | 'shifted' | 'held' | 'asked' | 'promoted' | 'rolledBack' | 'halted';
  readonly stable: string;
  readonly candidate: string;
  /** As read back; null before the first reading. */
  readonly weightPercent: number | null;
  /** Epoch milliseconds. */
  readonly at: number;
  /** One sentence. */
  readonly text: string;
}

/** What became of a release between two states at `at`, in the order in which it is told. After the end nothing else is. */
export function newsOf(before: Release | null, after: Release | null, at: number): readonly ReleaseNews[] {
  if (!after || after === before) return [];
  const known = before?.id === after.id ? before : null;
  const news = teller(after, at);
  const { outcome } = after;
  if (outcome)
    return known?.outcome ? [] : [news(outcome.state, `${endText(after, outcome.state)}: ${outcome.reason}`)];
  const asked = askedOf(after);
  const isNew = asked !== undefined && asked.run !== (known && askedOf(known)?.run);
  return [...happened(known, after, news), ...(isNew ? [news('asked', asked.text, asked.run)] : [])];
}

type Tell = (kind: ReleaseNews['kind'], text: string, which?: string) => ReleaseNews;

/** `which` tells news of one kind apart; the weight where it is not given. */
function teller(after: Release, at: number): Tell {
  const { stable, candidate, key } = after.plan;
  const weightPercent = actualWeight(after) ?? null;
  return (kind, text, which = String(weightPercent)) => ({
    id: `${after.id}/${kind}/${which}`,
    release: after.id,
    key,
    kind,
    stable,
    candidate,
    weightPercent,
    at,
    text: `${key.function}:${key.alias}: ${text}`,
  });
}

function endText({ plan: { stable, candidate } }: Release, end: Outcome['state']): string {
  switch (end) {
    case 'promoted':
      return `version ${candidate} is released`;
    case 'rolledBack':
      return `back to version ${stable} from version ${candidate}`;
    case 'halted':
      return `the release of version ${candidate} was halted and a person must act`;
  }
}

function happened(known: Release | null, after: Release, news: Tell): readonly ReleaseNews[] {
  const { held, started } = after;
  const { stable, candidate, strategy } = after.plan;
  if (!known && after.kind === 'release') {
    const what = `release of version ${candidate} after version ${stable}, ${strategy}, by ${started.who.name}`;
    return [news('started', what)];
  }
  if (held && !known?.held)
    return [news('held', `the release of version ${candidate} is held: ${held.reason}`, String(held.at))];
  const now = actualWeight(after) ?? null;
  const weight = (known && actualWeight(known)) ?? 0;
  // On the way back every weight is just the way back.
  if (now === null || now === weight || after.rollback) return [];
  return [news('shifted', `version ${candidate} has ${now} % of the traffic`)];
}

/** The approval that is waited for: the run and its attempt, and a sentence that says how to give it. */
function askedOf(release: Release): { readonly run: string; readonly text: string } | undefined {
  const waiting = waitingRun(release);
  const wait = waiting && waitText(waiting.gate, waiting.run);
  if (!wait) return undefined;
  const { candidate, key } = release.plan;
  const text = `the release of version ${candidate} needs a person: ${wait} (switchback approve ${flagsOf(key)})`;
  return { run: attemptName(waiting.name, waiting.run.attempt), text };
}
