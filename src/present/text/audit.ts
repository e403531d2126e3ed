import { type Reconciliation, TRAIL_DAYS, TRAIL_DELAY_MS } from '../../core/audit/reconcile.ts';
import { formatDuration } from '../../core/duration.ts';
import { type Line, labelled, line } from './line.ts';
import { countText, utc } from './words.ts';

export interface VerdictShown {
  readonly place: string;
  readonly ok: boolean;
  readonly actors: number;
  readonly entries: number;
  readonly redacted: number;
  readonly heads: string;
  readonly anchor: string | null;
  readonly findings: readonly { readonly actor: string; readonly sequence: number; readonly reason: string }[];
}

/** Whether the ledger is as it was written. */
export function verdictText({ place, ok, actors, entries, redacted, heads, anchor, findings }: VerdictShown): Line[] {
  const size = `${countText(entries, 'entry').replace(/entrys$/, 'entries')} of ${countText(actors, 'actor')}`;
  const top = ok
    ? line(['good', '✔'], ` the ledger of ${place} is whole: `, ['strong', size])
    : line(['bad', '✖'], ` the ledger of ${place} is not as it was written: `, ['strong', size]);
  return [
    top,
    ...findings.map(({ actor, sequence, reason }) =>
      labelled('found', ['bad', `${actor}, entry ${sequence}`], `: ${reason}`),
    ),
    ...(redacted === 0 ? [] : [labelled('redacted', `${redacted}, each accounted for by a later entry`)]),
    labelled('heads', heads),
    ...(anchor === null ? [] : [labelled('anchor', anchor)]),
    line(['dim', '  keep an export elsewhere: audit verify --against it also finds a cut-off end']),
  ];
}

export interface ReconciledShown extends Reconciliation {
  readonly region: string;
  readonly account: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly aliases: number;
  readonly cut: readonly string[];
}

/** What CloudTrail cannot tell; the same for every comparison. */
export function trailLimits(cut: readonly string[]): readonly string[] {
  return [
    `an event appears up to ${formatDuration(TRAIL_DELAY_MS)} after it happened`,
    `the event history ends after ${TRAIL_DAYS} days`,
    'management events only: who invoked a function is not in it',
    'one account and one region at a time',
    ...cut.map(
      (operation) => `more ${operation} happened than was read: choose a shorter time with --from and --until`,
    ),
  ];
}

/** What others did to what we release, and what only one side knows. */
export function reconciledText(shown: ReconciledShown): Line[] {
  const { account, region, fromMs, untilMs, aliases, ours, others, unseen, cut } = shown;
  const isQuiet = others.length === 0 && unseen.length === 0;
  return [
    line(
      isQuiet ? ['good', '✔'] : ['warn', '▲'],
      ` ${countText(aliases, 'alias').replace(/aliass$/, 'aliases')} in account ${account}, ${region}, from ${utc(fromMs)} to ${utc(untilMs)}`,
    ),
    labelled('ours', `${countText(ours, 'change')} explained by the ledger`),
    ...others.map(({ at, told, by, isRollback }) =>
      labelled(
        isRollback ? 'rollback' : 'others',
        [isRollback ? 'bad' : 'warn', told],
        `  ${utc(at)}  by ${by}${isRollback ? '; the ledger does not know it' : ''}`,
      ),
    ),
    ...unseen.map(({ actor, at, releaseId, told }) =>
      labelled('unseen', ['bad', `${actor}: ${releaseId} set ${told}`], `  ${utc(at)}; CloudTrail does not show it`),
    ),
    ...trailLimits(cut).map((limit, index) => labelled(index === 0 ? 'limits' : '', ['dim', limit])),
  ];
}
