import type { GateRunner } from '../../src/app/ports/gates.ts';
import type { Gate, GatePlace, GateRule } from '../../src/core/gates/gate.ts';
import type { AliasEvent } from '../../src/core/release/events.ts';
import { heldRun, waitingRun } from '../../src/core/release/gate-runs.ts';
import type { Release } from '../../src/core/release/release.ts';
import type { Who } from '../../src/core/who.ts';
import type { Delivered } from './actor.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

const RULES: readonly GateRule[] = ['rollback', 'hold', 'continue'];
const BOB: Who = { name: 'bob', provedBy: 'token' };

/** One release in five has gates, up to three, anywhere. */
export function drawGates(random: Random, steps: number): Gate[] {
  if (!random.chance(0.2)) return [];
  return Array.from({ length: random.int(1, 3) }, (_, n): Gate => {
    const places: readonly GatePlace[] = [
      'beforeTraffic',
      'everyStep',
      'afterTraffic',
      'beforePromotion',
      { step: random.int(1, steps) },
    ];
    const at = random.pick(places);
    const id = `g${n}`;
    if (random.chance(0.3)) {
      const check = { kind: 'approval', title: 'UAT', people: [BOB.name], roles: [], fourEyes: false } as const;
      const timeoutMs = random.int(60_000, 7_200_000);
      return { id, at, check, timeoutMs, onFail: 'rollback', onSilence: random.pick(['rollback', 'hold'] as const) };
    }
    const check = { kind: 'command', command: ['test'], folder: '/' } as const;
    return { id, at, check, timeoutMs: 15_000, onFail: random.pick(RULES), onSilence: random.pick(RULES) };
  });
}

/** Checks that take their time, some more than they have, and say what they like. */
export function simGates(timeline: Timeline, random: Random, alive: () => boolean): GateRunner {
  return {
    run: () =>
      timeline.promise((resolve, reject) => {
        timeline.after(random.chance(0.25) ? random.int(5, 18_000) : random.int(5, 2_000), () => {
          if (!alive()) return;
          if (random.chance(0.05)) return reject(new Error('it could not be started'));
          const outcome = random.chance(0.7) ? 'pass' : random.pick(['fail', 'inconclusive', 'error'] as const);
          resolve({ verdict: { outcome, reason: `it is ${outcome}` }, evidence: { facts: [] } });
        });
      }),
  };
}

/** Delivers what a person says; `event` is handed who and which release. */
export type Tell = (
  event: (stamp: { readonly who: Who; readonly releaseId: string; readonly at: number }) => AliasEvent,
) => Delivered;

/** The people whom gates wait for: they answer some day, sometimes to another question than the one that is asked. */
export class People {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #now: () => Release | null;
  readonly #tell: Tell;
  readonly #coming = new Set<string>();

  constructor(timeline: Timeline, random: Random, now: () => Release | null, tell: Tell) {
    this.#timeline = timeline;
    this.#random = random;
    this.#now = now;
    this.#tell = tell;
  }

  /** Called after every turn. */
  noticed(release: Release): void {
    const question = questionOf(release);
    if (question === undefined || this.#coming.has(question)) return;
    this.#coming.add(question);
    this.#timeline.after(this.#random.int(500, 3_600_000), () => {
      this.#coming.delete(question);
      const now = this.#now();
      if (!now || questionOf(now) !== question) return;
      this.#answer(now);
      // Whoever was not heard, or was wrong, comes again.
      const after = this.#now();
      if (after) this.noticed(after);
    });
  }

  #answer(release: Release): void {
    const waiting = waitingRun(release);
    if (waiting) {
      const digest = this.#random.chance(0.9) ? (waiting.run.digest ?? '') : 'f'.repeat(64);
      const decision = this.#random.chance(0.85) ? 'approve' : 'deny';
      this.#tell((stamp) => ({ kind: 'approve', gate: waiting.name, decision, digest, roles: [], ...stamp, who: BOB }));
      return;
    }
    const verb = this.#random.pick(['resume', 'resume', 'promote', 'rollback'] as const);
    this.#tell((stamp) => (verb === 'promote' ? { kind: verb, full: false, ...stamp } : { kind: verb, ...stamp }));
  }
}

/** What a person is waited for, named; undefined where nobody is. */
function questionOf(release: Release): string | undefined {
  const waiting = waitingRun(release);
  if (waiting?.gate.check.kind === 'approval') return `${release.id}/${waiting.name}/${waiting.run.attempt}`;
  const held = heldRun(release);
  return held && `${release.id}/${held.name}/${held.run.attempt}/held`;
}
