import type { Finding, Next } from '../../core/doctor/rules.ts';
import type { Told } from '../../core/history/told.ts';
import type { GuardVerdict } from '../../core/release/guards.ts';
import { type Release, stateOf } from '../../core/release/release.ts';
import { type Line, labelled, line } from './line.ts';
import { verdictLines } from './release.ts';
import { storyOf } from './story.ts';
import { clock, STATE_WORDS, utc } from './words.ts';

export interface DiagnosisReport {
  readonly release: Release;
  readonly verdicts: readonly GuardVerdict[];
  readonly findings: readonly Finding[];
  readonly turns: readonly Told[];
  /** The function's log group, where AWS told it. */
  readonly logGroup: string | null;
}

/** Lines of the timeline that are shown; the middle is left out of a longer one. */
const MAX_TIMELINE = 40;

/** Why a release ended as it did, or stands as it does, and what to look at next. */
export function diagnosisText(report: DiagnosisReport): Line[] {
  const { release, verdicts, findings } = report;
  const { plan } = release;
  const [tone, word] = STATE_WORDS[stateOf(release)];
  return [
    line(
      ['strong', `${plan.key.function}:${plan.key.alias}`],
      `  release ${release.id}, version ${plan.stable} to ${plan.candidate}  `,
      [tone, word],
    ),
    ...(findings.length === 0 ? [labelled('cause', release.outcome?.reason ?? 'nothing is wrong with it')] : []),
    ...findings.flatMap((finding) => findingLines(report, finding)),
    ...verdictLines(verdicts),
    ...timeline(report.turns),
  ];
}

function findingLines(report: DiagnosisReport, { symptom, cause, next }: Finding): Line[] {
  return [
    line('  ', ['bad', '▪'], ` ${symptom}`),
    labelled('cause', cause),
    ...next.map((step, index) =>
      labelled(index === 0 ? 'look at' : '', ['strong', nextCommand(report, step)], `   ${step.why}`),
    ),
  ];
}

/** The command to run, as one line. */
export function nextCommand({ release, logGroup }: Pick<DiagnosisReport, 'release' | 'logGroup'>, next: Next): string {
  if (next.kind === 'command') return next.command;
  const { function: fn, region } = release.plan.key;
  const usual = `/aws/lambda/${fn}`;
  const group = logGroup ?? usual;
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10).replaceAll('-', '/');
  // Lambda names a stream DAY/[VERSION]ID, in a log group of one's own DAY/FUNCTION[VERSION]ID.
  const streams = `${day(next.fromMs)}/${group === usual ? '' : fn}[${next.version}]`;
  const prefix = day(next.fromMs) === day(next.toMs) ? ` --log-stream-name-prefix '${streams}'` : '';
  return `aws logs filter-log-events --region ${region} --log-group-name ${group} --start-time ${next.fromMs} --end-time ${next.toMs}${prefix}`;
}

function timeline(turns: readonly Told[]): Line[] {
  const stories = turns
    .map(({ event, outcome }) => ({ at: event.at, ...storyOf(event, outcome.followed ?? null) }))
    .filter(({ routine }) => !routine);
  const first = stories[0];
  if (!first) return [];
  const half = MAX_TIMELINE / 2;
  const left = stories.length - MAX_TIMELINE;
  const shown = left > 0 ? [...stories.slice(0, half), null, ...stories.slice(-half)] : stories;
  return [
    line(['strong', 'Timeline'], `  from ${utc(first.at)}`),
    ...shown.map((story) => {
      if (story === null) return labelled('…', `${left} events between`);
      return labelled(clock(story.at), story.tone ? [story.tone, story.text] : story.text);
    }),
  ];
}
