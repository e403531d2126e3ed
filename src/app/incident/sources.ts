import { replay, type Turn } from '../../core/history/replay.ts';
import { type ReleaseSeries, seriesOf } from '../../core/history/series.ts';
import { releasesTold, tell } from '../../core/history/told.ts';
import type { Incident } from '../../core/incident/incident.ts';
import type { PostmortemSources } from '../../core/postmortem/draft.ts';
import { exposureOf } from '../../core/postmortem/exposure.ts';
import { type AliasKey, actorOf } from '../../core/release/alias.ts';
import type { AliasEvent } from '../../core/release/events.ts';
import type { Release } from '../../core/release/release.ts';
import { eventsSince } from '../bundle/ledger.ts';
import type { AliasHost } from '../ports/index.ts';

type Ledger = Pick<AliasHost, 'read' | 'ledger'>;

const PAGE = 1_000;
/** Releases are looked for in the newest entries: some weeks of them. */
const MAX_ENTRIES = 50_000;

/** What a postmortem is drafted from, and what its picture is drawn from. */
export interface DrawnSources extends PostmortemSources {
  readonly series?: ReleaseSeries | undefined;
}

/** Everything that a postmortem is drafted from, read from the ledger. */
export async function postmortemSources(host: Ledger, incident: Incident, nowMs: number): Promise<DrawnSources> {
  const { subject } = incident;
  if (!subject?.releaseId) return { incident, release: null, exposure: null, nowMs };
  const release = await releaseById(host, subject.alias, subject.releaseId);
  const turns = release && release.kind === 'release' ? await turnsFrom(host, release) : undefined;
  const { id = '' } = release ?? {};
  const exposure = turns ? exposureOf(turns, id) : null;
  return { incident, release: release ?? null, exposure, nowMs, series: turns && seriesOf(turns, id) };
}

async function releaseById(host: Ledger, key: AliasKey, id: string): Promise<Release | undefined> {
  const actor = actorOf(key);
  const now = await host.read(actor);
  if (now?.state.release?.id === id) return now.state.release;
  const newest = now?.sequence ?? 0;
  for (let until = newest; until > Math.max(0, newest - MAX_ENTRIES); until -= PAGE) {
    const after = Math.max(0, until - PAGE);
    const entries = await host.ledger(actor, { after, limit: until - after });
    const found = releasesTold(tell(key, entries), undefined).find(({ release }) => release.id === id);
    if (found?.release.outcome) return found.release;
  }
  return undefined;
}

async function turnsFrom(host: Ledger, { id, plan }: Release): Promise<readonly Turn[] | undefined> {
  const isStart = (event: AliasEvent): boolean => event.kind === 'start' && event.releaseId === id;
  const events = await eventsSince(host, plan.key, isStart);
  return events && replay(plan.key, events);
}
