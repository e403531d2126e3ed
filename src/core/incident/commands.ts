import type { Audience, Stage } from '../comms/audiences.ts';
import type { DraftFacts } from '../comms/facts.ts';
import { deliverKey, lookKey, type MessageCommand } from '../comms/outbox.ts';
import type { ContainmentAction } from './containment.ts';
import type { IncidentEvent } from './events.ts';
import type { Subject } from './incident.ts';

/**
 * Effects that an incident asks for. Each has a key made from its cause, so that performing one twice is recognised;
 * performing is at-least-once on every host.
 */
export type IncidentCommand =
  /** Carry the action out, read back what came of it, and answer `containmentEnded`. */
  | { readonly kind: 'contain'; readonly key: string; readonly action: ContainmentAction }
  /** Measure what users feel and answer `impactMeasured`. */
  | { readonly kind: 'measureImpact'; readonly key: string; readonly subject: Subject; readonly sinceMs: number }
  /**
   * Write the text for this audience and answer with the order `send`, whose id is this key: for the public it becomes a
   * proposal that waits for approval. Without a channel for the audience nothing is answered.
   */
  | {
      readonly kind: 'draft';
      readonly key: string;
      readonly audience: Audience;
      readonly stage: Stage;
      readonly facts: DraftFacts;
    }
  /** Call a person back. `told`: what is due, as a sentence. */
  | { readonly kind: 'remind'; readonly key: string; readonly about: ReminderSubject; readonly told: string }
  | MessageCommand;

export type ReminderSubject =
  | 'acknowledge'
  | 'commander'
  | 'update'
  | 'postmortem'
  | 'actionItem'
  | 'approval'
  | 'message';

const DRAFT = /^[A-Za-z][A-Za-z0-9-]*\/draft\//;

/** The key of a draft's command, which becomes the id of the order that answers it. */
export function draftKey(incident: string, stage: Stage, audience: Audience, version: number): string {
  return `${incident}/draft/${stage}/${audience}/${version}`;
}

/** The key of the command that an event answers; undefined where it answers none. `sendBegun` is told on the way and answers nothing. */
export function commandOf(event: IncidentEvent): string | undefined {
  switch (event.kind) {
    case 'containmentEnded':
    case 'impactMeasured':
      return event.command;
    case 'send':
      return DRAFT.test(event.id) ? event.id : undefined;
    case 'message':
      if (event.event.kind === 'sendAnswered') return deliverKey(event.event.message, event.event.attempt);
      return event.event.kind === 'lookAnswered' ? lookKey(event.event.message, event.event.look) : undefined;
    default:
      return undefined;
  }
}
