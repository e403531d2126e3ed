import { dueAt, wakeMessage } from '../comms/outbox.ts';
import { formatDuration } from '../duration.ts';
import { SYSTEM } from '../who.ts';
import { describe } from './asking.ts';
import type { ReminderSubject } from './commands.ts';
import { type ActionItem, type Incident, isLive } from './incident.ts';
import { levelRule, paceMs } from './levels.ts';
import { takeMessage } from './outbox.ts';
import type { NewEntry } from './timeline.ts';
import { type IncidentTurn, quiet, record, type Source, then } from './turn.ts';

/** Whom nobody answers three times is called no more: by then the reminder itself is the failure to look into. */
export const MAX_ACK_CALLS = 3;
/** Eight hours of measuring once a minute; an impact that lasts longer does not change every minute. */
export const MAX_MEASURES = 480;
/** Of the same kind and in one turn, so that a turn never asks for more than a host takes; the rest follows at once. */
export const MAX_DUE = 20;
/** Later ones still call, but add nothing to the record. */
export const MAX_OVERDUE_ENTRIES = 100;
const DAY_MS = 86_400_000;

/** When the incident wants to be woken: the single replacement for timers. */
export function wakeAt(incident: Incident): number | null {
  const { reminders } = incident;
  const times = [
    reminders.ackDueAt,
    reminders.commanderDueAt,
    reminders.nextUpdateAt,
    longAt(incident),
    reminders.measureAt,
    postmortemAt(incident),
    ...incident.actionItems.map(itemAt),
    ...incident.pending.map(({ expiresAt }) => expiresAt),
    ...incident.messages.map(dueAt),
  ].filter((time) => time !== null);
  return times.length === 0 ? null : Math.min(...times);
}

/** Everything that is due at `at`; the very same incident where nothing is. */
export function wake(incident: Incident, at: number): IncidentTurn {
  const due = wakeAt(incident);
  if (due === null || at < due) return quiet(incident);
  const source: Source = { at, who: SYSTEM, cause: `${incident.id}/tick/${incident.version}` };
  return [unacknowledged, unled, overdue, longer, measure, expired, messages, postmortemDue, itemsDue].reduce(
    (turn, each) => then(turn, (next) => each(next, source)),
    quiet(incident),
  );
}

type Clock = (incident: Incident, source: Source) => IncidentTurn;

const isDue = (time: number | null, { at }: Source): time is number => time !== null && at >= time;

const unacknowledged: Clock = (incident, source) => {
  const { reminders } = incident;
  if (!isDue(reminders.ackDueAt, source)) return quiet(incident);
  const acksMissed = reminders.acksMissed + 1;
  const ackDueAt = acksMissed >= MAX_ACK_CALLS ? null : source.at + levelRule(incident).actions.ackWithinMs;
  const text = `nobody has acknowledged it for ${formatDuration(source.at - incident.marks.detectedAt)}`;
  return call({ ...incident, reminders: { ...reminders, acksMissed, ackDueAt } }, source, 'acknowledge', {
    kind: 'escalated',
    text,
  });
};

const unled: Clock = (incident, source) => {
  if (!isDue(incident.reminders.commanderDueAt, source)) return quiet(incident);
  const led: Incident = { ...incident, reminders: { ...incident.reminders, commanderDueAt: null } };
  return call(led, source, 'commander', { kind: 'escalated', text: 'it has no incident commander yet' });
};

const overdue: Clock = (incident, source) => {
  const { reminders } = incident;
  if (!isDue(reminders.nextUpdateAt, source)) return quiet(incident);
  const next: Incident = {
    ...incident,
    reminders: {
      ...reminders,
      updatesMissed: reminders.updatesMissed + 1,
      nextUpdateAt: source.at + paceMs(incident),
    },
  };
  const text = `the update is overdue; one was due every ${formatDuration(paceMs(incident))}`;
  const entry = { kind: 'update.overdue', text } as const;
  return call(next, source, 'update', entry, reminders.updatesMissed < MAX_OVERDUE_ENTRIES);
};

const longer: Clock = (incident, source) => {
  if (!isDue(longAt(incident), source)) return quiet(incident);
  const long: Incident = { ...incident, reminders: { ...incident.reminders, long: true } };
  const text = `it has lasted ${formatDuration(source.at - incident.marks.detectedAt)}; updates come every ${formatDuration(paceMs(long))} from now on`;
  return quiet(record(long, source, { kind: 'note', text }));
};

const measure: Clock = (incident, source) => {
  const { reminders, subject, policy, marks } = incident;
  if (!isDue(reminders.measureAt, source) || !subject) return quiet(incident);
  const measures = reminders.measures + 1;
  const measureAt = measures >= MAX_MEASURES ? null : source.at + policy.severities.recheckEveryMs;
  return {
    incident: { ...incident, reminders: { ...reminders, measures, measureAt } },
    commands: [
      {
        kind: 'measureImpact',
        key: `${incident.id}/measure/${measures}`,
        subject,
        sinceMs: marks.impactStartedAt ?? marks.detectedAt,
      },
    ],
  };
};

const expired: Clock = (incident, source) => {
  const over = incident.pending.filter(({ expiresAt }) => source.at >= expiresAt);
  if (over.length === 0) return quiet(incident);
  const pending = incident.pending.filter(({ expiresAt }) => source.at < expiresAt);
  const entries = over.map(
    ({ order }): NewEntry => ({
      kind: 'approval.expired',
      text: `${describe(order)}: nobody approved it in time, so it was not done`,
    }),
  );
  return quiet(record({ ...incident, pending }, source, ...entries));
};

const messages: Clock = (incident, source) =>
  incident.messages
    .flatMap((message) => {
      const woken = wakeMessage(message, source.at);
      return woken ? [{ message, woken }] : [];
    })
    .slice(0, MAX_DUE)
    .reduce(
      (turn, { message, woken }) => then(turn, (next) => takeMessage(next, message, woken, source)),
      quiet(incident),
    );

const postmortemDue: Clock = (incident, source) => {
  if (!isDue(postmortemAt(incident), source)) return quiet(incident);
  const { postmortem } = incident;
  const reminded: Incident = { ...incident, postmortem: { ...postmortem, remindedAt: source.at } };
  const text = `the postmortem was due ${formatDuration(source.at - (postmortem.dueAt ?? source.at))} ago; it is ${postmortem.stage}`;
  return call(reminded, source, 'postmortem', { kind: 'postmortem.overdue', text }, postmortem.remindedAt === null);
};

const itemsDue: Clock = (incident, source) =>
  incident.actionItems
    .filter((item) => isDue(itemAt(item), source))
    .slice(0, MAX_DUE)
    .reduce((turn, item) => then(turn, (next) => remindOf(next, item, source)), quiet(incident));

function remindOf(incident: Incident, item: ActionItem, source: Source): IncidentTurn {
  const actionItems = incident.actionItems.map((each) =>
    each.id === item.id ? { ...each, remindedAt: source.at } : each,
  );
  const entry = { kind: 'actionitem.overdue', text: `${item.owner} owes: ${item.title}` } as const;
  return call({ ...incident, actionItems }, source, 'actionItem', entry, item.remindedAt === null, item.id);
}

function call(
  incident: Incident,
  source: Source,
  about: ReminderSubject,
  entry: NewEntry,
  noting = true,
  which = '',
): IncidentTurn {
  const noted = noting ? record(incident, source, entry) : incident;
  const key = `${incident.id}/remind/${about}${which && `/${which}`}/${source.at}`;
  return { incident: noted, commands: [{ kind: 'remind', key, about, told: entry.text }] };
}

function longAt(incident: Incident): number | null {
  const { reminders, marks, policy } = incident;
  return isLive(incident) && !reminders.long && reminders.nextUpdateAt !== null
    ? marks.detectedAt + policy.severities.longAfterMs
    : null;
}

/** Reminders of what is owed come once a day. */
function postmortemAt({ postmortem, phase }: Incident): number | null {
  const { stage, dueAt: due, remindedAt } = postmortem;
  if (due === null || stage === 'published' || stage === 'waived') return null;
  if (phase !== 'resolved' && phase !== 'review') return null;
  return remindedAt === null ? due : remindedAt + DAY_MS;
}

function itemAt({ doneAt, dueAt: due, remindedAt }: ActionItem): number | null {
  if (doneAt !== null) return null;
  return remindedAt === null ? due : remindedAt + 7 * DAY_MS;
}
