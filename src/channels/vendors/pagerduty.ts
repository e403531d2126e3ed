import type { ConfigOf } from '../../app/channels-schema.ts';
import type { About, Outgoing } from '../../app/ports/channels.ts';
import type { SendAnswer } from '../../core/comms/outbox.ts';
import { type Adapter, ends, isReopened, JSON_HEADERS, messageTag, type Tools, withSecrets } from '../adapter.ts';
import { jsonOf, judge, listField, textField } from '../answers.ts';
import { cutChars } from '../text.ts';

/**
 * PagerDuty Events API v2: one alert an incident by its `dedup_key`, and change events beside it. Sources:
 * https://developer.pagerduty.com/docs/events-api-v2/trigger-events and …/send-change-events
 */
const BASE = 'https://events.pagerduty.com';
const SUMMARY_CHARACTERS = 1_024;
const DEDUP_CHARACTERS = 255;
const DETAIL_CHARACTERS = 10_000;
const MAX_LINKS = 10;

const SEVERITIES = { 'SEV-1': 'critical', 'SEV-2': 'error', 'SEV-3': 'warning' } as const;

export function createPagerDuty(config: ConfigOf<'pagerduty'>, tools: Tools): Adapter {
  const send = (body: (routingKey: string) => object, ref: string): Promise<SendAnswer> =>
    enqueue(config, tools, '/v2/enqueue', body, ref);
  return {
    // The receiver knows an alert by its key: twice leaves one.
    replaySafe: true,
    canReconcile: false,
    deliver(outgoing) {
      const { about, message } = outgoing;
      const key = dedupKey(about.facts.id);
      const action = actionOf(outgoing);
      if (action === undefined)
        return Promise.resolve({
          outcome: 'refused',
          told: 'PagerDuty has no place for a postmortem: send it elsewhere',
        });
      if (action !== 'trigger')
        return send((routing_key) => ({ routing_key, event_action: action, dedup_key: key }), key);
      return send(
        (routing_key) => trigger(routing_key, key, outgoing.subject, message.text, message.createdAt, about),
        key,
      );
    },
    /** Only what nobody answers calls by telephone; everything else is read in the morning as well. */
    remind({ key, subject, told, incident, about }) {
      if (subject !== 'acknowledge' && subject !== 'approval')
        return Promise.resolve({ outcome: 'refused', told: `nobody is paged about this (${subject})` });
      const dedup = cutChars(`${dedupKey(incident)}/${messageTag(key)}`, DEDUP_CHARACTERS);
      const at = tools.clock.now();
      return send((routing_key) => trigger(routing_key, dedup, `${incident}: ${told}`, told, at, about), dedup);
    },
    tidy({ about }) {
      const key = dedupKey(about.facts.id);
      return send((routing_key) => ({ routing_key, event_action: 'resolve', dedup_key: key }), key);
    },
  };
}

/** Change events: they page nobody and are kept 90 days beside the alerts. A doubled one does no harm. */
export function createPagerDutyChange(config: ConfigOf<'pagerduty-change'>, tools: Tools): Adapter {
  const send = (summary: string, source: string, at: number, details: object, more: object, ref: string) =>
    enqueue(
      config,
      tools,
      '/v2/change/enqueue',
      (routing_key) => ({
        routing_key,
        payload: {
          summary: cutChars(summary, SUMMARY_CHARACTERS),
          source,
          timestamp: new Date(at).toISOString(),
          custom_details: details,
        },
        ...more,
      }),
      ref,
    );
  return {
    replaySafe: true,
    canReconcile: false,
    deliver: ({ about, message, subject }) => {
      const details = detailsOf(about, message.text);
      return send(subject, sourceOf(about), message.createdAt, details, linksOf(about), messageTag(message.id));
    },
    announce: ({ release, key, kind, stable, candidate, weightPercent, at, text }) => {
      const target = `${key.function}:${key.alias}`;
      const details = { release, target, from: stable, to: candidate, weightPercent, region: key.region, kind };
      return send(text, `${target} in ${key.region}`, at, details, {}, release);
    },
  };
}

async function enqueue(
  config: ConfigOf<'pagerduty' | 'pagerduty-change'>,
  tools: Tools,
  path: string,
  body: (routingKey: string) => object,
  ref: string,
): Promise<SendAnswer> {
  return withSecrets(tools, { routingKey: config.routingKey }, async ({ routingKey }) => {
    const answer = await tools.exchange({
      method: 'POST',
      url: `${config.baseUrl ?? BASE}${path}`,
      headers: JSON_HEADERS,
      body: JSON.stringify(body(routingKey)),
    });
    const judged = judge(answer, {
      vendor: 'PagerDuty',
      replaySafe: true,
      advice: { 400: 'check the routing key: it must be an Events API v2 integration’s' },
      reason: (each) =>
        [textField(jsonOf(each), 'message'), ...listField(jsonOf(each), 'errors')].filter(Boolean).join('; '),
      nowMs: tools.clock.now(),
    });
    return judged.ok ? { outcome: 'accepted', ref } : judged.send;
  });
}

/**
 * What a message does to the alert. Once acknowledged here, further words keep it so; an incident that is open again is a
 * fresh trigger, for after a resolve the same key opens a new alert.
 */
function actionOf(outgoing: Outgoing): 'trigger' | 'acknowledge' | 'resolve' | undefined {
  const { message, about } = outgoing;
  if (message.stage === 'postmortem') return undefined;
  if (ends(message.stage)) return 'resolve';
  const first = outgoing.earlier.every(({ audience }) => audience !== message.audience);
  return first || isReopened(outgoing) || about.facts.commander === null ? 'trigger' : 'acknowledge';
}

function trigger(
  routing_key: string,
  dedup_key: string,
  subject: string,
  text: string,
  at: number,
  about: About,
): object {
  const { facts } = about;
  const severity = facts.severity === null ? 'error' : SEVERITIES[facts.severity];
  return {
    routing_key,
    event_action: 'trigger',
    dedup_key,
    client: 'Switchback',
    payload: {
      summary: cutChars(subject, SUMMARY_CHARACTERS),
      source: sourceOf(about),
      severity: facts.drill || about.kind === 'nearMiss' ? 'info' : severity,
      timestamp: new Date(at).toISOString(),
      component: facts.components[0] ?? facts.service,
      group: facts.service,
      class: about.rolledBack ? 'rollback' : about.source,
      custom_details: detailsOf(about, text),
    },
    ...linksOf(about),
  };
}

function detailsOf({ facts, region }: About, text: string): object {
  const { id, target, releaseId, stable, candidate, weightPercent, breach } = facts;
  const known = {
    incident: id,
    target,
    release: releaseId,
    from: stable,
    to: candidate,
    weightPercent,
    breach,
    region,
  };
  return {
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== null)),
    text: cutChars(text, DETAIL_CHARACTERS),
  };
}

function linksOf({ facts }: About): object {
  const links = facts.links.filter((link) => /^https:\/\/\S+$/.test(link)).slice(0, MAX_LINKS);
  return links.length === 0 ? {} : { links: links.map((href) => ({ href, text: href })) };
}

function sourceOf({ facts, region }: About): string {
  return [facts.target ?? facts.service, region].filter((part) => part !== null).join(' in ');
}

function dedupKey(incident: string): string {
  return cutChars(`switchback/${incident}`, DEDUP_CHARACTERS);
}
