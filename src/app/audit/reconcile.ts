import { type KnownAlias, type OwnWrite, type Reconciliation, reconcile } from '../../core/audit/reconcile.ts';
import { keyOf } from '../../core/release/alias.ts';
import type { AliasEvent } from '../../core/release/events.ts';
import type { LedgerPlace } from '../ports/ledger.ts';
import type { Trail } from '../ports/trail.ts';
import { actorsOf, entriesOf } from './walk.ts';

export interface Reconciled extends Reconciliation {
  readonly aliases: number;
  /** Changes that AWS wrote down in this time, of whatever function. */
  readonly changes: number;
  /** Operations of which more happened than was read. */
  readonly cut: readonly string[];
}

export interface ReconcileQuery {
  readonly account: string;
  readonly region: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly nowMs: number;
}

/** Compares the ledger of one account and region with what CloudTrail saw there. */
export async function reconcileWith(trail: Trail, place: LedgerPlace, query: ReconcileQuery): Promise<Reconciled> {
  const known = await knownAliases(place, query);
  const { events, cut } = await trail.changes({ fromMs: query.fromMs, untilMs: query.untilMs });
  return { ...reconcile(events, known, query), aliases: known.length, changes: events.length, cut };
}

async function knownAliases(place: LedgerPlace, { account, region }: ReconcileQuery): Promise<KnownAlias[]> {
  const known: KnownAlias[] = [];
  const rooms = place.rooms.filter(({ kind }) => kind === 'alias');
  for await (const listed of actorsOf({ ...place, rooms })) {
    const key = keyOf(listed.actor);
    if (!key || key.account !== account || key.region !== region) continue;
    const writes: OwnWrite[] = [];
    const releaseIds = new Set<string>();
    const candidates = new Set<string>();
    for await (const { at, event } of entriesOf(listed)) {
      const { kind } = event as AliasEvent;
      if (kind === 'start' || kind === 'startRollback') {
        const { releaseId, plan } = event as Extract<AliasEvent, { kind: 'start' }>;
        releaseIds.add(releaseId);
        if (kind === 'start') candidates.add(plan.candidate);
      }
      if (kind !== 'result') continue;
      const { releaseId, result } = event as Extract<AliasEvent, { kind: 'result' }>;
      if (result.outcome === 'aliasSet') writes.push({ at, releaseId, snapshot: result.snapshot });
    }
    known.push({
      actor: listed.actor,
      region,
      function: key.function,
      alias: key.alias,
      writes,
      releaseIds,
      candidates,
    });
  }
  return known;
}
