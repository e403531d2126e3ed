import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Result, refuse } from '../../core/refusal.ts';
import { textOf } from '../error-text.ts';
import type { LedgerEntry } from '../ports/host.ts';
import type { LedgerPlace } from '../ports/ledger.ts';
import type { Witness } from './verify.ts';
import { actorsOf, entriesOf } from './walk.ts';

export interface ExportFilter {
  /** Only actors whose name holds this. */
  readonly actor?: string | undefined;
  /** Epoch milliseconds, both included. */
  readonly fromMs?: number | undefined;
  readonly untilMs?: number | undefined;
}

/** An entry as it stands in the ledger, with the kind of its actor. */
export type Exported = LedgerEntry & { readonly actorKind: string };

/** Every entry, actor by actor, oldest first. */
export async function* exportEntries(place: LedgerPlace, filter: ExportFilter = {}): AsyncGenerator<Exported> {
  const { actor = '', fromMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY } = filter;
  for await (const listed of actorsOf(place)) {
    if (!listed.actor.includes(actor)) continue;
    const actorKind = listed.room.kind;
    for await (const entry of entriesOf(listed)) {
      if (entry.at < fromMs || entry.at > untilMs) continue;
      yield { ...entry, actorKind };
    }
  }
}

const MAX_LINE_CHARS = 4_000_000;

/** Reads what each actor's last entry was in an export as JSON Lines. */
export async function readWitness(file: string): Promise<Result<Witness>> {
  const heads = new Map<string, { sequence: number; hash: string }>();
  let number = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity })) {
      number += 1;
      if (text.trim() === '') continue;
      const entry = text.length > MAX_LINE_CHARS ? undefined : readLine(text);
      if (!entry)
        return refuse('usage', `${file}:${number}: not a line of "switchback audit export": JSON Lines are expected`);
      if ((heads.get(entry.actor)?.sequence ?? 0) < entry.sequence)
        heads.set(entry.actor, { sequence: entry.sequence, hash: entry.hash });
    }
  } catch (error) {
    return refuse('usage', `${file} cannot be read: ${textOf(error)}`);
  }
  return { ok: true, value: heads };
}

function readLine(text: string): Pick<LedgerEntry, 'actor' | 'sequence' | 'hash'> | undefined {
  try {
    const { actor, sequence, hash } = JSON.parse(text) as Record<string, unknown>;
    return typeof actor === 'string' && Number.isInteger(sequence) && typeof hash === 'string'
      ? { actor, sequence: sequence as number, hash }
      : undefined;
  } catch {
    return undefined;
  }
}
