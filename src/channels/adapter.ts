import { createHash } from 'node:crypto';
import type { Outgoing, Reminder } from '../app/ports/channels.ts';
import type { Clock } from '../app/ports/clock.ts';
import type { LookAnswer, SendAnswer } from '../core/comms/outbox.ts';
import type { ReleaseNews } from '../core/release/news.ts';
import type { Secret } from './secrets.ts';
import type { Answer, HttpRequest } from './transport.ts';

/** One vendor, as one channel of the team speaks to it. Nothing here ever throws. */
export interface Adapter {
  /** See `Channel` in core/comms/outbox.ts: what the outbox may rely on. */
  readonly replaySafe: boolean;
  readonly canReconcile: boolean;
  readonly ordered?: true;
  deliver(outgoing: Outgoing): Promise<SendAnswer>;
  /** Whether it has arrived; where `canReconcile`. */
  lookUp?(outgoing: Outgoing): Promise<LookAnswer>;
  /** Calls a person; where somebody reads this channel as it comes. */
  remind?(reminder: Reminder): Promise<SendAnswer>;
  /** Tells what a release did; no message is owed, and twice does no harm. */
  announce?(news: ReleaseNews): Promise<SendAnswer>;
  /** Checks address, token and permissions without saying anything; for channels whose readers must see no trial. */
  check?(): Promise<SendAnswer>;
  /** What would go over the wire, where that is no HTTP. */
  preview?(outgoing: Outgoing): Promise<string>;
  /** Takes back what a trial left behind. */
  tidy?(outgoing: Outgoing): Promise<SendAnswer>;
}

/** What an adapter works with. */
export interface Tools {
  readonly clock: Clock;
  /** One request, at the channel's pace. */
  exchange(request: HttpRequest): Promise<Answer>;
  secret(reference: string): Promise<Secret>;
  /** How long an answer is waited for, where that is not the adapter's own to say; for tests. */
  readonly timeoutMs?: number;
}

type Texts<R extends Readonly<Record<string, string | undefined>>> = {
  readonly [K in keyof R]: undefined extends R[K] ? string | undefined : string;
};

/** Reads the secrets and goes on with them; the answer where one cannot be read. */
export async function withSecrets<R extends Readonly<Record<string, string | undefined>>, A>(
  tools: Pick<Tools, 'secret'>,
  references: R,
  run: (values: Texts<R>) => Promise<A>,
): Promise<A | Extract<SendAnswer, { outcome: 'refused' | 'later' }>> {
  const values: Record<string, string> = {};
  for (const [name, reference] of Object.entries(references)) {
    if (reference === undefined) continue;
    const secret = await tools.secret(reference);
    if (!secret.ok && secret.again) return { outcome: 'later', told: secret.told, afterMs: null };
    if (!secret.ok) return { outcome: 'refused', told: secret.told };
    values[name] = secret.value;
  }
  return run(values as Texts<R>);
}

/** A doubt that a look-up could not settle, from what it was answered instead. */
export function cannotTell(answer: SendAnswer): LookAnswer {
  return { outcome: 'cannotTell', told: answer.outcome === 'accepted' ? 'the answer was not understood' : answer.told };
}

/** What a look-up found, or why it could not be made. */
export function asLook(answer: LookAnswer | SendAnswer): LookAnswer {
  const { outcome } = answer;
  return outcome === 'found' || outcome === 'absent' || outcome === 'cannotTell' ? answer : cannotTell(answer);
}

/** The ref of the thing that this message belongs to: the first that the channel took for this audience. */
export function firstRef({ earlier, message }: Outgoing): string | undefined {
  return earlier.find(({ audience }) => audience === message.audience)?.ref;
}

/** Whether it was over before and is not any more. */
export function isReopened({ earlier, message }: Outgoing): boolean {
  const last = earlier.filter(({ audience }) => audience === message.audience).at(-1);
  return last !== undefined && ends(last.stage) && !ends(message.stage);
}

/** Whether nothing comes after this stage but what was learnt. */
export function ends(stage: Outgoing['message']['stage']): boolean {
  return stage === 'resolved' || stage === 'retracted' || stage === 'postmortem';
}

/** A short name of one message for other systems: the same for every try, without any character that one of them forbids. */
export function messageTag(id: string): string {
  return `sb-${createHash('sha256').update(id).digest('hex').slice(0, 24)}`;
}

export const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8', accept: 'application/json' } as const;

export function bearer(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` };
}

export function basic(user: string, password: string): { readonly authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}
