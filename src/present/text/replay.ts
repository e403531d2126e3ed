import { formatDuration } from '../../core/duration.ts';
import type { Answer, Judged, Summary } from '../../core/replay/compare.ts';
import type { Rule } from '../../core/replay/rules.ts';
import { type Line, labelled, line, type Part } from './line.ts';
import { countText, utc } from './words.ts';

/** Past releases under one rule, as people read them: one line each, then the sentence that counts. */
export function replayText(rule: Rule, judged: readonly Judged[], summary: Summary): Line[] {
  const heading = line(['strong', `Judged again by ${rule.name}`], `  ${countText(judged.length, 'release')}`);
  return [heading, ...judged.flatMap(releaseLines), line('  ', ['strong', summary.sentence]), ...footnotes(summary)];
}

function releaseLines({ record, label, answer, badRequests, differs }: Judged): Line[] {
  const { key, plan, outcome } = record;
  const what = `${key.function}:${key.alias} ${plan.stable} to ${plan.candidate}`;
  const became =
    outcome?.state === 'promoted' ? (record.undoneBy ? 'promoted, switched back later' : 'promoted') : outcome?.state;
  const lines = [
    line(
      '  ',
      LABEL_SIGNS[label],
      ` ${record.id}  ${utc(record.marks.startedAt)}  ${what}, ${WORDS[became ?? ''] ?? became ?? 'open'}`,
    ),
    labelled('', ...answerParts(answer, badRequests)),
  ];
  if (differs !== null) lines.push(labelled('', ['bad', 'not reproduced: '], differs));
  return lines;
}

const LABEL_SIGNS = {
  good: ['good', '✔'],
  bad: ['bad', '✖'],
  unknown: ['dim', '?'],
} as const satisfies Record<Judged['label'], Part>;

const WORDS: Readonly<Record<string, string>> = { rolledBack: 'rolled back' };

function answerParts(answer: Answer, badRequests: number): Part[] {
  switch (answer.kind) {
    case 'rolledBack': {
      const when = `rolled back ${formatDuration(answer.afterMs)} after the first weight, ${countText(answer.badRequests, 'bad request')}`;
      return [['warn', '◀'], ` ${when}: ${answer.reason}`];
    }
    case 'passed':
      return [['dim', '▶'], ` goes through, ${countText(badRequests, 'bad request')} in all`];
    case 'tooLate':
      return [['dim', '…'], ` has said nothing in the ${formatDuration(answer.afterMs)} until the release was over`];
    case 'impossible':
      return [['dim', '?'], ` cannot be told: ${answer.why}`];
  }
}

function footnotes({ unknown, impossible }: Summary): Line[] {
  const notes: Line[] = [];
  if (unknown > 0) {
    const which = `${countText(unknown, 'release')} neither promoted nor rolled back`;
    notes.push(labelled('', `not counted: ${which}; say what became of it with --good or --bad`));
  }
  if (impossible > 0)
    notes.push(labelled('', `not counted: ${countText(impossible, 'release')} that this rule cannot judge`));
  return notes;
}
