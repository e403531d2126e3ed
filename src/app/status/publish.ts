import { createHash } from 'node:crypto';
import type { Incident } from '../../core/incident/incident.ts';
import { type StatusPage, statusPage } from '../../core/status/page.ts';
import type { PageAudience } from '../../core/status/settings.ts';
import type { Clock } from '../ports/clock.ts';
import type { PageTarget } from '../ports/page-target.ts';
import { pageSettings, type StatusPageConfig } from './schema.ts';

export interface PublishedFile {
  readonly path: string;
  readonly contentType: string;
  readonly text: string;
}

export interface PublishPorts {
  readonly clock: Pick<Clock, 'now'>;
  /** Every incident of the state. */
  readonly incidents: () => Promise<readonly Incident[]>;
  /** The files of a page, what links to others behind them. */
  readonly render: (page: StatusPage) => readonly PublishedFile[];
}

/** One page that is kept up: who may read it, and where it lies. */
export interface KeptPage {
  readonly audience: PageAudience;
  readonly target: PageTarget;
}

export interface Published {
  readonly page: StatusPage;
  readonly place: string;
  readonly written: number;
}

export interface Publisher {
  /** Makes every page anew and writes the files that changed. Throws where one cannot be written. */
  publish(): Promise<readonly Published[]>;
}

/** Keeps pages up. Files that are as they were are not written again. */
export function createPublisher(config: StatusPageConfig, pages: readonly KeptPage[], ports: PublishPorts): Publisher {
  const known = new Map<string, string>();
  let last: Promise<unknown> = Promise.resolve();
  const publish = async (): Promise<readonly Published[]> => {
    const incidents = await ports.incidents();
    const done: Published[] = [];
    for (const { audience, target } of pages) {
      const page = pageOf(config, incidents, audience, ports.clock.now());
      done.push({ page, place: target.place, written: await write(target, ports.render(page), known) });
    }
    return done;
  };
  return {
    // One after the other: an older page must never be written over a newer one.
    publish() {
      const next = last.then(publish, publish);
      last = next.catch(() => undefined);
      return next;
    },
  };
}

/** The page as data. */
export function pageOf(
  config: StatusPageConfig,
  incidents: readonly Incident[],
  audience: PageAudience,
  nowMs: number,
): StatusPage {
  const shown = incidents.filter(({ kind, private: hidden }) => kind !== 'drill' && !hidden);
  return statusPage(
    pageSettings(
      config,
      shown.map(({ service }) => service),
    ),
    incidents,
    audience,
    nowMs,
  );
}

async function write(target: PageTarget, files: readonly PublishedFile[], known: Map<string, string>): Promise<number> {
  let written = 0;
  for (const { path, text, contentType } of files) {
    const name = `${target.place} ${path}`;
    const digest = createHash('sha256').update(text).digest('hex');
    if (known.get(name) === digest) continue;
    await target.write(path, text, contentType);
    known.set(name, digest);
    written += 1;
  }
  return written;
}
