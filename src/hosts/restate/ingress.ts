import { setTimeout as pause } from 'node:timers/promises';
import { movedAway, StateProblem, stillArriving } from '../problems.ts';
import type { Answered } from './protocol.ts';
import type { ProblemOfTurn } from './turn.ts';

export interface IngressOptions {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** The place as people write it; for messages. */
  readonly place: string;
  /** Sent as a bearer token, where an ingress asks for one. */
  readonly token?: string;
  /** How long to try to reach it; {@link REACH_MS} where it is not given. */
  readonly reachMs?: number;
  /** How long to wait for an answer; {@link ANSWER_MS} where it is not given. */
  readonly answerMs?: number;
}

/** A Restate that starts again is back within some seconds; the rollback of last resort does not wait for it. */
export const REACH_MS = 5_000;
/** A turn takes milliseconds; who gets no answer in this time talks to a Restate that nobody serves. */
export const ANSWER_MS = 10_000;
const PAUSE_MS = 50;
/** States of some ten kilobytes and pages of some hundred entries; more than this is a mistake. */
const MAX_ANSWER_CHARS = 32_000_000;

export interface Target {
  readonly service: string;
  readonly key: string;
  readonly handler: string;
}

/** How one call differs from the others. */
export interface CallOptions {
  /** As in {@link IngressOptions}. */
  readonly answerMs?: number;
  /** The answer is no longer wanted. */
  readonly signal?: AbortSignal;
}

/**
 * Asks over Restate's HTTP ingress. Everything that is asked may be asked twice: a lost answer is asked for again, until the
 * ingress has been out of reach for `reachMs`; during a longer outage every call is made once.
 */
export class Ingress {
  readonly #options: IngressOptions;
  readonly #closed = new AbortController();
  /** Since when nothing was reached, by `performance.now()`. */
  #lostAt: number | undefined;

  constructor(options: IngressOptions) {
    this.#options = options;
  }

  get place(): string {
    return this.#options.place;
  }

  get answerMs(): number {
    return this.#options.answerMs ?? ANSWER_MS;
  }

  /** Calls a handler and waits for what it answers. Throws a {@link StateProblem}. */
  async call<T>({ service, key, handler }: Target, body?: unknown, options: CallOptions = {}): Promise<T> {
    const { url } = this.#options;
    const { answerMs = this.answerMs, signal = this.#closed.signal } = options;
    const path = [service, key, handler].map((part) => encodeURIComponent(part)).join('/');
    for (;;) {
      this.#mustBeOpen();
      signal.throwIfAborted();
      const answer = await this.#ask(`${url}/${path}`, body, { answerMs, signal });
      if (answer) return answer.value as T;
      await pause(PAUSE_MS);
    }
  }

  /** As `call`, for handlers that say why they refuse. */
  async callAnswered<T>(target: Target, body?: unknown): Promise<T> {
    const answered = await this.call<Answered<T>>(target, body);
    if (answered.ok) return answered.value;
    throw this.#refusal(target.key, answered.problem);
  }

  close(): void {
    this.#closed.abort();
  }

  #mustBeOpen(): void {
    if (this.#closed.signal.aborted) throw this.#problem('closed', 'it was closed');
  }

  /** Undefined where it is worth trying again. */
  async #ask(url: string, body: unknown, options: Required<CallOptions>): Promise<{ value: unknown } | undefined> {
    const { token, place } = this.#options;
    const { answerMs, signal } = options;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.any([this.#closed.signal, signal, AbortSignal.timeout(answerMs)]),
      });
      const text = await response.text();
      if (!isPassing(response.status)) this.#lostAt = undefined;
      if (response.ok) return { value: this.#parsed(text) };
      if (!isPassing(response.status) || this.#isLost()) throw this.#failure(response.status, text);
      return undefined;
    } catch (error) {
      if (error instanceof StateProblem) throw error;
      this.#mustBeOpen();
      signal.throwIfAborted();
      if (error instanceof Error && error.name === 'TimeoutError') {
        const why = `no answer within ${answerMs / 1_000} s: is "switchback serve --state ${place}" running?`;
        throw this.#problem('unreachable', why, error);
      }
      if (!this.#isLost()) return undefined;
      throw this.#problem('unreachable', `Restate cannot be reached (${causeOf(error)})`, error);
    }
  }

  /** Nothing was reached just now: whether that has been so for as long as it is borne with. */
  #isLost(): boolean {
    const now = performance.now();
    this.#lostAt ??= now;
    return now - this.#lostAt > (this.#options.reachMs ?? REACH_MS);
  }

  #parsed(text: string): unknown {
    if (text.length > MAX_ANSWER_CHARS)
      throw this.#problem('tooLarge', `an answer of ${text.length} characters; at most ${MAX_ANSWER_CHARS} are read`);
    return text === '' ? undefined : JSON.parse(text);
  }

  #failure(status: number, text: string): StateProblem {
    const { place } = this.#options;
    if (status === 404)
      return this.#problem(
        'unreachable',
        `Restate knows no Switchback in this place: start "switchback serve --state ${place}"`,
      );
    if (status === 401 || status === 403)
      return this.#problem('unreadable', `Restate refused the call (HTTP ${status}): set SWITCHBACK_RESTATE_TOKEN`);
    return this.#problem('unreadable', `Restate answered HTTP ${status}: ${text.slice(0, 300)}`);
  }

  #refusal(actor: string, problem: ProblemOfTurn): Error {
    const { place } = this.#options;
    switch (problem.kind) {
      case 'moved':
        return movedAway(place, actor, problem.to);
      case 'arriving':
        return stillArriving(place, actor);
      case 'late':
        return this.#problem('unreachable', 'the order came so late that it was dropped; give it again');
      case 'tooLarge':
        return this.#problem('tooLarge', problem.message);
      case 'failed':
        return new Error(problem.message);
    }
  }

  #problem(kind: StateProblem['kind'], why: string, cause?: unknown): StateProblem {
    const { place } = this.#options;
    return new StateProblem(kind, place, `state ${place}: ${why}`, cause);
  }
}

/** Restate says 429 and 503 while it starts or is busy, 502 and 504 come from what stands before it. */
function isPassing(status: number): boolean {
  return status === 429 || (status >= 502 && status <= 504);
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || String(error.cause) : error.message;
}
