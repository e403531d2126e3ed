import type { Channel } from '../../../src/core/comms/outbox.ts';
import type { IncidentCommand } from '../../../src/core/incident/commands.ts';
import { decide } from '../../../src/core/incident/decide.ts';
import type { IncidentEvent, Opening, Order, OrderEvent } from '../../../src/core/incident/events.ts';
import { refusalOf } from '../../../src/core/incident/guards.ts';
import { emptyIncident, type Incident, type IncidentDoc } from '../../../src/core/incident/incident.ts';
import { DEFAULT_POLICY } from '../../../src/core/incident/policy.ts';
import type { Role } from '../../../src/core/incident/roles.ts';
import type { Impact } from '../../../src/core/incident/severity.ts';
import { SYSTEM, type Who } from '../../../src/core/who.ts';
import { KEY, T0 } from '../release/builders.ts';

export const MINUTE = 60_000;
export const DAY = 86_400_000;

export const person = (name: string): Who => ({ name, provedBy: 'sts' });
export const ALICE = person('alice');
export const BOB = person('bob');
export const CAROL = person('carol');

export const DIGEST = 'a'.repeat(64);
export const OTHER_DIGEST = 'b'.repeat(64);

export const SLACK: Channel = { name: 'war-room', kind: 'slack', replaySafe: false, canReconcile: true };
export const PAGER: Channel = { name: 'pager', kind: 'pagerduty', replaySafe: true, canReconcile: false };
export const PAGE: Channel = {
  name: 'status',
  kind: 'statuspage',
  replaySafe: false,
  canReconcile: true,
  ordered: true,
};
export const TICKETS: Channel = { name: 'jira', kind: 'jira', replaySafe: false, canReconcile: true, ordered: true };
export const MAIL: Channel = { name: 'mail', kind: 'email', replaySafe: false, canReconcile: false };

export const PUBLIC_TEXT =
  'Some users may be seeing errors. You can refresh the page. Next update by 2026-01-05 12:30 UTC.';

export function impact(changes: Partial<Impact> = {}): Impact {
  return {
    forMs: 3 * MINUTE,
    errorRate: 0.1,
    trafficShare: 1,
    throttleRate: 0,
    p95DurationRatio: null,
    invocations: 1_000,
    region: 'eu-west-1',
    badRequests: 100,
    facts: [],
    ...changes,
  };
}

export function opening(changes: Partial<Opening> = {}): Opening {
  return {
    title: 'checkout fails',
    service: 'Checkout',
    components: ['checkout'],
    source: 'manual',
    kind: 'incident',
    type: 'operational',
    private: false,
    subject: { alias: KEY, releaseId: 'r-1', stable: '41', candidate: '42', weightPercent: 10 },
    detectedAt: T0,
    impactStartedAt: T0 - 2 * MINUTE,
    breach: 'error rate 10 % > 5 % for 2 minutes',
    impact: impact(),
    contained: null,
    evidence: [],
    policy: DEFAULT_POLICY,
    ...changes,
  };
}

type Extra = { readonly who?: Who; readonly why?: string; readonly id?: string; readonly expected?: number };

/** One incident actor, driven by hand: keeps the document, the clock and every command. */
export class Case {
  doc: IncidentDoc = emptyIncident('INC-1');
  at = T0;
  readonly log: IncidentCommand[] = [];
  #orders = 0;

  get incident(): Incident {
    if (!this.doc.incident) throw new Error('no incident yet');
    return this.doc.incident;
  }

  tell(event: IncidentEvent): this {
    const { state, commands } = decide(this.doc, event);
    this.doc = state;
    this.log.push(...commands);
    return this;
  }

  event(order: Order, { who = ALICE, why, id, expected }: Extra = {}): OrderEvent {
    this.#orders += 1;
    return {
      ...order,
      at: this.at,
      who,
      id: id ?? `o-${this.#orders}`,
      ...(why === undefined ? {} : { why }),
      ...(expected === undefined ? {} : { expected }),
    };
  }

  /** An order that must be taken. */
  order(order: Order, extra: Extra = {}): this {
    const event = this.event(order, extra);
    const refusal = refusalOf(this.doc, event);
    if (refusal) throw new Error(`${order.kind} was refused: ${refusal.message}`);
    return this.tell(event);
  }

  /** Why an order is refused. */
  refusal(order: Order, extra: Extra = {}): string | undefined {
    return refusalOf(this.doc, this.event(order, extra))?.message;
  }

  open(changes: Partial<Opening> = {}): this {
    return this.order({ kind: 'open', opening: opening(changes) });
  }

  wait(ms: number): this {
    this.at += ms;
    return this.tell({ kind: 'tick', at: this.at, who: SYSTEM });
  }

  assign(role: Role, who: Who, by: Who = CAROL): this {
    return this.order({ kind: 'assignRole', role, person: who.name }, { who: by });
  }

  /** Severity, commander, triage. */
  triaged(level: 'SEV-1' | 'SEV-2' | 'SEV-3' = 'SEV-2'): this {
    return this.order({ kind: 'setSeverity', level }).assign('incident_commander', ALICE).order({ kind: 'triage' });
  }

  contain(): this {
    this.order(
      { kind: 'contain', action: { kind: 'rollback', alias: KEY, toVersion: '41' } },
      { why: 'customers call' },
    );
    return this.contained();
  }

  /** The last containment action is carried out. */
  contained(outcome: 'done' | 'failed' = 'done'): this {
    const command = this.incident.containments.at(-1)!.key;
    const told = outcome === 'done' ? 'checkout:live was read back with version 41 alone' : 'AWS refused';
    return this.tell({ kind: 'containmentEnded', at: this.at, who: SYSTEM, command, result: { outcome, told } });
  }

  /** Sends a message as its adapter would, and answers that it was accepted. */
  delivered(id: string): this {
    const attempt = this.incident.messages.find((message) => message.id === id)!.attempts + 1;
    const told = { kind: 'message', at: this.at, who: SYSTEM } as const;
    this.tell({ ...told, event: { kind: 'sendBegun', message: id, attempt, claim: 'c' } });
    return this.tell({
      ...told,
      event: { kind: 'sendAnswered', message: id, attempt, claim: 'c', answer: { outcome: 'accepted', ref: 'ts-1' } },
    });
  }

  commands<K extends IncidentCommand['kind']>(kind: K): Extract<IncidentCommand, { kind: K }>[] {
    return this.log.filter((command): command is Extract<IncidentCommand, { kind: K }> => command.kind === kind);
  }

  kinds(): string[] {
    return this.incident.timeline.map(({ kind }) => kind);
  }
}
