import { formatDuration } from '../duration.ts';
import { FINAL_STAGES, type Stage } from './audiences.ts';
import { EFFECTS, type EffectWords } from './effects.ts';
import type { DraftFacts } from './facts.ts';
import { utcText } from './utc.ts';

/** The words and sentences that messages are made of; null where there is nothing to say. */

export const STAGE_WORDS: Readonly<Record<Stage, string>> = {
  ack: 'we are looking into it',
  scope: 'how far it goes',
  update: 'update',
  mitigated: 'it has stopped',
  resolved: 'resolved',
  retracted: 'no incident after all',
  postmortem: 'what we learnt',
};

export const STAGE_OF_CHANGE: Partial<Record<Stage, string>> = {
  resolved: 'The rollback is complete',
  retracted: 'The rollback stays, although it was no incident',
};

/** The components in brackets, where they say more than the service's own name. */
export function parts({ service, components }: DraftFacts): string {
  const named = components.filter((each) => each.toLowerCase() !== service.toLowerCase());
  return named.length > 0 ? ` (${named.join(', ')})` : '';
}

/** From when to when. */
export function lasted({ startedAt, containedAt }: DraftFacts): string | null {
  if (startedAt === null || containedAt === null || containedAt < startedAt) return null;
  return `It lasted from ${utcText(startedAt)} to ${utcText(containedAt)}.`;
}

/** By when the next update comes; null at the end. */
export function next({ nextUpdateAt }: DraftFacts, stage: Stage): string | null {
  return nextUpdateAt === null || FINAL_STAGES.includes(stage) ? null : `Next update by ${utcText(nextUpdateAt)}.`;
}

/** Where it is, and which version was to replace which. */
export function versions({ target, stable, candidate, weightPercent }: DraftFacts): string | null {
  if (target === null) return null;
  if (stable === null || candidate === null) return `Target: ${target}.`;
  const weight = weightPercent === null ? '' : ` at ${weightPercent} % of the traffic`;
  return `Target: ${target}, from version ${stable} to version ${candidate}${weight}.`;
}

/** The same of a rollback: which version serves again instead of which. */
export function switchedBack(facts: DraftFacts): string | null {
  const { target, stable, candidate, weightPercent } = facts;
  if (target === null || stable === null || candidate === null) return versions(facts);
  const weight = weightPercent === null ? '' : `, which had up to ${weightPercent} % of the traffic`;
  return `Target: ${target}, back to version ${stable} from version ${candidate}${weight}.`;
}

/** How many requests failed. */
export function share({ affectedShare, badRequests }: DraftFacts): string | null {
  const parts = [
    affectedShare === null ? '' : `${Number((affectedShare * 100).toFixed(1))} % of the requests failed`,
    badRequests === null ? '' : `${badRequests} requests failed so far`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? null : `Impact: ${parts.join(', ')}.`;
}

/** What is known of when, oldest first. */
export function times({ startedAt, detectedAt, containedAt, resolvedAt, nextUpdateAt }: DraftFacts): readonly string[] {
  const known: string[] = [];
  if (startedAt !== null) known.push(`Began ${utcText(startedAt)}`);
  known.push(`Detected ${utcText(detectedAt)}`);
  if (containedAt !== null) known.push(`Contained ${utcText(containedAt)}`);
  if (containedAt !== null && startedAt !== null && containedAt >= startedAt)
    known.push(`Lasted ${formatDuration(containedAt - startedAt)}`);
  if (resolvedAt !== null) known.push(`Resolved ${utcText(resolvedAt)}`);
  if (nextUpdateAt !== null) known.push(`Next update by ${utcText(nextUpdateAt)}`);
  return known;
}

/** All of it by name: what a team's own template may use besides the facts. */
export interface DraftWords {
  readonly stageWords: string;
  readonly changeWords: string;
  readonly effectWords: EffectWords;
  readonly parts: string;
  readonly versions: string | null;
  readonly switchedBack: string | null;
  readonly share: string | null;
  readonly times: readonly string[];
  readonly began: string | null;
  readonly stopped: string | null;
  readonly lasted: string | null;
  readonly nextUpdate: string | null;
}

export function draftWords(facts: DraftFacts, stage: Stage): DraftWords {
  const { startedAt, containedAt } = facts;
  return {
    stageWords: STAGE_WORDS[stage],
    changeWords: STAGE_OF_CHANGE[stage] ?? 'Rolled back',
    effectWords: EFFECTS[facts.effect],
    parts: parts(facts),
    versions: versions(facts),
    switchedBack: switchedBack(facts),
    share: share(facts),
    times: times(facts),
    began: startedAt === null ? null : utcText(startedAt),
    stopped: containedAt === null ? null : utcText(containedAt),
    lasted: lasted(facts),
    nextUpdate: next(facts, stage),
  };
}
