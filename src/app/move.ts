import { type Result, refuse } from '../core/refusal.ts';
import type { Host } from './ports/host.ts';
import type { Relocation } from './ports/relocation.ts';

/** A place that actors can be moved from and to. */
export interface MovablePlace {
  readonly host: Pick<Host<unknown, unknown>, 'list' | 'ledger'>;
  readonly relocation: Relocation;
}

export interface MoveOptions {
  readonly from: MovablePlace;
  readonly to: MovablePlace;
  /** The new place as `--state` takes it: what the old one names from now on. */
  readonly toPlace: string;
  /** Told of each actor that lives at the new place now. */
  readonly moved?: (actor: string) => void;
}

export interface Moved {
  /** Actors that live at the new place since now. */
  readonly moved: number;
  /** Actors that an earlier move had brought there. */
  readonly already: number;
  /** Commands that were under way. */
  readonly commands: number;
}

const LIST_PAGE = 100;
const LEDGER_PAGE = 100;

/**
 * Moves every actor with its ledger, open releases in the middle of their work included. May be stopped and run again at
 * any time: it goes on where it was. A command that is being performed meanwhile may be performed again at the new place,
 * as after a crash. Refused, before anything of it departs, for an actor that leads another life there.
 */
export async function moveAll(options: MoveOptions): Promise<Result<Moved>> {
  let moved = 0;
  let already = 0;
  let commands = 0;
  for (let after = ''; ; ) {
    const page = await options.from.host.list({ after, limit: LIST_PAGE });
    for (const { actor, sequence } of page) {
      const result = await moveOne(options, actor, sequence);
      if (!result.ok) return result;
      if (result.value === 'already') already += 1;
      else {
        moved += 1;
        commands += result.value;
        options.moved?.(actor);
      }
    }
    const last = page.at(-1);
    if (!last || page.length < LIST_PAGE) return { ok: true, value: { moved, already, commands } };
    after = last.actor;
  }
}

/** Answers how many commands were under way. */
async function moveOne(options: MoveOptions, actor: string, sequence: number): Promise<Result<number | 'already'>> {
  const { from, to, toPlace } = options;
  const before = await to.relocation.receive(actor, []);
  if (before.lives) {
    if (await isSame(options, actor, Math.min(sequence, before.sequence))) return { ok: true, value: 'already' };
    return refuse(
      'refused',
      `${actor} has releases of its own at ${toPlace}: they cannot be joined with those that are here`,
      `switchback history --state ${toPlace}`,
    );
  }
  // Most of a long ledger is copied while the actor still works.
  await copy(options, actor, before.sequence, sequence - 1);
  const departed = await from.relocation.depart(actor, toPlace);
  if (!departed) return { ok: true, value: 0 };
  const { sequence: held } = await to.relocation.receive(actor, []);
  await copy(options, actor, held, departed.last.sequence - 1);
  await to.relocation.adopt(departed);
  return { ok: true, value: departed.outbox.length };
}

/** Brings the entries behind `held`, up to `last`. */
async function copy({ from, to }: MoveOptions, actor: string, held: number, last: number): Promise<void> {
  for (let after = held; after < last; ) {
    const page = await from.host.ledger(actor, { after, limit: Math.min(LEDGER_PAGE, last - after) });
    const { sequence } = await to.relocation.receive(actor, page);
    // What does not come on is found missing when the actor is to be adopted.
    if (sequence <= after) return;
    after = sequence;
  }
}

/** Whether what lives there now once was what is here: both chains have the same entry. */
async function isSame({ from, to }: MoveOptions, actor: string, sequence: number): Promise<boolean> {
  const query = { after: sequence - 1, limit: 1 };
  const [[here], [there]] = await Promise.all([from.host.ledger(actor, query), to.host.ledger(actor, query)]);
  return here !== undefined && here.hash === there?.hash;
}
