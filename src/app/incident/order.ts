import { randomBytes } from 'node:crypto';
import type { Order, OrderEvent } from '../../core/incident/events.ts';
import { refusalOf } from '../../core/incident/guards.ts';
import { emptyIncident, type Incident, knows, type Pending } from '../../core/incident/incident.ts';
import { mayRead } from '../../core/incident/privacy.ts';
import { type Result, refuse } from '../../core/refusal.ts';
import type { Who } from '../../core/who.ts';
import type { Clock } from '../ports/clock.ts';
import type { IncidentHost } from './perform.ts';

/** What an order led to. */
export interface Ordered {
  readonly incident: Incident;
  /** Set where nothing is done before others have approved it. */
  readonly pending: Pending | null;
}

export interface OrderOptions {
  readonly why?: string | undefined;
  /** The version that the order was given for: refused where the incident has moved on since. */
  readonly expected?: number | undefined;
  /** Makes a doubled order recognisable; a fresh one where it is not given. */
  readonly id?: string;
}

/** A person's order to an incident. Refused, with the reason, where the incident cannot follow it now. */
export async function orderIncident(
  { host, clock }: { readonly host: Pick<IncidentHost, 'deliver' | 'read'>; readonly clock: Pick<Clock, 'now'> },
  id: string,
  order: Order,
  who: Who,
  { why, expected, id: orderId = newOrderId() }: OrderOptions = {},
): Promise<Result<Ordered>> {
  const event: OrderEvent = {
    ...order,
    id: orderId,
    at: clock.now(),
    who,
    ...(why === undefined ? {} : { why }),
    ...(expected === undefined ? {} : { expected }),
  };
  const before = (await host.read(id))?.state ?? emptyIncident(id);
  if (before.incident && !mayRead(before.incident, who))
    return refuse('refused', `${id} is restricted: ${who.name} is not on it`);
  const refusal = refusalOf(before, event);
  if (refusal) return { ok: false, refusal };
  const { incident } = (await host.deliver(id, event)).state;
  if (incident && (order.kind === 'open' || knows(incident, orderId)))
    return { ok: true, value: { incident, pending: incident.pending.find((each) => each.id === orderId) ?? null } };
  // Somebody else was faster: what stands against it now is the reason.
  const late = refusalOf({ ...before, incident }, event);
  return late ? { ok: false, refusal: late } : refuse('refused', `${id} has changed in this very moment; try again`);
}

export function newOrderId(): string {
  return `o-${randomBytes(6).toString('hex')}`;
}
