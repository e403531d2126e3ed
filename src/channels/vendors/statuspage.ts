import type { ConfigOf } from '../../app/channels-schema.ts';
import type { About, Outgoing } from '../../app/ports/channels.ts';
import type { LookAnswer, SendAnswer } from '../../core/comms/outbox.ts';
import { type Adapter, asLook, cannotTell, ends, firstRef, JSON_HEADERS, type Tools, withSecrets } from '../adapter.ts';
import { field, type Judged, jsonOf, judge, listField, type Manners, textField } from '../answers.ts';
import { cutChars, oneLine } from '../text.ts';
import type { HttpRequest } from '../transport.ts';

/**
 * Atlassian Statuspage: one incident of the page for each of ours, an update for each message, and the components that we
 * know. Every write with a body is a public update, so none is repeated on a doubt. Source: https://developer.statuspage.io
 */
const BASE = 'https://api.statuspage.io/v1';
const NAME_CHARACTERS = 255;
const BODY_CHARACTERS = 25_000;

const IMPACT = { 'SEV-1': 'critical', 'SEV-2': 'major', 'SEV-3': 'minor' } as const;
const DOWN = { 'SEV-1': 'major_outage', 'SEV-2': 'partial_outage', 'SEV-3': 'degraded_performance' } as const;
const STATUS = {
  ack: 'investigating',
  scope: 'identified',
  update: 'identified',
  mitigated: 'monitoring',
  resolved: 'resolved',
  retracted: 'resolved',
  postmortem: 'resolved',
} as const;

export function createStatuspage(config: ConfigOf<'statuspage'>, tools: Tools): Adapter {
  const page = `${config.baseUrl ?? BASE}/pages/${encodeURIComponent(config.page)}`;
  const manners: Omit<Manners, 'replaySafe'> = {
    vendor: 'Statuspage',
    advice: { 401: 'check the API key', 404: 'check the id of the page', 422: 'it does not take these values' },
    reason: (answer) => textField(jsonOf(answer), 'message') ?? textField(jsonOf(answer), 'error'),
    nowMs: 0,
  };

  async function call(token: string, method: HttpRequest['method'], path: string, body?: object): Promise<Judged> {
    const answer = await tools.exchange({
      method,
      url: `${page}${path}`,
      headers: { ...JSON_HEADERS, authorization: `OAuth ${token}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return judge(answer, { ...manners, replaySafe: method === 'GET' || method === 'PUT', nowMs: tools.clock.now() });
  }

  /** Those of ours that this incident is about; on the page's own ids. */
  function mine({ facts }: About): readonly string[] {
    const names = [...facts.components, facts.service];
    return [...new Set(names.flatMap((name) => config.components?.[name] ?? []))];
  }

  /** Our components as this message leaves them. What another open incident holds down stays down. */
  async function components(token: string, outgoing: Outgoing, id: string | undefined): Promise<object | SendAnswer> {
    const ids = mine(outgoing.about);
    const status = componentStatus(outgoing);
    if (ids.length === 0) return {};
    const held = new Set<string>();
    if (status === 'operational') {
      const open = await call(token, 'GET', '/incidents/unresolved');
      if (!open.ok) return open.send.outcome === 'accepted' ? {} : later(open.send);
      const others = listField(jsonOf(open.answer)).filter((each) => textField(each, 'id') !== id);
      for (const each of others.flatMap((other) => listField(other, 'components')))
        held.add(textField(each, 'id') ?? '');
    }
    const free = ids.filter((each) => !held.has(each));
    return { component_ids: ids, components: Object.fromEntries(free.map((each) => [each, status])) };
  }

  async function deliver(token: string, outgoing: Outgoing): Promise<SendAnswer> {
    const { message, about, subject } = outgoing;
    const id = firstRef(outgoing);
    if (message.stage === 'postmortem') return postmortem(token, id, message.text);
    const changed = await components(token, outgoing, id);
    if ('outcome' in changed) return changed;
    const { severity } = about.facts;
    const incident = {
      ...(id === undefined ? { name: cutChars(oneLine(subject), NAME_CHARACTERS) } : {}),
      status: STATUS[message.stage],
      ...(severity === null ? {} : { impact_override: IMPACT[severity] }),
      body: cutChars(message.text, BODY_CHARACTERS),
      ...changed,
      deliver_notifications: config.notify ?? true,
      metadata: { switchback: { incident: about.facts.id, message: message.id } },
    };
    const written =
      id === undefined
        ? await call(token, 'POST', '/incidents', { incident })
        : await call(token, 'PATCH', `/incidents/${encodeURIComponent(id)}`, { incident });
    if (!written.ok) return written.send;
    const ref = id ?? textField(jsonOf(written.answer), 'id');
    return ref
      ? { outcome: 'accepted', ref }
      : { outcome: 'inDoubt', told: 'Statuspage answered without the incident’s id' };
  }

  /** Both steps may be repeated. */
  async function postmortem(token: string, id: string | undefined, text: string): Promise<SendAnswer> {
    if (id === undefined) return { outcome: 'refused', told: 'the page has no such incident to add a postmortem to' };
    const path = `/incidents/${encodeURIComponent(id)}/postmortem`;
    const written = await call(token, 'PUT', path, { postmortem: { body_draft: cutChars(text, BODY_CHARACTERS) } });
    if (!written.ok) return written.send;
    const notify = config.notify ?? true;
    const published = await call(token, 'PUT', `${path}/publish`, {
      postmortem: { notify_subscribers: notify, notify_twitter: false },
    });
    return published.ok ? { outcome: 'accepted', ref: id } : published.send;
  }

  async function look(token: string, outgoing: Outgoing): Promise<LookAnswer> {
    const { message } = outgoing;
    const id = firstRef(outgoing);
    // One that was opened with its last word is not among the open ones.
    const all = ends(message.stage) ? '/incidents?limit=100' : '/incidents/unresolved';
    const read = await call(token, 'GET', id === undefined ? all : `/incidents/${encodeURIComponent(id)}`);
    if (!read.ok) return cannotTell(read.send);
    const json = jsonOf(read.answer);
    if (id === undefined) {
      const ours = listField(json).find((each) => textField(each, 'metadata', 'switchback', 'message') === message.id);
      const found = textField(ours, 'id');
      return found ? { outcome: 'found', ref: found } : { outcome: 'absent' };
    }
    const text = cutChars(message.text, BODY_CHARACTERS).trim();
    const since = message.createdAt - SKEW_MS;
    const written = listField(json, 'incident_updates').some((update) => {
      const at = Date.parse(textField(update, 'created_at') ?? '');
      return textField(update, 'body')?.trim() === text && !(at < since);
    });
    return written || textField(json, 'metadata', 'switchback', 'message') === message.id
      ? { outcome: 'found', ref: id }
      : { outcome: 'absent' };
  }

  return {
    replaySafe: false,
    canReconcile: true,
    ordered: true,
    deliver: (outgoing) => withSecrets(tools, { token: config.token }, ({ token }) => deliver(token, outgoing)),
    lookUp: async (outgoing) => {
      const found = await withSecrets(tools, { token: config.token }, ({ token }) => look(token, outgoing));
      return asLook(found);
    },
    check: () =>
      withSecrets(tools, { token: config.token }, async ({ token }) => {
        const read = await call(token, 'GET', '');
        if (!read.ok) return read.send;
        return { outcome: 'accepted', ref: `page ${textField(field(jsonOf(read.answer)), 'name') ?? config.page}` };
      }),
  };
}

/** Clocks differ. */
const SKEW_MS = 120_000;

function componentStatus({ message, about }: Outgoing): string {
  if (ends(message.stage)) return 'operational';
  if (message.stage === 'mitigated') return 'degraded_performance';
  const { severity, effect } = about.facts;
  if (effect === 'unavailable') return 'major_outage';
  return severity === null ? 'degraded_performance' : DOWN[severity];
}

/** A look beforehand that failed: nothing was written, whatever it was. */
function later(answer: SendAnswer): SendAnswer {
  return answer.outcome === 'inDoubt' ? { outcome: 'later', told: answer.told, afterMs: null } : answer;
}
