import { isAbsolute, resolve } from 'node:path';
import { textOf } from '../app/error-text.ts';
import type { Channels } from '../app/ports/channels.ts';
import type { Clock } from '../app/ports/clock.ts';
import type { PageTarget } from '../app/ports/page-target.ts';
import type { KeptPage } from '../app/status/publish.ts';
import type { StatusPageConfig } from '../app/status/schema.ts';
import type { Aws } from '../aws/index.ts';
import type { Incident } from '../core/incident/incident.ts';

/** The status pages that the configuration sets up. */
export interface PageSettings {
  readonly config: StatusPageConfig;
  /** What folders in it are relative to. */
  readonly folder: string;
}

export type ReadPageSettings = () => Promise<PageSettings | undefined>;

/** The pages of a state, kept up by whoever changes an incident. */
export interface Pages {
  /** The channels, and the public page as one of them. */
  asChannel(channels: Channels): Channels;
  /** An incident has changed. */
  changed(): void;
  /** Writes the pages where something has changed, or where they have become old. Never throws. */
  flush(): Promise<void>;
}

/** A page says when it was made: older than this it is made anew by whoever stays. */
const FRESH_MS = 5 * 60_000;
/** After a failure the next try waits this long. */
const RETRY_MS = 10_000;

/** Undefined where no page has a place to lie. */
export async function pagesOf(
  read: ReadPageSettings | undefined,
  given: {
    readonly aws: Aws;
    readonly clock: Clock;
    readonly incidents: () => Promise<readonly Incident[]>;
    readonly report: (problem: string) => void;
  },
): Promise<Pages | undefined> {
  const { aws, clock, incidents, report } = given;
  const settings = await read?.().catch((error: unknown) => {
    report(`no status page is kept up: ${textOf(error)}`);
    return undefined;
  });
  if (!settings) return undefined;
  const kept = (['public', 'internal'] as const).flatMap((audience): KeptPage[] => {
    const place = settings.config[audience];
    return place === undefined ? [] : [{ audience, target: targetAt(aws, place, settings.folder) }];
  });
  if (kept.length === 0) return undefined;
  const [{ createPublisher }, { withPage }, { statusFiles }] = await Promise.all([
    import('../app/status/publish.ts'),
    import('../app/status/channel.ts'),
    import('../present/status/files.ts'),
  ]);
  const publisher = createPublisher(settings.config, kept, { clock, incidents, render: statusFiles });
  let changed = false;
  let nextMs = clock.now() + FRESH_MS;
  return {
    asChannel: (channels) =>
      settings.config.public === undefined ? channels : withPage(channels, publisher, settings.config.url ?? null),
    changed: () => {
      changed = true;
    },
    async flush() {
      const now = clock.now();
      if (!changed && now < nextMs) return;
      if (changed && now < nextMs && nextMs - now <= RETRY_MS) return;
      changed = false;
      nextMs = now + FRESH_MS;
      try {
        await publisher.publish();
      } catch (error) {
        changed = true;
        nextMs = now + RETRY_MS;
        report(`the status page could not be written: ${textOf(error)}`);
      }
    },
  };
}

/** `s3://bucket/prefix`, or a folder. */
export function targetAt(aws: Pick<Aws, 'site'>, place: string, folder: string): PageTarget {
  const bucket = /^s3:\/\/([^/]+)\/?(.*)$/.exec(place);
  if (bucket) {
    const prefix = bucket[2]!.replace(/\/+$/, '');
    return aws.site(bucket[1]!, prefix === '' ? '' : `${prefix}/`);
  }
  return lazyFolder(isAbsolute(place) ? place : resolve(folder, place));
}

function lazyFolder(folder: string): PageTarget {
  return {
    place: folder,
    async write(path, text, contentType) {
      const { folderTarget } = await import('../app/status/folder.ts');
      await folderTarget(folder).write(path, text, contentType);
    },
  };
}
