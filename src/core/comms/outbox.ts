import type { Audience, Stage } from './audiences.ts';

/** A way to the outside world, with what its adapter can promise. */
export interface Channel {
  /** As the team named it in its configuration. */
  readonly name: string;
  /** `slack`, `pagerduty`, `jira` … */
  readonly kind: string;
  /** Sending the same message twice leaves one: the receiver recognises it (a dedup key, a fixed id, the same state). */
  readonly replaySafe: boolean;
  /** Whether the adapter can look up if a message has arrived. */
  readonly canReconcile: boolean;
  /**
   * It keeps one thing for each incident (a ticket, a page's entry), which later messages change: they wait until the
   * fate of the one before is known, so that no second ticket is opened while the first may exist.
   */
  readonly ordered?: true;
}

export type MessageState =
  /** To be sent, at `retryAt` or now; `behind` another one of its channel, whose fate it waits for, not yet. */
  | { readonly state: 'owed'; readonly retryAt: number | null; readonly told: string; readonly behind?: true }
  /** An adapter has it in hand. `claim` names the one try: another try that finds it knows that this one was cut off. */
  | { readonly state: 'sending'; readonly claim: string; readonly since: number }
  | { readonly state: 'sent'; readonly at: number; readonly ref: string }
  /** It did not arrive, and sending it again by itself is of no use. */
  | { readonly state: 'failed'; readonly at: number; readonly told: string }
  /** It may have arrived. `lookAt`: the next look-up; null where one is under way or only a person can tell. `looks`: for this doubt. */
  | {
      readonly state: 'unknown';
      readonly since: number;
      readonly told: string;
      readonly lookAt: number | null;
      readonly looks: number;
      /** A look-up is under way. */
      readonly looking: boolean;
    }
  | { readonly state: 'skipped'; readonly at: number; readonly told: string };

export interface Message {
  readonly id: string;
  readonly channel: Channel;
  readonly audience: Audience;
  readonly stage: Stage;
  readonly text: string;
  /** SHA-256 of the text, in hex: what an approval was given for. */
  readonly digest: string;
  readonly createdAt: number;
  /** Not to be sent after this moment: the approval is then too old. */
  readonly notAfter: number | null;
  /** Sends begun so far. */
  readonly attempts: number;
  /** Look-ups begun so far; makes the key of each one its own. */
  readonly looks: number;
  readonly now: MessageState;
}

export type MessageEvent =
  /** An adapter is about to send; `claim` is its own, different for every try. */
  | { readonly kind: 'sendBegun'; readonly message: string; readonly attempt: number; readonly claim: string }
  | {
      readonly kind: 'sendAnswered';
      readonly message: string;
      readonly attempt: number;
      readonly claim: string;
      readonly answer: SendAnswer;
    }
  | { readonly kind: 'lookAnswered'; readonly message: string; readonly look: number; readonly answer: LookAnswer }
  /** A person says what became of it. */
  | { readonly kind: 'settled'; readonly message: string; readonly as: 'arrived' | 'absent' | 'givenUp' }
  /** A person wants a failed message tried again. */
  | { readonly kind: 'tryAgain'; readonly message: string };

export type SendAnswer =
  | { readonly outcome: 'accepted'; readonly ref: string }
  /** The receiver surely did not take it, and may do so later (429, connection refused). */
  | { readonly outcome: 'later'; readonly told: string; readonly afterMs: number | null }
  /** The receiver surely did not take it and never will (bad token, no such channel). */
  | { readonly outcome: 'refused'; readonly told: string }
  /** Nobody can say (time-out, reset, 5xx on a create). */
  | { readonly outcome: 'inDoubt'; readonly told: string };

export type LookAnswer =
  | { readonly outcome: 'found'; readonly ref: string }
  | { readonly outcome: 'absent' }
  | { readonly outcome: 'cannotTell'; readonly told: string };

export type MessageCommand =
  | { readonly kind: 'deliver'; readonly key: string; readonly message: string; readonly attempt: number }
  | { readonly kind: 'lookUp'; readonly key: string; readonly message: string; readonly look: number };

export interface OutboxTurn {
  readonly message: Message;
  readonly commands: readonly MessageCommand[];
}

/** The key of the command that sends a message for the `attempt`th time. */
export function deliverKey(message: string, attempt: number): string {
  return `${message}#${attempt}`;
}

/** The key of the command that looks a message up for the `look`th time. */
export function lookKey(message: string, look: number): string {
  return `${message}?${look}`;
}

/** With the waits below, some two hours: by then a message about an incident is old, and a person decides. */
export const MAX_ATTEMPTS = 12;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 900_000;
/** Search indexes of ticket systems lag behind their writes, so a look-up waits a little, and is made more than once. */
export const LOOK_AFTER_MS = 15_000;
export const MAX_LOOKS = 4;
/** An adapter gives up well within this; silence beyond it means that it is gone. */
export const SENDING_MS = 120_000;

/** A message that is owed from now on, with the command to send it; none where it waits `behind` another one. */
export function oweMessage(message: Omit<Message, 'attempts' | 'looks' | 'now'>, behind = false): OutboxTurn {
  const owed: Message = { ...message, attempts: 0, looks: 0, now: { state: 'owed', retryAt: null, told: '' } };
  return behind ? queueMessage(owed) : { message: owed, commands: [deliver(owed)] };
}

/** Puts an owed message behind another one of its channel. */
export function queueMessage(message: Message): OutboxTurn {
  return still(message, { state: 'owed', retryAt: null, told: 'it waits for the message before it', behind: true });
}

/** Its turn has come. Undefined where it does not wait behind another one. */
export function unqueueMessage(message: Message): OutboxTurn | undefined {
  return isQueued(message) ? oweAgain(message, null, '') : undefined;
}

/** Whether it waits behind another message of its channel. */
export function isQueued({ now }: Message): boolean {
  return now.state === 'owed' && now.behind === true;
}

/**
 * The life of one message. Undefined where the event is stale or doubled. The rule that everything here serves: what may
 * have arrived is sent again only by a replay-safe channel; any other first needs proof that nothing arrived. Whoever
 * performs `deliver` tells `sendBegun` first and sends only where the message is then `sending` under its own claim.
 */
export function stepMessage(message: Message, event: MessageEvent, at: number): OutboxTurn | undefined {
  switch (event.kind) {
    case 'sendBegun':
      return begin(message, event.attempt, event.claim, at);
    case 'sendAnswered':
      return message.now.state === 'sending' && message.now.claim === event.claim
        ? answered(message, event.answer, at)
        : lateAnswer(message, event.answer, at);
    case 'lookAnswered':
      return message.now.state === 'unknown' && message.now.looking && event.look === message.looks
        ? looked(message, event.answer, at)
        : undefined;
    case 'settled':
      return settle(message, event.as, at);
    case 'tryAgain':
      return message.now.state === 'failed' ? oweAgain(message, null, 'a person asked for another try') : undefined;
  }
}

/** What is due for this message at `at`; undefined where nothing is. */
export function wakeMessage(message: Message, at: number): OutboxTurn | undefined {
  const { now, notAfter } = message;
  if (now.state === 'owed' && notAfter !== null && at >= notAfter) {
    return still(message, { state: 'failed', at, told: 'it was not sent before its approval expired' });
  }
  const due = dueAt(message);
  if (due === null || at < due) return undefined;
  if (now.state === 'owed') {
    const owed: Message = { ...message, now: { ...now, retryAt: null } };
    return { message: owed, commands: [deliver(owed)] };
  }
  if (now.state === 'sending') return inDoubt(message, 'the sender fell silent', at);
  return now.state === 'unknown' ? lookUp(message, now) : undefined;
}

/** When this message wants to be woken; null where it waits for nothing but an answer or a person. */
export function dueAt({ now, notAfter }: Message): number | null {
  if (now.state === 'owed') return earliest(now.retryAt, notAfter);
  if (now.state === 'sending') return now.since + SENDING_MS;
  return now.state === 'unknown' ? now.lookAt : null;
}

/** A message that nobody has begun to send is not wanted any more. Undefined where it is too late for that. */
export function skipMessage(message: Message, told: string, at: number): OutboxTurn | undefined {
  return message.now.state === 'owed' ? still(message, { state: 'skipped', at, told }) : undefined;
}

/** Whether nothing more can come of this message by itself. */
export function isSettled({ now }: Message): boolean {
  return now.state === 'sent' || now.state === 'failed' || now.state === 'skipped';
}

function begin(message: Message, attempt: number, claim: string, at: number): OutboxTurn | undefined {
  const { now, notAfter } = message;
  if (now.state === 'sending' && now.claim !== claim && attempt === message.attempts) {
    // The same attempt, begun by somebody else: the first one was cut off and may have got through.
    return inDoubt(message, 'the sender was cut off', at);
  }
  if (now.state !== 'owed' || now.behind || attempt !== message.attempts + 1) return undefined;
  if (notAfter !== null && at >= notAfter) return wakeMessage(message, at);
  return still({ ...message, attempts: attempt }, { state: 'sending', claim, since: at });
}

function answered(message: Message, answer: SendAnswer, at: number): OutboxTurn {
  switch (answer.outcome) {
    case 'accepted':
      return still(message, { state: 'sent', at, ref: answer.ref });
    case 'refused':
      return still(message, { state: 'failed', at, told: answer.told });
    case 'later':
      return retry(message, answer.told, answer.afterMs, at);
    case 'inDoubt':
      return inDoubt(message, answer.told, at);
  }
}

/** An answer that comes after its sender was given up can still settle the doubt; it never adds one. */
function lateAnswer(message: Message, answer: SendAnswer, at: number): OutboxTurn | undefined {
  const open = message.now.state === 'unknown' || message.now.state === 'owed';
  return open && message.attempts > 0 && answer.outcome === 'accepted'
    ? still(message, { state: 'sent', at, ref: answer.ref })
    : undefined;
}

function inDoubt(message: Message, told: string, at: number): OutboxTurn {
  if (message.channel.replaySafe) return retry(message, told, null, at);
  const lookAt = message.channel.canReconcile ? at + LOOK_AFTER_MS : null;
  return still(message, { state: 'unknown', since: at, told, lookAt, looks: 0, looking: false });
}

function retry(message: Message, told: string, afterMs: number | null, at: number): OutboxTurn {
  if (message.attempts >= MAX_ATTEMPTS) {
    return still(message, { state: 'failed', at, told: `${told}; ${message.attempts} tries were made` });
  }
  if (message.notAfter !== null && at >= message.notAfter) {
    return still(message, { state: 'failed', at, told: `${told}; its approval has expired meanwhile` });
  }
  const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, message.attempts - 1));
  return still(message, { state: 'owed', retryAt: at + Math.max(waitMs, afterMs ?? 0), told });
}

function looked(message: Message, answer: LookAnswer, at: number): OutboxTurn {
  const { now } = message;
  if (now.state !== 'unknown') return { message, commands: [] };
  if (answer.outcome === 'found') return still(message, { state: 'sent', at, ref: answer.ref });
  const last = now.looks >= MAX_LOOKS;
  // Not found at first may mean not indexed yet: only the last look's silence is taken as proof.
  if (answer.outcome === 'absent' && last) return oweAgain(message, null, 'a look-up found that it had not arrived');
  const told = answer.outcome === 'cannotTell' ? answer.told : now.told;
  return still(message, { ...now, told, looking: false, lookAt: last ? null : at + LOOK_AFTER_MS * 2 ** now.looks });
}

function settle(message: Message, as: 'arrived' | 'absent' | 'givenUp', at: number): OutboxTurn | undefined {
  const { state } = message.now;
  if (as === 'givenUp') {
    return state === 'unknown' || state === 'owed'
      ? still(message, { state: 'failed', at, told: 'a person gave it up' })
      : undefined;
  }
  if (state !== 'unknown') return undefined;
  return as === 'arrived'
    ? still(message, { state: 'sent', at, ref: 'seen by a person' })
    : oweAgain(message, null, 'a person saw that it had not arrived');
}

function lookUp(message: Message, now: Extract<MessageState, { state: 'unknown' }>): OutboxTurn {
  const look = message.looks + 1;
  return {
    message: { ...message, looks: look, now: { ...now, lookAt: null, looks: now.looks + 1, looking: true } },
    commands: [{ kind: 'lookUp', key: lookKey(message.id, look), message: message.id, look }],
  };
}

function oweAgain(message: Message, retryAt: number | null, told: string): OutboxTurn {
  const owed: Message = { ...message, now: { state: 'owed', retryAt, told } };
  return { message: owed, commands: retryAt === null ? [deliver(owed)] : [] };
}

function deliver({ id, attempts }: Message): MessageCommand {
  const attempt = attempts + 1;
  return { kind: 'deliver', key: deliverKey(id, attempt), message: id, attempt };
}

function still(message: Message, now: MessageState): OutboxTurn {
  return { message: { ...message, now }, commands: [] };
}

function earliest(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.min(a, b);
}
