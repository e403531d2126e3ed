import type { Channel, LookAnswer, SendAnswer } from '../../src/core/comms/outbox.ts';
import type { Troubles } from './aws.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** Search indexes lag behind what was written. */
const INDEX_LAG_MS = 60_000;

/**
 * The outside world of one channel. Contract: what arrives stays; a replay-safe receiver recognises a message that it has;
 * a look-up tells the truth about everything older than the index's lag; the caller may hear late or never.
 */
export class Receiver {
  /** When each message arrived, as often as it did. */
  readonly arrived = new Map<string, number[]>();
  readonly channel: Channel;
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #troubles: Troubles;

  constructor(channel: Channel, timeline: Timeline, random: Random, troubles: Troubles) {
    this.channel = channel;
    this.#timeline = timeline;
    this.#random = random;
    this.#troubles = troubles;
  }

  send(message: string, alive: () => boolean): Promise<SendAnswer> {
    const { throttled, serverError, lostAnswer, lostRequest, slow } = this.#troubles;
    const random = this.#random;
    return this.#timeline.promise((resolve) => {
      const answer = (afterMs: number, what: SendAnswer): void =>
        this.#timeline.after(afterMs, () => alive() && resolve(what));
      const doubt: SendAnswer = { outcome: 'inDoubt', told: 'no answer came' };
      if (random.chance(lostRequest)) return answer(5_000, doubt);
      const trip = random.chance(slow) ? random.int(500, 20_000) : random.int(5, 400);
      if (random.chance(throttled))
        return answer(trip, { outcome: 'later', told: '429', afterMs: random.pick([null, 30_000]) });
      if (random.chance(serverError * 0.2)) return answer(trip, { outcome: 'refused', told: 'no such channel' });
      this.#timeline.after(trip, () => {
        const times = this.arrived.get(message) ?? [];
        if (!this.channel.replaySafe || times.length === 0) this.arrived.set(message, [...times, this.#timeline.now]);
        if (trip > 5_000 || random.chance(lostAnswer)) answer(5_000, doubt);
        else answer(random.int(1, 50), { outcome: 'accepted', ref: message });
      });
    });
  }

  lookUp(message: string, alive: () => boolean): Promise<LookAnswer> {
    const random = this.#random;
    return this.#timeline.promise((resolve) =>
      this.#timeline.after(random.int(50, 2_000), () => {
        if (!alive()) return;
        if (random.chance(this.#troubles.serverError)) resolve({ outcome: 'cannotTell', told: 'the search failed' });
        else if (this.has(message, INDEX_LAG_MS)) resolve({ outcome: 'found', ref: message });
        else resolve({ outcome: 'absent' });
      }),
    );
  }

  /** Whether it arrived at least this long ago. */
  has(message: string, agoMs = 0): boolean {
    return (this.arrived.get(message) ?? []).some((at) => at <= this.#timeline.now - agoMs);
  }
}
