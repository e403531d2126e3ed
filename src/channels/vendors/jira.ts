import type { ConfigOf } from '../../app/channels-schema.ts';
import type { Outgoing } from '../../app/ports/channels.ts';
import type { LookAnswer, SendAnswer } from '../../core/comms/outbox.ts';
import {
  type Adapter,
  asLook,
  basic,
  cannotTell,
  ends,
  firstRef,
  isReopened,
  JSON_HEADERS,
  messageTag,
  type Tools,
  withSecrets,
} from '../adapter.ts';
import { adfOf } from '../adf.ts';
import { type Answered, field, type Judged, jsonOf, judge, listField, textField } from '../answers.ts';
import { cutChars, oneLine } from '../text.ts';
import type { HttpRequest } from '../transport.ts';

/**
 * Jira Cloud, REST v3: one issue an incident, a comment for each message, and the workflow's own transitions. Jira knows no
 * idempotency key, so a label of the incident's is what an issue is found by, and a tag in the last line what a comment is.
 * Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3
 */
const SUMMARY_CHARACTERS = 255;
/** Older issues of the same number are of another installation, or of a state that was begun anew. */
const FOUND_WITHIN_DAYS = 30;
const COMMENTS = 50;

interface Found {
  readonly key: string;
  readonly holds: boolean;
}

export function createJira(config: ConfigOf<'jira'>, tools: Tools): Adapter {
  const api = `${(config.baseUrl ?? config.site).replace(/\/+$/, '')}/rest/api/3`;

  async function call(token: string, method: HttpRequest['method'], path: string, body?: object): Promise<Judged> {
    /** Twice does no harm. */
    const reads = method === 'GET' || method === 'PUT' || path === '/search/jql';
    const answer = await tools.exchange({
      method,
      url: `${api}${path}`,
      headers: { ...JSON_HEADERS, ...basic(config.email, token) },
      ...(body ? { body: JSON.stringify(body) } : {}),
      ...(reads ? { reads: true } : {}),
    });
    return judge(answer, {
      vendor: 'Jira',
      replaySafe: reads,
      advice: { 401: 'check email and API token', 403: 'check what the token’s owner may do in the project' },
      reason: reasonOf,
      nowMs: tools.clock.now(),
    });
  }

  /** The issue of this incident, by its label; undefined where there is none. `holds`: it was opened by this very message. */
  async function find(token: string, outgoing: Outgoing): Promise<Found | undefined | SendAnswer> {
    const label = labelOf(outgoing);
    const jql = `project = "${config.project}" AND labels = "${label}" AND created >= "-${FOUND_WITHIN_DAYS}d" ORDER BY created ASC`;
    const read = await call(token, 'POST', '/search/jql', { jql, fields: ['description'], maxResults: 1 });
    if (!read.ok) return read.send;
    const [issue] = listField(jsonOf(read.answer), 'issues');
    const key = textField(issue, 'key');
    const description = JSON.stringify(field(issue, 'fields', 'description') ?? '');
    return key === undefined ? undefined : { key, holds: description.includes(messageTag(outgoing.message.id)) };
  }

  async function create(token: string, outgoing: Outgoing): Promise<SendAnswer> {
    // A try before this one, or a person, may have opened it. Where that cannot be asked, the outbox knows enough.
    const known = await find(token, outgoing);
    if (known && 'key' in known)
      return known.holds ? { outcome: 'accepted', ref: known.key } : update(token, outgoing, known.key);
    const { subject, message } = outgoing;
    const priority = priorityOf(outgoing, config);
    const created = await call(token, 'POST', '/issue', {
      fields: {
        project: { key: config.project },
        issuetype: { name: config.issueType ?? 'Incident' },
        summary: cutChars(oneLine(subject), SUMMARY_CHARACTERS),
        description: adfOf(message.text, tagLine(outgoing)),
        labels: ['switchback', labelOf(outgoing), ...(config.labels ?? [])],
        ...(priority === undefined ? {} : { priority: { name: priority } }),
      },
    });
    if (!created.ok) return created.send;
    const key = textField(jsonOf(created.answer), 'key');
    if (!key) return { outcome: 'inDoubt', told: 'Jira answered without the issue’s key' };
    if (ends(message.stage)) await close(token, outgoing, key);
    return { outcome: 'accepted', ref: key };
  }

  /** An issue whose first word is the last one is closed at once, where the workflow lets it; the word itself has arrived. */
  async function close(token: string, outgoing: Outgoing, key: string): Promise<void> {
    const path = `/issue/${encodeURIComponent(key)}/transitions`;
    const possible = await call(token, 'GET', path);
    const wanted = wantedOf(outgoing, config);
    const ways = possible.ok ? listField(jsonOf(possible.answer), 'transitions') : [];
    const way = wanted === undefined ? undefined : ways.find((each) => isNamed(each, wanted));
    if (way) await call(token, 'POST', path, { transition: { id: textField(way, 'id') } });
  }

  /** One write: the transition with the comment in it, or the comment alone where the workflow has no such way. */
  async function update(token: string, outgoing: Outgoing, key: string): Promise<SendAnswer> {
    const issue = `/issue/${encodeURIComponent(key)}`;
    // An issue is mostly opened before anybody has set the level. Twice does no harm.
    const priority = outgoing.message.stage === 'scope' ? priorityOf(outgoing, config) : undefined;
    if (priority !== undefined) {
      const set = await call(token, 'PUT', issue, { fields: { priority: { name: priority } } });
      if (!set.ok && set.send.outcome !== 'refused') return set.send;
    }
    const wanted = wantedOf(outgoing, config);
    const possible = wanted === undefined ? undefined : await call(token, 'GET', `${issue}/transitions`);
    if (possible && !possible.ok) return possible.send;
    const ways = possible ? listField(jsonOf(possible.answer), 'transitions') : [];
    const way = ways.find((each) => isNamed(each, wanted!));
    const names = ways.map((each) => textField(each, 'name') ?? '').join(', ');
    const missing =
      wanted !== undefined && way === undefined
        ? `\nThe issue was left where it is: from here its workflow has no way to "${wanted}" (it has: ${names || 'none'}).`
        : '';
    const body = adfOf(`${outgoing.subject}\n${outgoing.message.text}${missing}`, tagLine(outgoing));
    const written = way
      ? await call(token, 'POST', `${issue}/transitions`, {
          transition: { id: textField(way, 'id') },
          update: { comment: [{ add: { body } }] },
        })
      : await call(token, 'POST', `${issue}/comment`, { body });
    return written.ok ? { outcome: 'accepted', ref: key } : written.send;
  }

  async function look(token: string, outgoing: Outgoing): Promise<LookAnswer> {
    const key = firstRef(outgoing);
    if (key === undefined) {
      const found = await find(token, outgoing);
      if (found && 'outcome' in found) return cannotTell(found);
      return found?.holds ? { outcome: 'found', ref: found.key } : { outcome: 'absent' };
    }
    const path = `/issue/${encodeURIComponent(key)}/comment?orderBy=-created&maxResults=${COMMENTS}`;
    const read = await call(token, 'GET', path);
    if (!read.ok) return cannotTell(read.send);
    const comments = listField(jsonOf(read.answer), 'comments');
    const tag = messageTag(outgoing.message.id);
    return comments.some((each) => JSON.stringify(field(each, 'body') ?? '').includes(tag))
      ? { outcome: 'found', ref: key }
      : { outcome: 'absent' };
  }

  return {
    replaySafe: false,
    canReconcile: true,
    ordered: true,
    deliver: (outgoing) =>
      withSecrets(tools, { token: config.token }, ({ token }) => {
        const key = firstRef(outgoing);
        return key === undefined ? create(token, outgoing) : update(token, outgoing, key);
      }),
    lookUp: async (outgoing) => {
      const found = await withSecrets(tools, { token: config.token }, ({ token }) => look(token, outgoing));
      return asLook(found);
    },
    check: () =>
      withSecrets(tools, { token: config.token }, async ({ token }) => {
        const read = await call(token, 'GET', `/project/${encodeURIComponent(config.project)}`);
        if (!read.ok) return read.send;
        return { outcome: 'accepted', ref: `project ${textField(jsonOf(read.answer), 'name') ?? config.project}` };
      }),
  };
}

/** Labels take no spaces; a change record of the same incident is another issue. */
function labelOf({ about, message }: Outgoing): string {
  const label = `sb-${about.facts.id.toLowerCase()}`;
  return message.audience === 'change' ? `${label}-change` : label;
}

function tagLine({ about, message }: Outgoing): string {
  return `Switchback ${about.facts.id}, ${message.stage}, ${messageTag(message.id)}`;
}

/** The transition, or the status it leads to, that this message asks for. */
function wantedOf(outgoing: Outgoing, { transitions = {} }: ConfigOf<'jira'>): string | undefined {
  const { stage } = outgoing.message;
  if (stage === 'postmortem') return undefined;
  if (ends(stage)) return transitions.resolved ?? 'Done';
  if (isReopened(outgoing)) return transitions.reopened;
  return stage === 'mitigated' ? transitions.mitigated : undefined;
}

function priorityOf({ about }: Outgoing, { priorities }: ConfigOf<'jira'>): string | undefined {
  return about.facts.severity === null ? undefined : priorities?.[about.facts.severity];
}

function isNamed(transition: unknown, wanted: string): boolean {
  const names = [textField(transition, 'name'), textField(transition, 'to', 'name')];
  return names.some((name) => name?.toLowerCase() === wanted.toLowerCase());
}

function reasonOf(answer: Answered): string | undefined {
  const json = jsonOf(answer);
  const fields = field(json, 'errors');
  const named = typeof fields === 'object' && fields !== null ? Object.entries(fields) : [];
  const limit = answer.headers['ratelimit-reason'];
  const parts = [
    ...listField(json, 'errorMessages').map(String),
    ...named.map(([name, value]) => `${name}: ${String(value)}`),
    ...(limit ? [limit] : []),
  ];
  return parts.length > 0 ? parts.join('; ') : undefined;
}
