import { releasesTold, tell } from '../../core/history/told.ts';
import { type Dora, dora } from '../../core/incident/dora.ts';
import { summaryOfIncident, summaryOfRelease } from '../../core/incident/from-release.ts';
import { countsInMetrics, type MetricsReport, reportMetrics } from '../../core/incident/metrics.ts';
import type { Release } from '../../core/release/release.ts';
import type { LedgerEntry } from '../ports/host.ts';
import type { AliasHost } from '../ports/index.ts';
import { allIncidents } from './find.ts';
import type { IncidentHost } from './perform.ts';

/** How releases and incidents went within a window, told from the ledger alone. */
export interface Performance {
  readonly fromMs: number;
  readonly toMs: number;
  /** Ended releases that were read. */
  readonly releases: number;
  readonly incidents: number;
  /** Left out of the numbers: drills, near misses, false alarms and merged ones. */
  readonly leftOut: number;
  readonly dora: Dora;
  readonly reports: readonly MetricsReport[];
  /** The ledger holds more than was read. */
  readonly truncated: boolean;
}

const ALIASES_A_PAGE = 100;
const ENTRIES_A_PAGE = 1_000;
/** Some weeks of a busy alias; older releases are left out, and that is told. */
const MAX_ENTRIES = 20_000;

/** `toMs` is not in the window any more. */
export async function performance(
  { releases, incidents }: { readonly releases: AliasHost; readonly incidents: Pick<IncidentHost, 'list'> },
  window: { readonly fromMs: number; readonly toMs: number },
): Promise<Performance> {
  const ended = await endedSince(releases, window.fromMs);
  const inside = ({ marks }: { marks: { detectedAt: number } }): boolean =>
    marks.detectedAt >= window.fromMs && marks.detectedAt < window.toMs;
  const every = await allIncidents(incidents);
  const mine = every.filter(inside);
  const summaries = ended.found.map(summaryOfRelease).filter((summary) => summary !== undefined);
  return {
    ...window,
    releases: summaries.filter(({ endedAt }) => endedAt >= window.fromMs && endedAt < window.toMs).length,
    incidents: mine.filter(countsInMetrics).length,
    leftOut: mine.filter((incident) => !countsInMetrics(incident)).length,
    // A release may have ended long before its incident was noticed.
    dora: dora(summaries, every.map(summaryOfIncident), window),
    reports: reportMetrics(mine),
    truncated: ended.truncated,
  };
}

async function endedSince(
  host: AliasHost,
  fromMs: number,
): Promise<{ readonly found: readonly Release[]; readonly truncated: boolean }> {
  const found: Release[] = [];
  let truncated = false;
  for (let after = ''; ; ) {
    const page = await host.list({ after, limit: ALIASES_A_PAGE });
    for (const { actor, sequence, state } of page) {
      const { entries, whole } = await entriesSince(host, actor, sequence, fromMs);
      truncated ||= !whole;
      found.push(...releasesTold(tell(state.key, entries), state).map(({ release }) => release));
    }
    const last = page.at(-1);
    if (!last || page.length < ALIASES_A_PAGE) return { found, truncated };
    after = last.actor;
  }
}

/** The newest entries of an alias, back to the beginning of the window. */
async function entriesSince(
  host: AliasHost,
  actor: string,
  newest: number,
  fromMs: number,
): Promise<{ readonly entries: readonly LedgerEntry[]; readonly whole: boolean }> {
  let entries: readonly LedgerEntry[] = [];
  for (let until = newest; until > 0; ) {
    if (newest - until >= MAX_ENTRIES) return { entries, whole: false };
    const from = Math.max(0, until - ENTRIES_A_PAGE);
    const page = await host.ledger(actor, { after: from, limit: until - from });
    entries = [...page, ...entries];
    const [first] = page;
    if (!first || first.at < fromMs) break;
    until = from;
  }
  return { entries, whole: true };
}
