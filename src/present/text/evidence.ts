import { amount, whole } from '../../core/judge/sentences.ts';
import type { GuardVerdict } from '../../core/release/guards.ts';
import { type Line, labelled, type Tone } from './line.ts';

/** Cells of the bar: with its label and its numbers it fits into 80 columns. */
const CELLS = 30;
/** A cell in eighths, from empty to full: the bar moves visibly even where evidence grows slowly. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;
const FULL = '█';
const EMPTY = '·';
/** Stands where evidence is ten times what it was at the mark before. */
const MARK = '┊';

/**
 * Evidence as a bar from 1 to what is needed, on a log scale: evidence multiplies, so equal steps of the bar are equal steps of
 * proof. Up to 1 nothing speaks against the candidate and the bar is empty. It says the same without any colour.
 */
export function evidenceBar(value: number, needed: number): { readonly filled: string; readonly empty: string } {
  const decades = Math.log10(needed);
  const part = decades > 0 && value > 1 ? Math.min(1, Math.log10(value) / decades) : 0;
  // Only what has arrived looks as if it had.
  const eighths = part >= 1 ? CELLS * 8 : Math.min(CELLS * 8 - 1, Math.floor(part * CELLS * 8));
  const filled = FULL.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
  const marks = new Set<number>();
  for (let decade = 1; decade < decades; decade++) marks.add(Math.round((decade / decades) * CELLS) - 1);
  const empty = Array.from({ length: CELLS - filled.length }, (_, i) => (marks.has(filled.length + i) ? MARK : EMPTY));
  return { filled, empty: empty.join('') };
}

/** One bar for each judge that has weighed anything; nothing where none has. */
export function evidenceLines(verdicts: readonly GuardVerdict[]): Line[] {
  return verdicts
    .filter(({ kind, verdict }) => kind === 'judge' && verdict.evidence !== undefined)
    .map(({ guard, verdict }, index) => {
      const { value, needed } = verdict.evidence!;
      const { filled, empty } = evidenceBar(value, needed);
      const source = /\((.*)\)/.exec(guard)?.[1] ?? guard;
      return labelled(
        index === 0 ? 'evidence' : '',
        [toneOf(value, needed), filled],
        ['dim', empty],
        ['strong', ` ${amount(value)}`],
        ` of ${whole(needed)}`,
        ['dim', `  ${source}${index === 0 ? `, ${MARK} is ×10` : ''}`],
      );
    });
}

/** Below this nothing has happened that is worth a word. */
const LEAST_NOTED = 2;

/** The strongest evidence in a few words for the end of a line, such as `; evidence 24 of 111`; empty while there is none. */
export function evidenceNote(verdicts: readonly GuardVerdict[]): string {
  let noted = '';
  let most = 0;
  for (const { kind, verdict } of verdicts) {
    if (kind !== 'judge' || verdict.evidence === undefined) continue;
    const { value, needed } = verdict.evidence;
    const part = Math.log(value) / Math.log(needed);
    if (value < LEAST_NOTED || part <= most) continue;
    most = part;
    noted = `; evidence ${amount(value)} of ${whole(needed)}`;
  }
  return noted;
}

function toneOf(value: number, needed: number): Tone {
  if (value >= needed) return 'bad';
  return value >= Math.sqrt(needed) ? 'warn' : 'good';
}
