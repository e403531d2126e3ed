import { AUDIENCES, type Audience, FINAL_STAGES, type Stage } from './audiences.ts';
import { BLAME, INTERNAL_NAMES, JARGON, OUTAGE, PERSONAL, PROMISES, SECRETS } from './words.ts';

/** One thing to change in a text. `block` keeps it from going out; `warn` is advice. */
export interface LintFinding {
  readonly level: 'block' | 'warn';
  readonly rule:
    | 'secret'
    | 'personal'
    | 'variable'
    | 'jargon'
    | 'internalName'
    | 'promise'
    | 'blame'
    | 'outage'
    | 'length'
    | 'nextUpdate';
  /** The words found, as they stand in the text; for a secret only what kind it is. */
  readonly found: string;
  /** What to do, or what to say instead. */
  readonly instead: string;
}

/** What the linter knows besides the text. */
export interface LintContext {
  readonly audience: Audience;
  readonly stage: Stage;
  /** Whether everything is down: only then a text for customers may say "outage". */
  readonly fullOutage: boolean;
}

const TEMPLATE_MARKS = /\{\{[^}]{0,80}\}\}|\{%[^%]{0,80}%\}/g;
/** What programs write for a value that is not there; a stack trace for responders may well contain it. */
const EMPTY_VALUES = /\$\{[^}]{0,80}\}|\bundefined\b|\bNaN\b|\[object Object\]/g;

/** Sentences over this many words are read twice. */
const MAX_SENTENCE_WORDS = 30;

/**
 * Reads a text before it leaves. Secrets, personal data and unresolved variables stop it for every audience; the rest is
 * for what customers read.
 */
export function lintMessage(text: string, { audience, stage, fullOutage }: LintContext): readonly LintFinding[] {
  const rule = AUDIENCES[audience];
  const found = [...leaks(text), ...matches(text, TEMPLATE_MARKS)];
  const length = [...text].length;
  if (length > rule.maxCharacters) {
    found.push(block('length', `${length} characters`, `${rule.label} takes at most ${rule.maxCharacters}`));
  }
  if (text.trim() === '') found.push(block('length', 'an empty text', 'say what happened'));
  if (!rule.public) return found;
  found.push(
    ...matches(text, EMPTY_VALUES),
    ...jargon(text),
    ...internalNames(text),
    ...promises(text),
    ...blame(text),
  );
  if (!fullOutage) {
    for (const word of OUTAGE) {
      const match = words(word).exec(text);
      if (match) found.push(block('outage', match[0], 'say who is affected: not everything is down'));
    }
  }
  const longest = text.split(/[.!?\n]+/).find((sentence) => sentence.trim().split(/\s+/).length > MAX_SENTENCE_WORDS);
  if (longest) found.push(warn('length', `${longest.trim().slice(0, 60)}…`, 'make two sentences of it'));
  if (audience !== 'x' && !FINAL_STAGES.includes(stage) && !/\bnext update\b/i.test(text)) {
    found.push(warn('nextUpdate', 'no time of the next update', 'say when the next update comes'));
  }
  return found;
}

/** Secrets and personal data in any text, notes included. The finding names the kind and never repeats the secret. */
export function leaks(text: string): LintFinding[] {
  const secrets = SECRETS.filter(({ pattern }) => pattern.test(text)).map(({ what }) =>
    block('secret', what, 'take it out, and change it: it may have been seen'),
  );
  const personal = PERSONAL.filter(({ pattern }) => pattern.test(text)).map(({ what }) =>
    block('personal', what, 'take it out'),
  );
  return [...secrets, ...personal];
}

export function isBlocked(findings: readonly LintFinding[]): boolean {
  return findings.some(({ level }) => level === 'block');
}

/** Findings that no reason can override. */
export function isForbidden(findings: readonly LintFinding[]): boolean {
  return findings.some(
    ({ rule, level }) => rule === 'secret' || rule === 'variable' || (rule === 'length' && level === 'block'),
  );
}

function matches(text: string, pattern: RegExp): LintFinding[] {
  return [...text.matchAll(pattern)].map(([found]) => block('variable', found, 'a value is missing here'));
}

function jargon(text: string): LintFinding[] {
  const found: LintFinding[] = [];
  let rest = text;
  for (const { terms, instead } of JARGON) {
    for (const term of terms) {
      const match = words(term).exec(rest);
      if (!match) continue;
      found.push(block('jargon', match[0], `say instead: ${instead}`));
      // What a longer term has claimed is not reported again by the shorter one inside it.
      rest = rest.replaceAll(new RegExp(words(term).source, 'gi'), ' · ');
    }
  }
  return found;
}

function internalNames(text: string): LintFinding[] {
  return INTERNAL_NAMES.flatMap(({ pattern, what }) => {
    const match = pattern.exec(text);
    return match ? [block('internalName', match[0], `leave ${what} out`)] : [];
  });
}

function promises(text: string): LintFinding[] {
  return PROMISES.flatMap((pattern) => {
    const match = pattern.exec(text);
    return match ? [block('promise', match[0], 'promise the next update, not the repair')] : [];
  }).slice(0, 1);
}

function blame(text: string): LintFinding[] {
  return BLAME.flatMap((term) => {
    const match = words(term).exec(text);
    return match ? [block('blame', match[0], 'say what happened, not who did it')] : [];
  });
}

/** The term as whole words, in any case, with any white space between them and an optional plural. */
function words(term: string): RegExp {
  const escaped = term.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(' ', '\\s+');
  return new RegExp(`(?<![\\w-])${escaped}(?:s|es)?(?![\\w-])`, 'i');
}

function block(rule: LintFinding['rule'], found: string, instead: string): LintFinding {
  return { level: 'block', rule, found, instead };
}

function warn(rule: LintFinding['rule'], found: string, instead: string): LintFinding {
  return { level: 'warn', rule, found, instead };
}
