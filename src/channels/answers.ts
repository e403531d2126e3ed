import type { SendAnswer } from '../core/comms/outbox.ts';
import type { Answer } from './transport.ts';

/** An answer that the vendor gave with a good status; its meaning is the adapter's. */
export type Answered = Extract<Answer, { kind: 'answered' }>;

/** A wait that a vendor asks for is believed up to here. */
export const MAX_RETRY_AFTER_MS = 3_600_000;

/** What a vendor's refusals mean, where it differs from what HTTP says. */
export interface Manners {
  /** `Slack`, for sentences. */
  readonly vendor: string;
  /** The same request twice leaves one effect, so a doubt is no harm. */
  readonly replaySafe: boolean;
  /** What to do about a status: `401: 'give it a new token'`. */
  readonly advice?: Readonly<Record<number, string>>;
  /** The vendor's own words about what is wrong, from its body. */
  readonly reason?: (answer: Answered) => string | undefined;
  readonly nowMs: number;
}

/** Whether the vendor took it (`ok`, to be read further) or what else the answer means. */
export type Judged =
  | { readonly ok: true; readonly answer: Answered }
  | { readonly ok: false; readonly send: SendAnswer };

/** Sorts an answer into what the outbox knows. Only 2xx goes on to the adapter. */
export function judge(answer: Answer, manners: Manners): Judged {
  const no = (send: SendAnswer): Judged => ({ ok: false, send });
  if (answer.kind === 'forbidden') return no({ outcome: 'refused', told: answer.told });
  if (answer.kind === 'notSent') return no({ outcome: 'later', told: answer.told, afterMs: null });
  if (answer.kind === 'cutOff') return no(doubt(answer.told, manners));
  const { status } = answer;
  if (status >= 200 && status < 300) return { ok: true, answer };
  const told = sentence(answer, manners);
  // 408 and 425: it did not read the request. 420 is Statuspage's older name for 429.
  if (status === 429 || status === 420 || status === 408 || status === 425)
    return no({ outcome: 'later', told, afterMs: retryAfterMs(answer, manners.nowMs) });
  if (status >= 500)
    return no(
      manners.replaySafe
        ? { outcome: 'later', told, afterMs: retryAfterMs(answer, manners.nowMs) }
        : doubt(told, manners),
    );
  return no({ outcome: 'refused', told });
}

/** It may have arrived. Where twice does no harm, that is just another try. */
export function doubt(told: string, { replaySafe }: Pick<Manners, 'replaySafe'>): SendAnswer {
  return replaySafe ? { outcome: 'later', told, afterMs: null } : { outcome: 'inDoubt', told };
}

/** `Retry-After` in milliseconds: seconds or an HTTP date (RFC 9110, 10.2.3). Null where there is none that can be read. */
export function retryAfterMs({ headers }: Answered, nowMs: number): number | null {
  const text = headers['retry-after']?.trim();
  if (!text) return null;
  const ms = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isFinite(ms) ? Math.min(MAX_RETRY_AFTER_MS, Math.max(0, Math.ceil(ms))) : null;
}

/** The body as JSON; undefined where it is none. Some answers of 201 are empty. */
export function jsonOf({ body }: Answered): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** A field of an unknown value, by its path; undefined wherever the path ends early. */
export function field(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[key] : undefined),
    value,
  );
}

/** A field that is a text, or a number as text. */
export function textField(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = field(value, ...path);
  return typeof found === 'string' ? found : typeof found === 'number' ? String(found) : undefined;
}

/** A field that is a list; empty where there is none. */
export function listField(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = field(value, ...path);
  return Array.isArray(found) ? found : [];
}

const ADVICE: Readonly<Record<number, string>> = {
  401: 'check its token',
  403: 'check what its token may do',
  404: 'check its address in the configuration',
  410: 'it is gone for good: set up a new one',
  413: 'the text is too long',
};

const MAX_REASON = 200;

function sentence(answer: Answered, { vendor, advice, reason }: Manners): string {
  const { status } = answer;
  const why = reason?.(answer)?.replace(/\s+/g, ' ').slice(0, MAX_REASON);
  const what = status >= 300 && status < 400 ? 'a redirect, which is not followed' : why;
  const next = advice?.[status] ?? ADVICE[status];
  return `${vendor} answered ${status}${what ? ` (${what})` : ''}${next ? `: ${next}` : ''}`;
}
