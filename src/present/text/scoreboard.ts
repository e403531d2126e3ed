import { formatDuration } from '../../core/duration.ts';
import { guardVerdicts } from '../../core/release/guards.ts';
import type { Release } from '../../core/release/release.ts';
import { stateOf } from '../../core/release/release.ts';
import { evidenceLines } from './evidence.ts';
import { type Line, labelled, line } from './line.ts';
import { STATE_WORDS } from './words.ts';

/** What a rehearsal came to, as its callers saw it and as the engine marked it. */
export interface Score {
  readonly release: Release;
  /** The state that this rehearsal was meant to end in. */
  readonly expected: 'promoted' | 'rolledBack';
  readonly requests: number;
  /** Failed, or answered too late to be of use. */
  readonly hurt: number;
  readonly byVersion: Readonly<Record<string, { readonly requests: number; readonly hurt: number }>>;
  /** First request that a caller lost to the candidate; undefined where none was. */
  readonly firstHurtAt: number | undefined;
  readonly ledgerPath: string;
}

/** The clocks of a rehearsal, in milliseconds; undefined where the thing did not happen. */
export interface Times {
  /** First bad request to verdict. */
  readonly detectMs: number | undefined;
  /** First bad request to stable read back alone on the alias. */
  readonly restoreMs: number | undefined;
  /** Verdict to stable read back. */
  readonly switchMs: number | undefined;
}

export function timesOf({ release: { marks }, firstHurtAt }: Score): Times {
  const { rollbackOrderedAt, restoredAt } = marks;
  const since = (from: number | undefined, to: number | undefined): number | undefined =>
    from === undefined || to === undefined ? undefined : Math.max(0, to - from);
  return {
    detectMs: since(firstHurtAt, rollbackOrderedAt),
    restoreMs: since(firstHurtAt, restoredAt),
    switchMs: since(rollbackOrderedAt, restoredAt),
  };
}

/** The scoreboard at the end of a rehearsal. */
export function scoreboard(score: Score): readonly Line[] {
  const { release, requests, hurt, byVersion, ledgerPath, expected } = score;
  const [tone, word] = STATE_WORDS[stateOf(release)];
  const { detectMs, restoreMs, switchMs } = timesOf(score);
  const asExpected = stateOf(release) === expected;
  const time = (label: string, ms: number | undefined, meaning: string): Line[] =>
    ms === undefined ? [] : [labelled(label, ['strong', formatDuration(ms)], ` ${meaning}`)];
  const versions = Object.entries(byVersion).filter(([version]) => version !== '-');
  return [
    line(['strong', 'Scoreboard']),
    labelled('end', [tone, word], `: ${release.outcome?.reason ?? 'still open'}`),
    labelled(
      'hurt',
      ['strong', `${hurt} of ${requests}`],
      ` requests (${((100 * hurt) / Math.max(1, requests)).toFixed(2)} %)`,
    ),
    ...versions.map(([version, counts]) =>
      labelled('', `version ${version}: ${counts.hurt} hurt of ${counts.requests}`),
    ),
    ...evidenceLines(guardVerdicts(release.plan, release.guards, release.outcome?.at ?? release.started.at)),
    ...time('detect', detectMs, 'from the first bad request to the verdict'),
    ...time('restore', restoreMs, 'from the first bad request to stable read back'),
    ...time('switch', switchMs, 'from the verdict to stable read back'),
    labelled('ledger', ledgerPath),
    line(asExpected ? ['good', '✔ as it should be'] : ['bad', `✖ it should have ended ${expected}`]),
  ];
}
