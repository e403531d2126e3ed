import type { StatusPage } from '../../core/status/page.ts';
import { badge } from './bars.ts';
import { feeds } from './feeds.ts';
import { statusHtml } from './html.ts';
import { statusJson } from './json.ts';

/** One file of a published page. */
export interface PageFile {
  readonly path: string;
  readonly contentType: string;
  readonly text: string;
}

const BADGES = {
  none: ['works', 'good'],
  maintenance: ['planned work', 'plan'],
  minor: ['slower', 'minor'],
  major: ['partly down', 'major'],
  critical: ['down', 'critical'],
} as const;

/** Every file of a status page, in the order in which they are to be written: what links to others comes after them. */
export function statusFiles(page: StatusPage): readonly PageFile[] {
  const [word, look] = BADGES[page.indicator];
  return [
    ...[...statusJson(page)].map(([path, body]) => ({
      path,
      contentType: 'application/json; charset=utf-8',
      text: `${JSON.stringify(body)}\n`,
    })),
    ...[...feeds(page)].map(([path, text]) => ({
      path,
      contentType: path.endsWith('.rss') ? 'application/rss+xml; charset=utf-8' : 'application/atom+xml; charset=utf-8',
      text,
    })),
    { path: 'badge.svg', contentType: 'image/svg+xml', text: badge(word, look) },
    ...[...statusHtml(page)].map(([path, text]) => ({ path, contentType: 'text/html; charset=utf-8', text })),
  ];
}
