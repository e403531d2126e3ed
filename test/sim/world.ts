import { aliasPerform, createPerform } from '../../src/app/perform.ts';
import type { Hooks } from '../../src/app/ports/hooks.ts';
import type { Signals } from '../../src/app/ports/signals.ts';
import { alone, type OwnerTag, shareOf } from '../../src/core/release/alias.ts';
import type { Command } from '../../src/core/release/commands.ts';
import { decide } from '../../src/core/release/decide.ts';
import type { AliasEvent } from '../../src/core/release/events.ts';
import type { Observation } from '../../src/core/release/observation.ts';
import type { Plan } from '../../src/core/release/plan.ts';
import { type AliasDoc, emptyDoc, isOpen, type Release } from '../../src/core/release/release.ts';
import { SYSTEM } from '../../src/core/who.ts';
import { ALICE, KEY, T0 } from '../core/release/builders.ts';
import { type Mutation, SimAws, type Troubles } from './aws.ts';
import { drawPlan } from './plans.ts';
import { Random } from './random.ts';
import { Timeline } from './timeline.ts';

/** What a story is made of, drawn from its seed. */
export interface Scenario {
  readonly releases: number;
  readonly troubles: Troubles;
  /** Mean time between crashes of the process; 0 for none. */
  readonly crashEveryMs: number;
  readonly operatorEveryMs: number;
  readonly foreignChance: number;
  readonly hookTroubles: {
    readonly silent: number;
    readonly fails: number;
    readonly crashes: number;
    readonly doubled: number;
  };
}

/** Longest story that is told; whatever is open by then is stuck. */
const END_MS = 40 * 86_400_000;

/**
 * One alias, its releases, one engine that crashes and comes back, and a world that does not do what it is told. The
 * engine's durable part is the document and the outbox, changed together, as every host promises.
 */
export class World {
  readonly startedAt = T0;
  readonly timeline = new Timeline(T0);
  readonly aws: SimAws;
  readonly ledger: AliasEvent[] = [];
  readonly plans = new Map<string, { plan: Plan; bad: boolean }>();
  doc: AliasDoc = emptyDoc(KEY);
  done = false;
  readonly #outbox = new Map<string, Command>();
  readonly #random: Random;
  readonly #scenario: Scenario;
  #generation = 0;
  #up = true;
  #started = 0;
  #wakeArmed = Number.POSITIVE_INFINITY;

  constructor(seed: number, scenario: Scenario, mutation: Mutation = 'none') {
    this.#random = new Random(seed);
    this.#scenario = scenario;
    this.aws = new SimAws(this.timeline, this.#random, scenario.troubles, '1', mutation);
    this.timeline.after(1, () => this.#nextRelease());
    if (scenario.crashEveryMs > 0) this.#armCrash();
    if (scenario.operatorEveryMs > 0) this.#armOperator();
    this.timeline.at(T0 + END_MS, () => this.#finish());
  }

  /** One turn: decide, then save the document, the event and the commands at once, then perform. */
  deliver(event: AliasEvent): void {
    if (this.done) return;
    const { state, commands } = decide(this.doc, event);
    if (event.kind === 'result') this.#outbox.delete(event.command);
    if (state === this.doc) return;
    this.doc = state;
    this.ledger.push(event);
    for (const command of commands) this.#outbox.set(command.key, command);
    // A process may die right here, between the commit and the performing.
    if (this.#random.chance(0.01) && this.#scenario.crashEveryMs > 0) {
      this.#crash();
      return;
    }
    for (const command of commands) this.#perform(command);
    this.#arm();
    if (!isOpen(this.doc.release)) this.timeline.after(this.#random.int(1, 60_000), () => this.#nextRelease());
  }

  #perform(command: Command): void {
    const generation = this.#generation;
    const alive = (): boolean => this.#up && generation === this.#generation && !this.done;
    const ports = {
      aliases: this.aws.portFor(() => command.key.split(/[#/]/)[0]!, alive),
      signals: this.#signals(alive),
      hooks: this.#hooks(alive),
      clock: this.timeline.clock,
      random: () => this.#random.next(),
      newest: async (): Promise<OwnerTag | undefined> =>
        this.doc.release ? { releaseId: this.doc.release.id, fence: this.doc.release.fence } : undefined,
    };
    const perform = aliasPerform(createPerform(ports), this.timeline.clock);
    void perform('actor', command, this.doc).then((event) => {
      if (!alive()) return;
      if (!event) this.#outbox.delete(command.key);
      // The answer may come, and the process die before it is written down.
      else if (this.#random.chance(0.01) && this.#scenario.crashEveryMs > 0) this.#crash();
      else this.deliver(event);
    });
  }

  #arm(): void {
    const { wakeAt } = this.doc;
    if (wakeAt === null || wakeAt >= this.#wakeArmed) return;
    this.#wakeArmed = wakeAt;
    const generation = this.#generation;
    this.timeline.at(wakeAt, () => {
      if (generation !== this.#generation || this.#wakeArmed !== wakeAt) return;
      this.#wakeArmed = Number.POSITIVE_INFINITY;
      this.deliver({ kind: 'tick', at: this.timeline.now, who: SYSTEM });
      this.#arm();
    });
  }

  #crash(): void {
    if (!this.#up) return;
    this.#up = false;
    this.#generation += 1;
    this.#wakeArmed = Number.POSITIVE_INFINITY;
    this.timeline.after(this.#random.int(10, 120_000), () => this.#restart());
  }

  /** Whoever looks next takes over what is owed: the outbox, the wake-up, the watching. */
  #restart(): void {
    this.#up = true;
    for (const command of [...this.#outbox.values()]) this.#perform(command);
    this.#arm();
    this.#armWatcher();
    if (!isOpen(this.doc.release)) this.timeline.after(1, () => this.#nextRelease());
  }

  #nextRelease(): void {
    if (this.done || !this.#up || isOpen(this.doc.release)) return;
    if (this.#started >= this.#scenario.releases) {
      this.#settle();
      return;
    }
    const { alias } = this.aws;
    // A person repairs what was left split, as the refusal tells them to.
    if (alias.second) this.aws.foreign(alone(alias.version), '');
    this.#started += 1;
    const releaseId = `r-${this.#started}`;
    const { plan, bad } = drawPlan(this.#random, this.aws.alias, String(this.#started + 1), this.#scenario);
    this.plans.set(releaseId, { plan, bad });
    const readings = { alias: this.aws.alias, alarms: [] };
    this.deliver({ kind: 'start', at: this.timeline.now, who: ALICE, releaseId, plan, readings });
    if (this.#random.chance(this.#scenario.foreignChance)) {
      const routing = this.#random.chance(0.3) ? alone(plan.stable) : alone('999');
      this.timeline.after(this.#random.int(1, 300_000), () => isOpen(this.doc.release) && this.aws.foreign(routing));
    }
    this.#armWatcher();
  }

  /** All releases are through: what is still under way at AWS may land, then the story ends. */
  #settle(): void {
    this.timeline.after(60_000, () => this.#finish());
  }

  #finish(): void {
    this.done = true;
  }

  /** Looks come every few seconds at first; an hour's hold is not told second by second. */
  #armWatcher(): void {
    const generation = this.#generation;
    const releaseId = this.doc.release?.id;
    let looks = 0;
    const look = (): void => {
      const { release } = this.doc;
      const current = generation === this.#generation && this.#up && !this.done;
      if (!current || release?.id !== releaseId || !isOpen(release)) return;
      const observation = this.#observe(release);
      this.deliver({ kind: 'observed', at: this.timeline.now, who: SYSTEM, releaseId: release.id, observation });
      looks += 1;
      this.timeline.after(this.#random.int(2_000, 30_000) * Math.ceil(looks / 4), look);
    };
    this.timeline.after(this.#random.int(500, 5_000), look);
  }

  #observe(release: Release): Observation {
    const { plan, bad } = this.plans.get(release.id)!;
    const share = shareOf(this.aws.alias, plan.candidate) / 100;
    const invocations = Math.round(100 * share);
    const errors = bad ? Math.ceil(invocations / 2) : 0;
    const counts = (n: number, failed: number) => ({
      invocations: n,
      errors: failed,
      timeouts: 0,
      throttles: 0,
      coldStarts: 0,
      slow: [],
    });
    return {
      logs: {
        cursor: String(this.timeline.now),
        sampled: false,
        counts: { [plan.candidate]: counts(invocations, errors), [plan.stable]: counts(100 - invocations, 0) },
      },
      ...(this.#random.chance(0.1) ? { alias: this.aws.alias } : {}),
    };
  }

  #signals(alive: () => boolean): Signals {
    return {
      look: () =>
        new Promise((resolve) =>
          this.timeline.after(this.#random.int(5, 500), () => {
            const { release } = this.doc;
            if (!alive() || !release) return;
            resolve({ ...this.#observe(release), alias: this.aws.alias });
          }),
        ),
      follow: async () => undefined,
    };
  }

  #hooks(alive: () => boolean): Hooks {
    const { silent, fails, crashes, doubled } = this.#scenario.hookTroubles;
    return {
      answer: async () => undefined,
      invoke: (_name, payload) =>
        new Promise((resolve, reject) => {
          const release = this.doc.release!;
          const answer = (): void => {
            const status = this.#random.chance(fails) ? 'Failed' : 'Succeeded';
            this.#answerHook(release.id, payload.LifecycleEventHookExecutionId, status);
          };
          if (!this.#random.chance(silent)) this.timeline.after(this.#random.int(10, 600_000), answer);
          if (this.#random.chance(doubled)) this.timeline.after(this.#random.int(10, 900_000), answer);
          this.timeline.after(this.#random.int(5, 2_000), () => {
            if (!alive()) return;
            if (this.#random.chance(crashes)) reject(new Error('Error: the hook crashed'));
            else resolve(undefined);
          });
        }),
    };
  }

  /** The hook's answer reaches Switchback's endpoint, or finds nobody there and is lost. */
  #answerHook(releaseId: string, executionId: string, status: 'Succeeded' | 'Failed'): void {
    if (!this.#up) return;
    this.deliver({
      kind: 'hookAnswered',
      at: this.timeline.now,
      who: SYSTEM,
      releaseId,
      executionId,
      status,
      via: 'endpoint',
    });
  }

  #armCrash(): void {
    this.timeline.after(this.#random.int(1, 2 * this.#scenario.crashEveryMs), () => {
      this.#crash();
      if (!this.done) this.#armCrash();
    });
  }

  #armOperator(): void {
    this.timeline.after(this.#random.int(1, 2 * this.#scenario.operatorEveryMs), () => {
      const { release } = this.doc;
      if (isOpen(release) && this.#up) this.#operate(release);
      if (!this.done) this.#armOperator();
    });
  }

  #operate(release: Release): void {
    const stamp = { at: this.timeline.now, who: ALICE, releaseId: release.id };
    const verb = this.#random.pick(['pause', 'resume', 'resume', 'promote', 'promote', 'rollback'] as const);
    if (verb === 'promote') this.deliver({ kind: 'promote', full: this.#random.chance(0.3), ...stamp });
    else this.deliver({ kind: verb, ...stamp });
    // Whoever pauses comes back some day.
    if (verb === 'pause') {
      this.timeline.after(this.#random.int(1_000, 3_600_000), () =>
        this.deliver({ kind: 'resume', ...stamp, at: this.timeline.now }),
      );
    }
  }
}
