import type { Audience, Stage } from '../comms/audiences.ts';
import type { DraftFacts } from '../comms/facts.ts';
import type { MessageCommand } from '../comms/outbox.ts';
import type { ContainmentAction } from './containment.ts';
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
