import type { PageIncident, PageUpdate } from '../../core/status/incidents.ts';
import type { StatusPage } from '../../core/status/page.ts';
import { MAX_LISTED } from '../../core/status/settings.ts';
import { incidentUrl, iso } from './json.ts';
import { STATUS_WORDS } from './words.ts';

/** One entry of a feed. Its id never changes, so that a reader shows it once and follows its changes. */
interface FeedEntry {
  readonly id: string;
  readonly title: string;
  readonly url: string | null;
  readonly publishedMs: number;
  readonly updatedMs: number;
  readonly text: string;
}

/** The feeds of a page, by their paths: an entry for each incident, or for each update; Atom (RFC 4287) and RSS 2.0. */
export function feeds(page: StatusPage): ReadonlyMap<string, string> {
  const incidents = page.incidents.slice(0, MAX_LISTED).map((incident) => incidentEntry(page, incident));
  const updates = page.incidents
    .flatMap((incident) => incident.updates.map((update) => ({ incident, update })))
    .sort((a, b) => b.update.atMs - a.update.atMs)
    .slice(0, MAX_LISTED)
    .map(({ incident, update }) => updateEntry(page, incident, update));
  return new Map([
    ['history.atom', atom(page, 'history.atom', incidents)],
    ['updates.atom', atom(page, 'updates.atom', updates)],
    ['history.rss', rss(page, incidents)],
  ]);
}

function incidentEntry(page: StatusPage, incident: PageIncident): FeedEntry {
  const { id, name, startedMs, updatedMs, updates } = incident;
  return {
    id: tag(page, id, startedMs),
    title: name,
    url: incidentUrl(page, incident),
    publishedMs: updates[0]?.atMs ?? startedMs,
    updatedMs,
    text: updates.toReversed().map(updateText).join('\n\n'),
  };
}

function updateEntry(page: StatusPage, incident: PageIncident, update: PageUpdate): FeedEntry {
  return {
    id: tag(page, update.id, update.atMs),
    title: `${STATUS_WORDS[update.status]}: ${incident.name}`,
    url: incidentUrl(page, incident),
    publishedMs: update.atMs,
    updatedMs: update.atMs,
    text: update.body,
  };
}

function updateText({ atMs, status, body }: PageUpdate): string {
  return `${STATUS_WORDS[status]}, ${iso(atMs).slice(0, 16).replace('T', ' ')} UTC: ${body}`;
}

/** A tag URI (RFC 4151) by the page's host and the day of the thing itself. */
function tag({ settings }: StatusPage, id: string, atMs: number): string {
  const host = settings.url === null ? `${settings.id}.invalid` : new URL(settings.url).hostname;
  return `tag:${host},${iso(atMs).slice(0, 10)}:${id}`;
}

function atom(page: StatusPage, file: string, entries: readonly FeedEntry[]): string {
  const { name, url } = page.settings;
  const newest = Math.max(0, ...entries.map(({ updatedMs }) => updatedMs));
  return xml([
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `<id>${escaped(tag(page, file, 0))}</id>`,
    `<title>${escaped(name)}</title>`,
    `<updated>${iso(entries.length > 0 ? newest : page.generatedMs)}</updated>`,
    `<author><name>${escaped(name)}</name></author>`,
    ...(url === null
      ? []
      : [`<link rel="self" href="${escaped(`${url}/${file}`)}"/>`, `<link href="${escaped(url)}/"/>`]),
    ...entries.flatMap((entry) => [
      '<entry>',
      `<id>${escaped(entry.id)}</id>`,
      `<title>${escaped(entry.title)}</title>`,
      `<published>${iso(entry.publishedMs)}</published>`,
      `<updated>${iso(entry.updatedMs)}</updated>`,
      ...(entry.url === null ? [] : [`<link href="${escaped(entry.url)}"/>`]),
      `<content type="text">${escaped(entry.text)}</content>`,
      '</entry>',
    ]),
    '</feed>',
  ]);
}

function rss(page: StatusPage, entries: readonly FeedEntry[]): string {
  const { name, url } = page.settings;
  return xml([
    '<rss version="2.0"><channel>',
    `<title>${escaped(name)}</title>`,
    `<link>${escaped(url ?? '')}</link>`,
    `<description>${escaped(`Incidents of ${name}`)}</description>`,
    ...entries.flatMap((entry) => [
      '<item>',
      `<guid isPermaLink="false">${escaped(entry.id)}</guid>`,
      `<title>${escaped(entry.title)}</title>`,
      ...(entry.url === null ? [] : [`<link>${escaped(entry.url)}</link>`]),
      `<pubDate>${new Date(entry.publishedMs).toUTCString()}</pubDate>`,
      `<description>${escaped(entry.text)}</description>`,
      '</item>',
    ]),
    '</channel></rss>',
  ]);
}

function xml(lines: readonly string[]): string {
  return `<?xml version="1.0" encoding="utf-8"?>\n${lines.join('\n')}\n`;
}

/** Text as XML 1.0 takes it: marks escaped, characters that it forbids left out. */
export function escaped(text: string): string {
  return [...text.toWellFormed()]
    .filter(isAllowed)
    .join('')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function isAllowed(character: string): boolean {
  const code = character.codePointAt(0)!;
  return code >= 0x20 ? code !== 0xfffe && code !== 0xffff : code === 0x9 || code === 0xa || code === 0xd;
}
