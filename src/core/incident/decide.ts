import { SYSTEM } from '../who.ts';
import { applyOrder } from './apply.ts';
import { approvalOf, ask, deny, grant } from './asking.ts';
import { wake, wakeAt } from './clocks.ts';
import type { IncidentCommand } from './commands.ts';
import { describeContainment } from './containment.ts';
import { changeDraft } from './draft-facts.ts';
import type { IncidentEvent, OrderEvent } from './events.ts';
import { refusalOf } from './guards.ts';
import { type Incident, type IncidentDoc, isLive, knows } from './incident.ts';
import { levelOf } from './levels.ts';
import { openIncident } from './open.ts';
import { moveMessage } from './outbox.ts';
import { enter } from './phases.ts';
import { isWorse } from './severity.ts';
import { setSeverity } from './severity-change.ts';
import { suggestSeverity } from './suggest.ts';
import type { EntryKind } from './timeline.ts';
import { type IncidentTurn, quiet, record, type Source, then } from './turn.ts';

export interface IncidentDecision {
  readonly state: IncidentDoc;
  readonly commands: readonly IncidentCommand[];
}

/**
 * The incident actor. Pure: the event carries its own time, the answer is the new document and the effects it asks for.
 * A stale, doubled or refused event gives the very same document back; `refusalOf` says why one is refused.
 */
export function decide(doc: IncidentDoc, event: IncidentEvent): IncidentDecision {
  const turn = turnFor(doc, event);
  if (!turn || (turn.incident === doc.incident && turn.commands.length === 0)) return { state: doc, commands: [] };
  const incident = { ...turn.incident, version: turn.incident.version + 1 };
  return { state: { ...doc, incident, wakeAt: wakeAt(incident) }, commands: turn.commands };
}

function turnFor(doc: IncidentDoc, event: IncidentEvent): IncidentTurn | undefined {
  const { incident } = doc;
  if ('id' in event) return follow(doc, event);
  if (!incident) return undefined;
  switch (event.kind) {
    case 'tick':
      return wake(incident, event.at);
    case 'message':
      return moveMessage(incident, event.event, { at: event.at, who: event.who, cause: event.event.message });
    case 'containmentEnded':
      return containmentEnded(incident, event);
    case 'impactMeasured':
      return impactMeasured(incident, event);
  }
}

function follow(doc: IncidentDoc, order: OrderEvent): IncidentTurn | undefined {
  const { incident } = doc;
  if (incident && (order.kind === 'open' || knows(incident, order.id))) return undefined;
  if (refusalOf(doc, order)) return undefined;
  if (order.kind === 'open') return openIncident(doc.id, order);
  if (!incident) return undefined;
  if (order.kind === 'grant') return grant(incident, order);
  if (order.kind === 'deny') return deny(incident, order);
  const action = approvalOf(incident, order);
  return action === undefined ? applyOrder(incident, order, order.at) : ask(incident, order, action);
}

const DONE: Readonly<Record<string, EntryKind>> = {
  rollback: 'rollback.succeeded',
  redirectTraffic: 'traffic.redirected',
  isolateRegion: 'region.isolated',
  limitConcurrency: 'concurrency.limited',
};

/** What came of a containment action. One that was read back contains the incident, triaged or not. */
function containmentEnded(
  incident: Incident,
  event: Extract<IncidentEvent, { kind: 'containmentEnded' }>,
): IncidentTurn | undefined {
  const containment = incident.containments.find(({ key }) => key === event.command);
  if (containment?.state !== 'ordered') return undefined;
  const { at, result } = event;
  const { action } = containment;
  const source: Source = { at, who: event.who, cause: event.command };
  const ended = { ...containment, state: result.outcome, told: result.told, endedAt: at };
  const containments = incident.containments.map((each) => (each.key === containment.key ? ended : each));
  const next: Incident = { ...incident, containments };
  if (result.outcome === 'failed') {
    const kind = action.kind === 'rollback' ? 'rollback.failed' : 'containment.failed';
    return quiet(record(next, source, { kind, text: `${describeContainment(action)}: ${result.told}` }));
  }
  const noted = record(next, source, { kind: DONE[action.kind] ?? 'action.taken', text: result.told });
  const verified: Incident =
    action.kind === 'rollback'
      ? record({ ...noted, marks: { ...noted.marks, aliasVerifiedAt: at } }, source, {
          kind: 'alias.verified',
          text: result.told,
        })
      : noted;
  // A limit of concurrency protects what lies behind the function; its callers are still hurt.
  const contains =
    action.kind !== 'limitConcurrency' && (incident.phase === 'detected' || incident.phase === 'triaged');
  if (!contains) {
    const change = action.kind === 'rollback' ? [changeDraft(verified, at)] : [];
    return { incident: verified, commands: change };
  }
  return enter(verified, 'contained', source, {
    kind: 'phase.changed',
    text: `contained: ${result.told}`,
    stage: 'mitigated',
  });
}

/** A fresh measurement. The severity rises by itself and never falls by itself. */
function impactMeasured(
  incident: Incident,
  { at, command, impact }: Extract<IncidentEvent, { kind: 'impactMeasured' }>,
): IncidentTurn | undefined {
  const { reminders, policy } = incident;
  const current = command === `${incident.id}/measure/${reminders.measures}` && reminders.measuredBy !== command;
  if (!current || !isLive(incident)) return undefined;
  const source: Source = { at, who: SYSTEM, cause: command };
  const suggestion = suggestSeverity(policy.severities, impact);
  const felt = incident.kind === 'nearMiss' && (impact.badRequests ?? 0) > policy.nearMissBadRequests;
  const next: Incident = {
    ...incident,
    kind: felt ? 'incident' : incident.kind,
    impact,
    suggestion,
    reminders: { ...reminders, measuredBy: command },
  };
  if (suggestion.level === incident.suggestion?.level) return quiet(next);
  const noted = record(next, source, { kind: 'severity.suggested', text: suggestion.why });
  const raise = incident.severity !== null && isWorse(suggestion.level, levelOf(incident));
  return raise
    ? then(quiet(noted), (known) => setSeverity(known, suggestion.level, suggestion.why, source))
    : quiet(noted);
}
