import { type LintFinding, leaks } from '../comms/plain-language.ts';

/** One thing to reconsider in a postmortem. Advice, except for secrets: those must not be published. */
export interface BlamelessFinding {
  readonly level: 'block' | 'warn';
  readonly rule: 'name' | 'humanError' | 'alternateReality' | 'fault' | 'rootCause' | 'outage' | LintFinding['rule'];
  readonly found: string;
  readonly instead: string;
}

interface Rule {
  readonly rule: BlamelessFinding['rule'];
  readonly pattern: RegExp;
  readonly instead: string;
}

/** Verbs that say, next to a name, whose fault it was. */
const FAULT_VERBS =
  'broke|forgot|failed to|neglected|ignored|missed|overlooked|caused|did not|didn.t|should have|could have|messed up|deleted|misconfigured';

const RULES: readonly Rule[] = [
  {
    rule: 'humanError',
    pattern: /\b(?:human|operator|user|pilot) error\b/i,
    instead: 'ask what made the action look right at that moment',
  },
  {
    rule: 'alternateReality',
    pattern:
      /\b(?:should|could|would|ought to|must|might) (?:not )?have\b|\bif only\b|\bhad (?:we|they|he|she) (?:only )?\w+ed\b/i,
    instead: 'say what happened, not what did not; what ought to change is an action item',
  },
  {
    rule: 'fault',
    pattern:
      /\b(?:careless(?:ly|ness)?|negligen(?:t|ce|tly)|sloppy|incompeten(?:t|ce)|stupid(?:ly)?|lazy|blame|at fault|to blame|common sense)\b/i,
    instead: 'describe the circumstances instead of the person',
  },
  {
    rule: 'rootCause',
    pattern: /\bthe root cause\b/i,
    instead: 'name the contributing factors: there is never only one',
  },
];

/**
 * Reads what people wrote. `people` are the names of those who were on it, `full` whether everything was down. Names beside
 * verbs of fault, counterfactuals and words of blame are advised against; roles are suggested instead.
 */
export function lintBlameless(
  prose: string,
  {
    people,
    full,
  }: { readonly people: readonly { readonly name: string; readonly role: string }[]; readonly full: boolean },
): readonly BlamelessFinding[] {
  const found: BlamelessFinding[] = [...leaks(prose)];
  for (const { rule, pattern, instead } of RULES) {
    const match = pattern.exec(prose);
    if (match) found.push({ level: 'warn', rule, found: match[0], instead });
  }
  for (const { name, role } of people) {
    const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const beside = new RegExp(`(?<![\\w-])${escaped}(?![\\w-])[^.!?\\n]{0,30}\\b(?:${FAULT_VERBS})\\b`, 'i');
    const match = beside.exec(prose);
    if (match) found.push({ level: 'warn', rule: 'name', found: match[0], instead: `say "the ${role}"` });
  }
  const outage = full ? null : /\boutage\b/i.exec(prose);
  if (outage)
    found.push({
      level: 'warn',
      rule: 'outage',
      found: outage[0],
      instead: 'say what did not work: not everything was down',
    });
  return found;
}
