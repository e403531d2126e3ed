import { type Incident, type IncidentDoc, isLive } from '../../core/incident/incident.ts';
import { type Result, refuse } from '../../core/refusal.ts';
import type { IncidentHost } from './perform.ts';

const PAGE = 200;
/** Of a state with more incidents than this the older ones are left out. */
const MAX_KEPT = 5_000;

/** Every incident of the state, newest first (ids sort by age); of more than {@link MAX_KEPT} the newest. */
export async function allIncidents(
  host: Pick<IncidentHost, 'list'>,
  query: { readonly open?: boolean } = {},
): Promise<readonly Incident[]> {
  const found: IncidentDoc[] = [];
  for (let after = ''; ; ) {
    const page = await host.list({ ...query, after, limit: PAGE });
    found.push(...page.map(({ state }) => state));
    // They come oldest first.
    found.splice(0, found.length - MAX_KEPT);
    const last = page.at(-1);
    if (!last || page.length < PAGE) break;
    after = last.actor;
  }
  return found
    .flatMap(({ incident }) => (incident ? [incident] : []))
    .sort((a, b) => b.marks.detectedAt - a.marks.detectedAt || (a.id < b.id ? 1 : -1));
}

/**
 * The incident that is meant: by its id, by an ending of it that no other has, or, where nothing is said, the only one that is
 * live (else the only one that is open). At 3 a.m. nobody wants to copy an id.
 */
export async function findIncident(
  host: Pick<IncidentHost, 'list' | 'read'>,
  named: string | undefined,
): Promise<Result<Incident>> {
  if (named !== undefined) {
    const exact = /^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(named) ? (await host.read(named))?.state.incident : undefined;
    if (exact) return { ok: true, value: exact };
  }
  const all = await allIncidents(host, named === undefined ? { open: true } : {});
  const live = all.filter(isLive);
  const [found, ...others] =
    named !== undefined
      ? all.filter(({ id }) => id.toLowerCase().endsWith(named.toLowerCase()))
      : live.length > 0
        ? live
        : all;
  const next = 'switchback incident list';
  if (!found)
    return refuse('usage', named === undefined ? 'no incident is open' : `no incident is called "${named}"`, next);
  return others.length === 0
    ? { ok: true, value: found }
    : refuse(
        'usage',
        `${others.length + 1} incidents ${named === undefined ? 'are open' : `end with "${named}"`}: which one is meant?`,
        next,
      );
}
