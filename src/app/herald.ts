import { actorOf } from '../core/release/alias.ts';
import { newsOf, type ReleaseNews } from '../core/release/news.ts';
import type { AliasDoc } from '../core/release/release.ts';
import { textOf } from './error-text.ts';
import type { Announcer } from './ports/announcer.ts';
import type { AliasHost } from './ports/index.ts';

/** Tells the outside what releases of this process do, beside their work and never in its way. */
export interface Herald {
  /** A turn has been decided; whether it was kept is looked up before anything is told. Costs next to nothing. */
  decided(before: AliasDoc, after: AliasDoc, at: number): void;
  /** Resolves when everything that was noticed is told. Never rejects. */
  finish(): Promise<void>;
}

export interface HeraldOptions {
  readonly releases: Pick<AliasHost, 'read'>;
  /** Undefined where nobody wants to hear of releases. */
  readonly announcer: () => Promise<Announcer | undefined>;
  /** Only what the credentials reach is ours to speak about. */
  readonly isMine: (doc: AliasDoc) => boolean;
  readonly report: (problem: string) => void;
}

/** A process that drives ten thousand releases forgets what it told first. */
const MAX_REMEMBERED = 20_000;
/** More than this many waiting means that nobody listens: the newest are left out. */
const MAX_WAITING = 1_000;

export function createHerald({ releases, announcer, isMine, report }: HeraldOptions): Herald {
  const told = new Set<string>();
  let waiting = 0;
  let working: Promise<void> = Promise.resolve();
  const tell = async (news: ReleaseNews): Promise<void> => {
    try {
      const to = await announcer();
      if (!to) return;
      // A turn that lost against another one was never kept; its news is none.
      const doc = (await releases.read(actorOf(news.key)))?.state;
      if (doc && isMine(doc) && isKept(news, doc)) await to.announce(news);
    } catch (error) {
      report(`what release ${news.release} did was not announced: ${textOf(error)}`);
    }
  };
  return {
    decided(before, after, at) {
      for (const news of newsOf(before.release, after.release, at)) {
        if (waiting >= MAX_WAITING || told.has(news.id)) continue;
        if (told.size >= MAX_REMEMBERED) told.clear();
        told.add(news.id);
        waiting += 1;
        working = working
          .then(() => tell(news))
          .finally(() => {
            waiting -= 1;
          });
      }
    },
    finish: () => working,
  };
}

function isKept({ release, kind }: ReleaseNews, { release: now }: AliasDoc): boolean {
  // A newer release in its place: the end of this one was kept, or the newer one had not begun.
  if (now?.id !== release) return now !== null;
  return kind === 'promoted' || kind === 'rolledBack' || kind === 'halted' ? now.outcome?.state === kind : true;
}
