import { createHash } from 'node:crypto';
import type { LedgerPlace } from '../ports/ledger.ts';
import { ChainCheck, UNACCOUNTED } from './chain.ts';
import { actorsOf, entriesOf, type Listed } from './walk.ts';

/** An entry that is not as it was written. */
export interface Finding {
  readonly actor: string;
  readonly sequence: number;
  readonly reason: string;
}

export interface AuditVerdict {
  readonly ok: boolean;
  readonly actors: number;
  readonly entries: number;
  /** Entries whose words were taken away, each accounted for by a later one. */
  readonly redacted: number;
  /** SHA-256, in hex, over every actor's name, last sequence and last hash: note it elsewhere to notice a cut-off end. */
  readonly heads: string;
  /** The last link of the one chain over all actors; null for a kind of state that has none. */
  readonly anchor: string | null;
  /** At most {@link MAX_FINDINGS}, one for each actor. */
  readonly findings: readonly Finding[];
}

/** The last entry of each actor that an export of before holds. */
export type Witness = ReadonlyMap<string, { readonly sequence: number; readonly hash: string }>;

export const MAX_FINDINGS = 100;

/**
 * Checks every entry of every actor against its own hash and its predecessor, each actor against its last entry, the one
 * chain over all where the state has one, and everything against an earlier export where there is one. Entries that are
 * written meanwhile do no harm. Memory: one page of entries.
 */
export async function verifyPlace(place: LedgerPlace, witness: Witness = new Map()): Promise<AuditVerdict> {
  const findings: Finding[] = [];
  const heads = createHash('sha256');
  const missing = new Map(witness);
  const counted = { actors: 0, entries: 0, redacted: 0 };
  const find = (actor: string, sequence: number, reason: string): void => {
    if (findings.length < MAX_FINDINGS) findings.push({ actor, sequence, reason });
  };
  for await (const listed of actorsOf(place)) {
    const { actor } = listed;
    counted.actors += 1;
    const walked = await walk(listed, witness.get(actor));
    counted.entries += walked.entries;
    counted.redacted += walked.redacted;
    if (walked.finding) find(actor, walked.finding.sequence, walked.finding.reason);
    heads.update(`${actor}\n${walked.check.sequence}\n${walked.check.head}\n`);
    missing.delete(actor);
  }
  for (const [actor, { sequence }] of missing)
    find(actor, sequence, 'the export of before holds it, the ledger knows nothing of this actor');
  const anchors = await place.anchors?.();
  if (anchors && !anchors.ok && !findings.some(({ actor }) => actor === anchors.actor))
    find(anchors.actor, anchors.sequence, anchors.reason);
  return {
    ok: findings.length === 0,
    ...counted,
    heads: heads.digest('hex'),
    anchor: anchors?.ok ? anchors.anchor : null,
    findings,
  };
}

interface Walked {
  readonly check: ChainCheck;
  readonly entries: number;
  readonly redacted: number;
  readonly finding: Omit<Finding, 'actor'> | undefined;
}

async function walk(listed: Listed, known: { sequence: number; hash: string } | undefined): Promise<Walked> {
  const check = new ChainCheck();
  let [entries, redacted] = [0, 0];
  let finding: Walked['finding'];
  for await (const entry of entriesOf(listed)) {
    entries += 1;
    if (entry.redacted) redacted += 1;
    const reason = entry.actor === listed.actor ? check.take(entry) : `it is an entry of ${entry.actor}`;
    if (reason) finding = { sequence: entry.sequence, reason };
    else if (known?.sequence === entry.sequence && known.hash !== entry.hash)
      finding = {
        sequence: entry.sequence,
        reason: `its hash is ${entry.hash}, in the export of before ${known.hash}`,
      };
    if (finding) break;
  }
  if (!finding && check.unaccounted !== undefined) finding = { sequence: check.unaccounted, reason: UNACCOUNTED };
  const least = Math.max(listed.sequence, known?.sequence ?? 0);
  if (!finding && check.sequence < least) {
    const reason = `${least - check.sequence} entries from it on are missing`;
    finding = { sequence: check.sequence + 1, reason };
  }
  return { check, entries, redacted, finding };
}
