import type { Audience } from '../../core/comms/audiences.ts';
import type { DraftFacts } from '../../core/comms/facts.ts';
import type { Channel, LookAnswer, Message, SendAnswer } from '../../core/comms/outbox.ts';
import type { ReminderSubject } from '../../core/incident/commands.ts';
import type { Incident } from '../../core/incident/incident.ts';

/** The ways to the outside world that the team has set up. Nothing here ever throws: what went wrong is an answer. */
export interface Channels {
  /** Those that this audience is told by; none where nothing is set up for it. `incident`: some want a level or a kind. */
  channelsFor(audience: Audience, incident: About): readonly Channel[];
  /**
   * One try to send it. Answers well within the two minutes that the outbox waits (`SENDING_MS`); `inDoubt` wherever the receiver may have
   * taken it. A channel that is not set up any more answers `refused`.
   */
  deliver(outgoing: Outgoing): Promise<SendAnswer>;
  /** Whether an earlier try has arrived; only asked of channels that `canReconcile`. */
  lookUp(outgoing: Outgoing): Promise<LookAnswer>;
  /** Calls a person back, by whatever reaches the responders. Done at least once; `key` is the same for every try. */
  remind(reminder: Reminder): Promise<SendAnswer>;
}

/** What an adapter may tell of an incident besides the text. A private one has its title, breach and summary left out already. */
export interface About {
  readonly facts: DraftFacts;
  readonly source: Incident['source'];
  readonly type: Incident['type'];
  readonly kind: Incident['kind'];
  readonly private: boolean;
  readonly region: string | null;
  /** Whether a version was switched back: what a change record is opened for. */
  readonly rolledBack: boolean;
}

/** One message with everything that an adapter needs to build its request. */
export interface Outgoing {
  readonly message: Message;
  /** One line that names it, for channels that have a subject or a title. */
  readonly subject: string;
  readonly about: About;
  /**
   * What this very channel has taken of the same incident before, oldest first: the thread, the page, the ticket or the
   * mail that this one belongs to. `ref` is what its `accepted` answer said.
   */
  readonly earlier: readonly { readonly stage: Message['stage']; readonly audience: Audience; readonly ref: string }[];
  /** A later message of this channel has arrived already: what shows the newest state is left as it is. */
  readonly overtaken?: true;
}

export interface Reminder {
  readonly key: string;
  readonly incident: string;
  readonly subject: ReminderSubject;
  /** What is due, as a sentence. */
  readonly told: string;
  readonly about: About;
}
