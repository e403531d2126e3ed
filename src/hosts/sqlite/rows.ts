import type { LedgerEntry } from '../../app/ports/host.ts';
import type { TurnOutcome } from '../../core/history/outcome.ts';
import type { Who } from '../../core/who.ts';
import type { Row } from './statements.ts';

export interface ActorRow {
  readonly actor: string;
  readonly kind: string;
  readonly sequence: number;
  /** Hash of the actor's last ledger entry. */
  readonly head: string;
  /** JSON. */
  readonly state: string;
  /** Where it lives: here; elsewhere, since it was moved; or not yet here, while its ledger is being copied. */
  readonly standing: 'here' | 'moved' | 'arriving';
  readonly movedTo: string | null;
  /** How often it departed from anywhere. */
  readonly moves: number;
}

/** What is kept beside a state so that it is found without being read. */
export interface Derived {
  readonly wakeAt: number | null;
  readonly open: boolean;
  /** Of an open actor whose logic has one; `body` is JSON. */
  readonly brief: { readonly version: number; readonly body: string } | undefined;
}

/** Of an actor that takes no turns here. */
export const NOTHING_DERIVED: Derived = { wakeAt: null, open: false, brief: undefined };

export interface BriefRow extends Pick<Derived, 'brief'> {
  readonly actor: string;
}

export interface AnchoredEntry extends LedgerEntry {
  readonly id: number;
  readonly anchor: string;
}

export function actorRow(row: Row): ActorRow {
  return {
    actor: String(row.actor),
    kind: String(row.kind),
    sequence: Number(row.sequence),
    head: String(row.head),
    state: String(row.state),
    standing: row.standing === 'moved' || row.standing === 'arriving' ? row.standing : 'here',
    movedTo: typeof row.moved_to === 'string' ? row.moved_to : null,
    moves: Number(row.moves),
  };
}

export function entryOf(row: Row): LedgerEntry {
  return {
    actor: String(row.actor),
    sequence: Number(row.sequence),
    at: Number(row.at),
    who: readWho(String(row.who)),
    ...(typeof row.why === 'string' ? { why: row.why } : {}),
    kind: String(row.kind),
    event: readJson(String(row.body)),
    ...(typeof row.outcome === 'string' ? { outcome: readJson(row.outcome) as TurnOutcome } : {}),
    ...(typeof row.salt === 'string' ? { salt: row.salt } : {}),
    ...(row.redacted === 1 ? { redacted: true as const } : {}),
    previousHash: String(row.previous_hash),
    hash: String(row.hash),
  };
}

/** Text that is no JSON was tampered with; it is shown as it is, and its hash tells. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function readWho(text: string): Who {
  const who = readJson(text);
  if (typeof who !== 'object' || who === null) return { name: text, provedBy: 'system' };
  return who as Who;
}
