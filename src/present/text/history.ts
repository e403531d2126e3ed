import { formatDuration } from '../../core/duration.ts';
import type { PastRelease } from '../../core/history/replay.ts';
import type { AliasKey } from '../../core/release/alias.ts';
import { stateOf } from '../../core/release/release.ts';
import { type Line, labelled, line } from './line.ts';
import { personText, STATE_WORDS, utc } from './words.ts';

/** The releases of one alias, newest first. */
export function historyText(key: AliasKey, past: readonly PastRelease[], truncated: boolean): Line[] {
  if (past.length === 0) return [line(`${key.function}:${key.alias} has no releases in this state file`)];
  const lines = past.flatMap(({ release, rolledBackBy }) => {
    const { plan, started, outcome, marks } = release;
    const [tone, word] = STATE_WORDS[stateOf(release)];
    const what =
      release.kind === 'rollback' ? `back ${plan.candidate} → ${plan.stable}` : `${plan.stable} → ${plan.candidate}`;
    const took = marks.endedAt === undefined ? '' : `  took ${formatDuration(marks.endedAt - marks.startedAt)}`;
    return [
      line(['strong', release.id], `  ${utc(started.at)}  ${what}  `, [tone, word], took),
      labelled('who', `${personText(started.who)}${started.reason ? `: ${started.reason}` : ''}`),
      ...(outcome ? [labelled('because', outcome.reason)] : []),
      ...(rolledBackBy === null ? [] : [labelled('later', ['bad', `rolled back by ${rolledBackBy}`])]),
    ];
  });
  return truncated ? [...lines, line(['dim', 'older releases are not shown'])] : lines;
}
