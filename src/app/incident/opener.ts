import { isTakenAlong } from '../../core/release/member.ts';
import { type AliasDoc, type Release, stateOf } from '../../core/release/release.ts';
import { textOf } from '../error-text.ts';
import type { Clock } from '../ports/clock.ts';
import type { HostUpkeep } from '../ports/host-upkeep.ts';
import type { AliasHost } from '../ports/index.ts';
import type { IncidentHost } from './perform.ts';
import type { IncidentSetup } from './setup.ts';

export interface OpenerOptions {
  readonly releases: Pick<AliasHost, 'read' | 'list'>;
  readonly incidents: Pick<IncidentHost, 'deliver' | 'read' | 'list'> & Pick<HostUpkeep, 'briefs'>;
  readonly clock: Clock;
  readonly setup: () => Promise<IncidentSetup>;
  /** Only what the credentials reach is ours to speak about. */
  readonly isMine: (doc: AliasDoc) => boolean;
  readonly report: (problem: string) => void;
}

/** Opens the incident of a release that went wrong, exactly once, whichever process looks first. */
export interface Opener {
  /**
   * A release of this alias has just ended, or the one that is named waits in a hold: it is looked at soon. Costs nothing; may
   * be told too often, as with every look of the guards at a release that is held.
   */
  noticed(actor: string, held?: string): void;
  /** Looks at this alias now: before another release takes the place of one that nobody has looked at. Never throws. */
  look(actor: string): Promise<void>;
  /** Looks at everything that was noticed, and at holds whose time has come. Never throws. */
  flush(): Promise<void>;
  /** Looks at every alias: what ended while no process was there. Never throws. */
  catchUp(signal: AbortSignal): Promise<void>;
}

/** What ended longer ago is history: nobody is called for it because a new version reads an old state. */
const LOOK_BACK_MS = 24 * 3_600_000;
const PAGE = 100;
/** Ends that need no second look; forgetting them costs a read. */
const MAX_REMEMBERED = 10_000;
/** A state that does not answer is asked again after this long. */
const AFTER_FAILURE_MS = 15_000;
/** Reading many documents must not keep anybody waiting. */
const BETWEEN_PAGES_MS = 20;

export function createOpener(options: OpenerOptions): Opener {
  const { releases, clock, report } = options;
  const waiting = new Set<string>();
  const held = new Map<string, { readonly release: string | null; readonly at: number }>();
  const settled = new Set<string>();
  let working: Promise<void> = Promise.resolve();

  const look = async (actor: string, isNews: boolean): Promise<void> => {
    try {
      const doc = (await releases.read(actor))?.state;
      if (!doc?.release || !options.isMine(doc)) return;
      const key = `${doc.release.id}/${stateOf(doc.release)}`;
      if (settled.has(key)) return;
      if (!isConcerning(doc.release, clock.now())) return;
      // Most releases end well, and never need the rest.
      const { consider } = await import('./consider.ts');
      const lookAgainAt = await consider(options, doc.release, isNews);
      if (settled.size >= MAX_REMEMBERED) settled.clear();
      if (lookAgainAt === undefined) settled.add(key);
      // What waits in a hold is looked at when its time has come, or when it ends.
      const { id, outcome } = doc.release;
      if (outcome === null) held.set(actor, { release: id, at: lookAgainAt ?? Number.POSITIVE_INFINITY });
      else held.delete(actor);
    } catch (error) {
      held.set(actor, { release: null, at: clock.now() + AFTER_FAILURE_MS });
      report(`whether ${actor} needs an incident could not be seen: ${textOf(error)}`);
    }
  };
  const lookAt = (actors: readonly string[], isNews = false): Promise<void> => {
    working = working.then(async () => {
      for (const actor of actors) await look(actor, isNews);
    });
    return working;
  };
  return {
    noticed(actor, waits) {
      if (waits === undefined || held.get(actor)?.release !== waits) waiting.add(actor);
    },
    look: (actor) => lookAt([actor]),
    flush() {
      const now = clock.now();
      const due = [...held].filter(([, { at }]) => now >= at).map(([actor]) => actor);
      for (const actor of due) held.delete(actor);
      const news = [...waiting];
      const others = due.filter((actor) => !waiting.has(actor));
      waiting.clear();
      void lookAt(news, true);
      return lookAt(others);
    },
    async catchUp(signal) {
      try {
        for (let after = ''; !signal.aborted; ) {
          const page = await releases.list({ after, limit: PAGE });
          await lookAt(page.filter(({ state }) => isConcerning(state.release, clock.now())).map(({ actor }) => actor));
          const last = page.at(-1);
          if (!last || page.length < PAGE) return;
          after = last.actor;
          await clock.sleep(BETWEEN_PAGES_MS, signal);
        }
      } catch (error) {
        if (!signal.aborted) report(`releases without their incident could not be looked for: ${textOf(error)}`);
      }
    },
  };
}

/** Whether a release has ended otherwise than it should, or is held: cheap enough to ask after every turn. */
export function isConcerning(release: Release | null, nowMs: number): boolean {
  if (!release) return false;
  const { outcome, held } = release;
  if (!outcome) return held !== null;
  if (outcome.state === 'rolledBack' && isTakenAlong(release)) return false;
  return outcome.state !== 'promoted' && nowMs - outcome.at <= LOOK_BACK_MS;
}
