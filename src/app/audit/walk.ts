import type { LedgerEntry } from '../ports/host.ts';
import type { LedgerPlace, LedgerRoom } from '../ports/ledger.ts';

const ACTORS_AT_A_TIME = 100;
const ENTRIES_AT_A_TIME = 500;

/** An actor of the place, with the sequence that its document stood at when it was listed. */
export interface Listed {
  readonly room: LedgerRoom;
  readonly actor: string;
  readonly sequence: number;
}

/** Every actor of every kind, by name. */
export async function* actorsOf({ rooms }: LedgerPlace): AsyncGenerator<Listed> {
  for (const room of rooms) {
    for (let after = ''; ; ) {
      const page = await room.host.list({ after, limit: ACTORS_AT_A_TIME });
      for (const { actor, sequence } of page) yield { room, actor, sequence };
      const last = page.at(-1);
      if (!last || page.length < ACTORS_AT_A_TIME) break;
      after = last.actor;
    }
  }
}

/** Every entry of one actor up to its last one, oldest first. */
export async function* entriesOf({ room, actor }: Pick<Listed, 'room' | 'actor'>): AsyncGenerator<LedgerEntry> {
  for (let after = 0; ; ) {
    const page = await room.host.ledger(actor, { after, limit: ENTRIES_AT_A_TIME });
    yield* page;
    const last = page.at(-1);
    if (!last || last.sequence <= after) return;
    after = last.sequence;
  }
}
