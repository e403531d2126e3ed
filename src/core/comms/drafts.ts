import { AUDIENCES, type Audience, type Stage } from './audiences.ts';
import {
  lasted,
  next,
  parts,
  STAGE_OF_CHANGE,
  STAGE_WORDS,
  share,
  switchedBack,
  times,
  versions,
} from './draft-words.ts';
import { EFFECTS } from './effects.ts';
import type { DraftFacts } from './facts.ts';
import { redact } from './redact.ts';
import { utcText } from './utc.ts';

/** A message as drafted: a line that names it, and its text. */
export interface Draft {
  readonly subject: string;
  readonly text: string;
}

type Template = (facts: DraftFacts, stage: Stage) => readonly (string | null)[];

/**
 * The default text for an audience at a stage. Facts that are not known are left out, never made up. Secrets and personal
 * data in them (an error's text can hold anything) are taken out, for a text that holds some is never sent.
 */
export function draftFor(audience: Audience, stage: Stage, facts: DraftFacts): Draft {
  const lines = TEXTS[audience](facts, stage).filter((line) => line !== null && line !== '');
  return finish(audience, stage, facts, lines.join(audience === 'x' ? ' ' : '\n'));
}

/** A text, by whomever it was written, as it may go out: marked where it is a drill, without secrets, not too long. */
export function finish(audience: Audience, stage: Stage, facts: DraftFacts, text: string): Draft {
  const mark = facts.drill ? 'DRILL, this is not real: ' : '';
  return {
    subject: redact(`${mark}${SUBJECTS[audience](facts, stage)}`).text,
    text: cut(redact(`${mark}${text}`).text, AUDIENCES[audience].maxCharacters),
  };
}

/** Shortens a text to what its audience's channel takes, with a mark that something is missing. */
export function cut(text: string, maxCharacters: number): string {
  const characters = [...text];
  return characters.length <= maxCharacters ? text : `${characters.slice(0, maxCharacters - 1).join('')}…`;
}

const SUBJECTS: Readonly<Record<Audience, (facts: DraftFacts, stage: Stage) => string>> = {
  responders: internalSubject,
  employees: internalSubject,
  executives: internalSubject,
  ticket: ({ id, severity, title }) => `${severity ? `${severity} ` : ''}${id}: ${title}`,
  change: ({ id, target, stable, candidate }) =>
    `${id}: rollback of ${target ?? 'a version'}${stable === null ? '' : ` from version ${candidate} to version ${stable}`}`,
  customers: publicSubject,
  x: publicSubject,
};

function internalSubject({ id, severity, title }: DraftFacts, stage: Stage): string {
  return `[${severity ?? 'severity not set'}] ${id} ${title}: ${STAGE_WORDS[stage]}`;
}

function publicSubject({ service, effect }: DraftFacts, stage: Stage): string {
  const words = { slow: 'slower responses', errors: 'errors', unavailable: 'not available' } as const;
  const what = effect === 'slow' || effect === 'errors' || effect === 'unavailable' ? words[effect] : 'disruption';
  return `${service}: ${stage === 'resolved' || stage === 'retracted' ? STAGE_WORDS[stage] : what}`;
}

const TEXTS: Readonly<Record<Audience, Template>> = {
  responders: (facts, stage) => [
    `${facts.severity ?? 'Severity not set'} ${facts.id}: ${facts.title}`,
    `${STAGE_WORDS[stage][0]!.toUpperCase()}${STAGE_WORDS[stage].slice(1)}. Phase: ${facts.phase}.`,
    versions(facts),
    facts.breach && `Breached: ${facts.breach}`,
    share(facts),
    facts.containment.length > 0 ? `Containment: ${facts.containment.join('; ')}` : 'Nothing has been contained yet.',
    `Commander: ${facts.commander ?? 'nobody yet'}`,
    ...times(facts),
    ...facts.links,
  ],
  employees: (facts, stage) => [
    `${facts.service} ${stage === 'resolved' ? 'was' : 'is'} affected${parts(facts)}.`,
    stage === 'resolved' ? EFFECTS[facts.effect].over : EFFECTS[facts.effect].says,
    facts.startedAt === null ? null : `Since ${utcText(facts.startedAt)}.`,
    `${facts.commander ?? 'Nobody yet'} leads. Follow ${facts.id}; please do not contact the responders.`,
    next(facts, stage),
  ],
  executives: (facts, stage) => [
    `${facts.severity ?? 'Severity not set'}: ${facts.service}. ${stage === 'resolved' ? EFFECTS[facts.effect].over : EFFECTS[facts.effect].says}`,
    share(facts) ?? 'How many customers are affected is not known yet.',
    facts.containedAt === null ? 'Risk: it goes on.' : `It stopped at ${utcText(facts.containedAt)}.`,
    facts.summary,
    next(facts, stage),
  ],
  customers: customerText,
  x: (facts, stage) => customerText(facts, stage).slice(0, 3),
  ticket: (facts, stage) => [
    `${facts.id}, ${facts.severity ?? 'severity not set'}, phase ${facts.phase}: ${facts.title}`,
    stage === 'resolved' ? facts.summary : null,
    versions(facts),
    facts.releaseId === null ? null : `Release ${facts.releaseId}.`,
    facts.breach && `Breached: ${facts.breach}`,
    share(facts),
    ...facts.containment.map((each) => `Containment: ${each}`),
    ...times(facts),
    ...facts.links,
  ],
  change: (facts, stage) => [
    `${STAGE_OF_CHANGE[stage] ?? 'Rolled back'}, for incident ${facts.id}: ${facts.title}`,
    switchedBack(facts),
    facts.releaseId === null ? null : `Release ${facts.releaseId}.`,
    facts.breach && `Reason: ${facts.breach}`,
    ...facts.containment.map((each) => `Done: ${each}`),
    'A rollback is authorised in advance; it undoes no change of data.',
    stage === 'resolved' ? facts.summary : null,
    ...times(facts),
    ...facts.links,
  ],
};

function customerText(facts: DraftFacts, stage: Stage): readonly (string | null)[] {
  const effect = EFFECTS[facts.effect];
  const since = facts.startedAt === null ? '' : ` since ${utcText(facts.startedAt)}`;
  const workaround = facts.workaround ?? effect.workaround;
  switch (stage) {
    case 'mitigated':
      return [effect.over, 'We are watching closely that it stays so.', next(facts, stage)];
    case 'resolved':
      return [
        `This is resolved. ${effect.over}`,
        lasted(facts),
        'We are sorry for the trouble, and we are finding out how to keep it from happening again.',
      ];
    case 'retracted':
      return ['We reported a problem earlier. We have checked, and the service was not affected.'];
    case 'postmortem':
      return [facts.summary ?? 'We have finished our review of this incident.', lasted(facts)];
    default:
      return [
        effect.says,
        workaround,
        `${facts.service} has been affected${since}. We are working on it.`,
        next(facts, stage),
      ];
  }
}
