import { randomUUID } from 'node:crypto';
import type { LedgerEntry } from '../../app/ports/host.ts';
import type { Objects } from '../../app/ports/objects.ts';
import { StateProblem } from '../problems.ts';
import { type ActorDocument, readDocument, readJson, type Written } from './document.ts';
import { CONFLICT, persistently } from './retry.ts';

/** What a change makes of a document: undefined where it is to be left as it is. */
export interface Change<T> {
  readonly document: ActorDocument | undefined;
  readonly result: T;
}

export interface StoreOptions {
  readonly objects: Objects;
  /** For sentences: `s3://bucket/prefix`. */
  readonly place: string;
  readonly kind: string;
  /** Whether somebody has still to look at this actor: it is open, owes something or wants to be woken. */
  readonly isBusy: (document: ActorDocument) => boolean;
  /** Told of every object of an actor that was stored, and whether others have to hear of it: a turn, or a move. */
  readonly saved: (actor: string, etag: string, isTurn: boolean) => void;
  readonly report: (problem: string) => void;
}

/** Objects read at a time. */
const CONCURRENT = 16;
const PAGE = 1_000;
/** As many digits as sequences can have, so that the ledger's keys stand in its order. */
const SEQUENCE_DIGITS = 12;
/** What stands for the attempt in entries that were written elsewhere. */
export const MOVED = 'moved';
/**
 * What the names of actors are made of; anything else could mean another key to some tool on the way. Dots stand in names of
 * Route 53, but no part is made of them alone.
 */
const ACTOR = /^(?!\.+(\/|$))[\w.:@+=,-]+(\/(?!\.+(\/|$))[\w.:@+=,-]+)*$/;

/**
 * The actors of one kind as objects: `actor/KIND/ACTOR` is the document, `ledger/KIND/ACTOR/SEQUENCE` an entry, and
 * `busy/KIND/ACTOR` stands for every actor that somebody has still to look at.
 *
 * A document is the only thing that is ever decided about. Its last entry is copied to the ledger before a later one takes
 * its place, and `busy` is written before the document that needs it and removed after the one that does not: whoever
 * dies in between leaves nothing to repair but a mark too many, which the next to look removes.
 */
export class Store {
  readonly #options: StoreOptions;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  async load(actor: string): Promise<ActorDocument | undefined> {
    const { place } = this.#options;
    return (await persistently(place, () => this.#load(actor)))?.document;
  }

  /**
   * Load, change, save, under the condition that nobody else saved meanwhile; from the beginning where somebody did.
   * `change` is handed the name of this attempt for the entry it adds, and is called again for every try.
   */
  async change<T>(actor: string, change: (document: ActorDocument | undefined, turn: string) => Change<T>): Promise<T> {
    const turn = randomUUID();
    let sent: { readonly sequence: number; readonly result: T } | undefined;
    return persistently(this.#options.place, async () => {
      const found = await this.#load(actor);
      // A write whose answer was lost looks like somebody else's.
      if (sent && (await this.#wrote(actor, found?.document, sent.sequence, turn))) return sent.result;
      const { document, result } = change(found?.document, turn);
      if (!document) return result;
      const isTurn = document.last.turn === turn;
      if (isTurn) sent = { sequence: document.last.sequence, result };
      if (!(await this.#prepare(actor, found?.document, document))) return CONFLICT;
      const etag = await this.#options.objects.put(
        this.#key('actor', actor),
        JSON.stringify(document),
        found?.etag ?? null,
      );
      if (etag === undefined) return CONFLICT;
      const hasMoved = found?.document.standing?.at !== document.standing?.at;
      this.#options.saved(actor, etag, isTurn || hasMoved);
      if (found && this.#options.isBusy(found.document)) await this.#unmark(actor, document);
      return result;
    });
  }

  /** Puts entries into the ledger that are to stand before an actor's last one. What stands there already is the same. */
  async put(actor: string, entries: readonly LedgerEntry[]): Promise<void> {
    const { objects, place } = this.#options;
    await atATime(entries, (entry) => {
      const written: Written = { ...entry, turn: MOVED };
      return persistently(place, async () => {
        await objects.put(this.#key('ledger', actor, entry.sequence), JSON.stringify(written), null);
      });
    });
  }

  /** Puts an entry whose words were taken away in the place of what it was. */
  async rewrite(actor: string, entry: LedgerEntry): Promise<void> {
    const { objects, place } = this.#options;
    const key = this.#key('ledger', actor, entry.sequence);
    await persistently(place, async () => {
      const found = await objects.get(key);
      if (!found) throw new StateProblem('corrupt', place, `${place}/${key} is missing`);
      const { turn } = readJson(place, key, found.body) as unknown as Written;
      const body = JSON.stringify({ ...entry, turn } satisfies Written);
      if (body === found.body) return undefined;
      return (await objects.put(key, body, found.etag)) === undefined ? CONFLICT : undefined;
    });
  }

  /** Entries behind `after`, oldest first. */
  async entries(actor: string, after: number, limit: number): Promise<LedgerEntry[]> {
    const last = (await this.load(actor))?.last;
    if (!last) return [];
    const sequences: number[] = [];
    for (let next = after + 1; next <= last.sequence && sequences.length < limit; next += 1) sequences.push(next);
    const found = await atATime(sequences, (sequence) =>
      sequence === last.sequence ? last : persistently(this.#options.place, () => this.#entry(actor, sequence)),
    );
    return found.flatMap((written) => {
      if (!written) return [];
      const { turn: _, ...entry } = written;
      return [entry];
    });
  }

  /** Actors behind `after` with their documents, in the order of their names, page by page. */
  async *documents(which: 'actor' | 'busy', after: string): AsyncGenerator<[actor: string, document: ActorDocument]> {
    for await (const page of this.pages(which, after)) {
      const found = await atATime(page, ({ actor }) => this.load(actor));
      for (const [index, document] of found.entries()) {
        const { actor } = page[index]!;
        if (document && which === 'busy') await this.#unmark(actor, document);
        if (document) yield [actor, document];
      }
    }
  }

  /** The names behind `after` and the etags of their objects. */
  async *pages(which: 'actor' | 'busy', after = ''): AsyncGenerator<{ actor: string; etag: string }[]> {
    const prefix = this.#key(which, '');
    for (let from = after; ; ) {
      const listed = await persistently(this.#options.place, () =>
        this.#options.objects.list(prefix, from === '' ? '' : `${prefix}${from}`, PAGE),
      );
      const page = listed.map(({ key, etag }) => ({ actor: key.slice(prefix.length), etag }));
      const last = page.at(-1);
      if (!last) return;
      yield page;
      if (page.length < PAGE) return;
      from = last.actor;
    }
  }

  /** Everything that must stand before `next` may take the place of `before`; false where somebody else interfered. */
  async #prepare(actor: string, before: ActorDocument | undefined, next: ActorDocument): Promise<boolean> {
    const { objects, isBusy } = this.#options;
    if (before && before.last.turn !== next.last.turn) {
      const key = this.#key('ledger', actor, before.last.sequence);
      await objects.put(key, JSON.stringify(before.last), null);
    }
    return !isBusy(next) || (before && isBusy(before)) || this.#mark(actor, next.last.sequence);
  }

  /** Sets the mark, or makes it as young as `sequence`, so that nobody who saw an older one removes it. */
  async #mark(actor: string, sequence: number): Promise<boolean> {
    const { objects } = this.#options;
    const key = this.#key('busy', actor);
    const there = await objects.get(key);
    if (there && Number(there.body) >= sequence) return true;
    return (await objects.put(key, String(sequence), there?.etag ?? null)) !== undefined;
  }

  /** Removes the mark of an actor that nobody has to look at. One that is younger than the document is just being set. */
  async #unmark(actor: string, document: ActorDocument): Promise<void> {
    const { objects, isBusy, report } = this.#options;
    if (isBusy(document)) return;
    const key = this.#key('busy', actor);
    try {
      const there = await objects.get(key);
      if (there && Number(there.body) <= document.last.sequence) await objects.delete(key, there.etag);
    } catch (error) {
      report(`${actor} stays marked as busy until somebody looks again: ${String(error)}`);
    }
  }

  /** Whether entry `sequence` was written by this very turn. */
  async #wrote(actor: string, document: ActorDocument | undefined, sequence: number, turn: string): Promise<boolean> {
    if (!document || document.last.sequence < sequence) return false;
    const written = document.last.sequence === sequence ? document.last : await this.#entry(actor, sequence);
    return written?.turn === turn;
  }

  async #load(actor: string): Promise<{ document: ActorDocument; etag: string } | undefined> {
    const { objects, place } = this.#options;
    const key = this.#key('actor', actor);
    const found = await objects.get(key);
    return found && { document: readDocument(place, key, found.body), etag: found.etag };
  }

  async #entry(actor: string, sequence: number): Promise<Written | undefined> {
    const { objects, place } = this.#options;
    const key = this.#key('ledger', actor, sequence);
    const found = await objects.get(key);
    return found && (readJson(place, key, found.body) as unknown as Written);
  }

  #key(what: 'actor' | 'busy' | 'ledger', actor: string, sequence?: number): string {
    const { kind, place } = this.#options;
    if (actor !== '' && !ACTOR.test(actor)) {
      throw new StateProblem('unreadable', place, `actor ${JSON.stringify(actor)} has a name that cannot be a key`);
    }
    const key = `${what}/${kind}/${actor}`;
    return sequence === undefined ? key : `${key}/${String(sequence).padStart(SEQUENCE_DIGITS, '0')}`;
  }
}

/** Asks for all, at most {@link CONCURRENT} at the same time; answers in the order of `items`. */
async function atATime<A, B>(items: readonly A[], ask: (item: A) => Promise<B> | B): Promise<B[]> {
  const answers: B[] = [];
  for (let from = 0; from < items.length; from += CONCURRENT) {
    answers.push(...(await Promise.all(items.slice(from, from + CONCURRENT).map(ask))));
  }
  return answers;
}
