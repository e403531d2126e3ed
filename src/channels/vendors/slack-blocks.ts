import type { About, Outgoing } from '../../app/ports/channels.ts';
import { utcText } from '../../core/comms/utc.ts';
import { cutChars, escapeSlack } from '../text.ts';

/** Slack's limits on parts of a message: https://docs.slack.dev/reference/block-kit/blocks */
const HEADER_CHARACTERS = 150;
const FIELD_CHARACTERS = 2_000;
const SECTION_CHARACTERS = 3_000;
/** Slack refuses messages whose blocks have more than about 13,000 characters together, and says so nowhere. */
const BODY_CHARACTERS = 5_800;
const FALLBACK_CHARACTERS = 4_000;
const MAX_LINKS = 8;

export interface SlackText {
  /** What screen readers and notifications read. */
  readonly text: string;
  readonly blocks: readonly object[];
}

/** The card of an incident: what it is now, and the newest word about it. */
export function cardOf({ subject, about, message }: Outgoing): SlackText {
  return {
    text: fallback(`${subject}\n${message.text}`),
    blocks: [
      { type: 'header', text: plain(titleOf(about), HEADER_CHARACTERS) },
      { type: 'section', fields: fieldsOf(about).map(([name, value]) => plain(`${name}: ${value}`, FIELD_CHARACTERS)) },
      ...sections(message.text),
      ...linksOf(about),
    ],
  };
}

/** One message in the thread. */
export function replyOf({ subject, message }: Outgoing): SlackText {
  return { text: fallback(`${subject}\n${message.text}`), blocks: sections(message.text) };
}

/** One line that calls somebody. */
export function lineOf(text: string): SlackText {
  return { text: fallback(text), blocks: sections(text) };
}

function titleOf({ facts: { id, title, severity, drill } }: About): string {
  return `${drill ? 'DRILL ' : ''}${severity ?? 'Severity not set'} ${id}: ${title}`;
}

function fieldsOf({ facts }: About): readonly (readonly [string, string])[] {
  const { service, phase, commander, target, stable, candidate, startedAt, detectedAt, nextUpdateAt } = facts;
  const versions = target === null ? [] : [['Target', targetText(target, stable, candidate)] as const];
  return [
    ['Service', service],
    ['Phase', phase],
    ['Commander', commander ?? 'nobody yet'],
    ['Since', utcText(startedAt ?? detectedAt)],
    ...versions,
    ...(nextUpdateAt === null ? [] : [['Next update by', utcText(nextUpdateAt)] as const]),
  ];
}

function targetText(target: string, stable: string | null, candidate: string | null): string {
  return stable === null || candidate === null ? target : `${target}, version ${stable} to ${candidate}`;
}

/** Plain text, so that nothing in it becomes a mention, a link or bold type. */
function plain(text: string, max: number): object {
  return { type: 'plain_text', text: cutChars(text, max), emoji: false };
}

function sections(text: string): readonly object[] {
  const rest = cutChars(text, BODY_CHARACTERS);
  const parts = rest.length <= SECTION_CHARACTERS ? [rest] : splitAt(rest, SECTION_CHARACTERS);
  return parts.map((part) => ({ type: 'section', text: plain(part, SECTION_CHARACTERS) }));
}

/** At the last line break before the limit, where there is one. */
function splitAt(text: string, max: number): readonly string[] {
  const at = text.lastIndexOf('\n', max);
  const end = at > 0 ? at : max;
  return [text.slice(0, end), text.slice(at > 0 ? end + 1 : end)].filter((part) => part !== '');
}

function linksOf({ facts: { links } }: About): readonly object[] {
  const shown = links.slice(0, MAX_LINKS);
  if (shown.length === 0) return [];
  const text = shown.map((link) => (/^https:\/\/[^\s<>|]+$/.test(link) ? `<${escapeSlack(link)}>` : escapeSlack(link)));
  return [
    {
      type: 'context',
      elements: [{ type: 'mrkdwn', text: cutChars(text.join(' · '), FIELD_CHARACTERS), verbatim: true }],
    },
  ];
}

function fallback(text: string): string {
  return escapeSlack(cutChars(text, FALLBACK_CHARACTERS));
}
