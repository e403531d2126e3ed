import { type RedactionEvent, readRedaction } from '../../core/audit/redaction.ts';
import { MIN_REDACTED, takeAway } from '../../core/audit/take-away.ts';
import { type Result, refuse } from '../../core/refusal.ts';
import type { LedgerEntry } from '../ports/host.ts';
import type { RedactionOrder } from '../ports/ledger.ts';
import { redactedDigest } from './chain.ts';

/** What a redaction makes of one actor; to be stored in one transaction, or in this order: the event, then the entries. */
export interface RedactionPlan {
  readonly entries: readonly LedgerEntry[];
  readonly state: unknown;
  readonly commands: readonly unknown[];
  /** The event that accounts for it: the next one of this actor. */
  readonly event: RedactionEvent;
}

/** Entries that one redaction changes at most; the event that accounts for them must fit into an entry. */
const MAX_REDACTED = 4_000;
const MAX_WHY = 500;

/** Plans to take a text away from everything that an actor holds. `commands`: what it owes. */
export function planRedaction(
  actor: string,
  entries: readonly LedgerEntry[],
  state: unknown,
  commands: readonly unknown[],
  { text, who, why, at }: RedactionOrder,
): Result<RedactionPlan> {
  if (text.length < MIN_REDACTED || text.trim() === '')
    return refuse(
      'usage',
      `a text of ${text.length} characters is too short to be taken away: at least ${MIN_REDACTED}`,
    );
  if (why.trim() === '' || why.length > MAX_WHY)
    return refuse(
      'usage',
      `the reason has ${why.length} characters; 1 to ${MAX_WHY} are taken: it stays in the ledger`,
    );
  if (why.includes(text) || JSON.stringify(who).includes(text))
    return refuse('usage', 'the reason, or who you are, holds the very text that is to be taken away');
  const changed: LedgerEntry[] = [];
  for (const entry of entries) {
    const { salt: _, ...rest } = entry;
    const { hash, previousHash, ...told } = rest;
    const { value, places, kept } = takeAway(told, text);
    if (kept !== undefined) return keeps(actor, `entry ${entry.sequence}`, kept);
    if (places === 0) continue;
    if (readRedaction(entry.event))
      return refuse('refused', `entry ${entry.sequence} of ${actor} accounts for a redaction and stays as it is`);
    changed.push({ ...value, hash, previousHash, redacted: true });
  }
  const document = takeAway(state, text);
  const owed = takeAway(commands, text);
  if (document.kept !== undefined) return keeps(actor, 'its document', document.kept);
  if (owed.kept !== undefined) return keeps(actor, 'what it owes', owed.kept);
  if (changed.length + document.places + owed.places === 0)
    return refuse('refused', `${actor} does not hold this text`, 'switchback audit export');
  if (changed.length > MAX_REDACTED)
    return refuse(
      'refused',
      `${changed.length} entries of ${actor} hold this text; at most ${MAX_REDACTED} are changed`,
    );
  const accounted = changed.map((entry) => ({
    sequence: entry.sequence,
    hash: entry.hash,
    digest: redactedDigest(entry),
  }));
  const event: RedactionEvent = { kind: 'redacted', at, who, why, entries: accounted };
  return { ok: true, value: { entries: changed, state: document.value, commands: owed.value, event } };
}

function keeps(actor: string, what: string, path: string) {
  return refuse(
    'refused',
    `the text stands in ${path} of ${what} of ${actor}, which the engine goes by: nothing was taken away`,
  );
}
