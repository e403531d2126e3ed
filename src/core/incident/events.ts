import type { Audience, Stage } from '../comms/audiences.ts';
import type { Channel, MessageEvent } from '../comms/outbox.ts';
import type { Stamp } from '../release/events.ts';
import type { ContainmentAction } from './containment.ts';
import type { ActionItem, Incident, IncidentPhase, Subject } from './incident.ts';
import type { Policy } from './policy.ts';
import type { Role } from './roles.ts';
import type { Impact, SeverityLevel } from './severity.ts';
import type { Evidence, FreeKind } from './timeline.ts';

/** What an incident begins with. Times are epoch milliseconds. */
export interface Opening {
  readonly title: string;
  readonly service: string;
  readonly components: readonly string[];
  readonly source: Incident['source'];
  readonly kind: Incident['kind'];
  readonly type: Incident['type'];
  readonly private: boolean;
  readonly subject: Subject | null;
  readonly detectedAt: number;
  readonly impactStartedAt: number | null;
  readonly breach: string | null;
  readonly impact: Impact | null;
  /** Where whoever opens it says how bad it is. */
  readonly severity?: SeverityLevel;
  /** Set where it was stopped before it was opened: an automatic rollback. */
  readonly contained: {
    readonly at: number;
    readonly requestedAt: number;
    readonly toVersion: string;
    readonly by: string;
    readonly told: string;
  } | null;
  readonly evidence: readonly Evidence[];
  readonly policy: Policy;
}

/** A person's (or the engine's own) order. `id` makes a doubled one recognisable; it never changes between tries. */
export type Order =
  | { readonly kind: 'open'; readonly opening: Opening }
  | { readonly kind: 'acknowledge' }
  | { readonly kind: 'triage'; readonly summary?: string; readonly components?: readonly string[] }
  | { readonly kind: 'setSeverity'; readonly level: SeverityLevel }
  | {
      readonly kind: 'describe';
      readonly summary?: string;
      readonly workaround?: string;
      readonly impactStartedAt?: number;
    }
  | { readonly kind: 'assignRole'; readonly role: Role; readonly person: string }
  | { readonly kind: 'releaseRole'; readonly role: Role; readonly person: string }
  | { readonly kind: 'handOff'; readonly role: Role; readonly to: string }
  | { readonly kind: 'acceptHandOff'; readonly role: Role }
  | {
      readonly kind: 'note';
      readonly entry: FreeKind;
      readonly text: string;
      readonly occurredAt?: number;
      readonly evidence?: readonly Evidence[];
      readonly visibility?: 'internal' | 'public' | 'restricted';
    }
  | { readonly kind: 'amend'; readonly entry: string; readonly text: string; readonly occurredAt?: number }
  /** `digest`: SHA-256, in hex, of the text that is taken away. */
  | { readonly kind: 'redact'; readonly entry: string; readonly digest: string }
  | { readonly kind: 'contain'; readonly action: ContainmentAction; readonly breakGlass?: true }
  /** Contained by something that Switchback did not carry out. */
  | { readonly kind: 'containedOtherwise'; readonly text: string; readonly evidence: readonly Evidence[] }
  | { readonly kind: 'recur' }
  | { readonly kind: 'allowForward'; readonly breakGlass?: true }
  | { readonly kind: 'resolve'; readonly summary: string }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'decline' }
  /** `phase`: the other incident's, as read when the order was given. */
  | { readonly kind: 'mergeInto'; readonly into: string; readonly phase: IncidentPhase }
  | { readonly kind: 'absorb'; readonly from: string; readonly impactStartedAt: number | null }
  | { readonly kind: 'beginReview' }
  | {
      readonly kind: 'postmortem';
      readonly stage: 'draft' | 'inReview' | 'reviewed' | 'published';
      readonly ref: string;
      readonly digest: string;
    }
  | { readonly kind: 'waivePostmortem' }
  | { readonly kind: 'noPrevention' }
  | {
      readonly kind: 'addActionItem';
      readonly item: Pick<ActionItem, 'type' | 'title' | 'owner' | 'dueAt' | 'priority' | 'ticket'>;
    }
  | { readonly kind: 'finishActionItem'; readonly item: string }
  | { readonly kind: 'close' }
  /** A text for an audience, one message for each channel. `digest`: SHA-256 of the text, in hex. */
  | {
      readonly kind: 'send';
      readonly audience: Audience;
      readonly stage: Stage;
      readonly text: string;
      readonly digest: string;
      readonly channels: readonly Channel[];
      /** Why it may go out although the linter objects. */
      readonly override?: string;
    }
  | { readonly kind: 'waivePublic' }
  /** What a person says became of a message whose fate is not known, or a wish to try a failed one again. */
  | { readonly kind: 'settle'; readonly message: string; readonly as: 'arrived' | 'absent' | 'givenUp' | 'tryAgain' }
  /** `binding`: what the approver saw: the text's digest, else the order's id. */
  | { readonly kind: 'grant'; readonly order: string; readonly binding: string }
  | { readonly kind: 'deny'; readonly order: string }
  | { readonly kind: 'review'; readonly review: string }
  | { readonly kind: 'linkTicket'; readonly ticket: string };

export type OrderEvent = Stamp & {
  readonly id: string /** The version that the order was given for. */;
  readonly expected?: number;
} & Order;

/** What can happen to an incident. Stale and doubled events change nothing. */
export type IncidentEvent =
  | OrderEvent
  | (Stamp & { readonly kind: 'impactMeasured'; readonly command: string; readonly impact: Impact })
  | (Stamp & { readonly kind: 'containmentEnded'; readonly command: string; readonly result: ContainmentResult })
  | (Stamp & { readonly kind: 'message'; readonly event: Exclude<MessageEvent, { kind: 'settled' | 'tryAgain' }> })
  /** Time has passed: `wakeAt` was reached. */
  | (Stamp & { readonly kind: 'tick' });

export type ContainmentResult =
  /** `told`: what was read back, as a sentence. */
  { readonly outcome: 'done'; readonly told: string } | { readonly outcome: 'failed'; readonly told: string };
