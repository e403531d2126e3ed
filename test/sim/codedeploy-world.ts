import { aliasPerform, createPerform } from '../../src/app/perform.ts';
import type { Deployments } from '../../src/app/ports/deployments.ts';
import { AwsProblem } from '../../src/app/ports/problem.ts';
import type { Signals } from '../../src/app/ports/signals.ts';
import { alone, type OwnerTag, type Routing, sameRouting, shareOf } from '../../src/core/release/alias.ts';
import type { Command } from '../../src/core/release/commands.ts';
import { decide } from '../../src/core/release/decide.ts';
import type { DeploymentReading } from '../../src/core/release/deployment.ts';
import type { AliasEvent } from '../../src/core/release/events.ts';
import type { AlarmReading, Observation } from '../../src/core/release/observation.ts';
import { type AliasDoc, emptyDoc, isOpen } from '../../src/core/release/release.ts';
import { SYSTEM } from '../../src/core/who.ts';
import { followNothing } from '../app/fake-follow.ts';
import { ALICE, KEY, plan, T0 } from '../core/release/builders.ts';
import { SimAws, type Troubles } from './aws.ts';
import { Random } from './random.ts';
import { Timeline } from './timeline.ts';

export const STABLE = '41';
export const CANDIDATE = '42';
const ID = 'r-1';
const RESTORE_MS = 60_000;
/** How long a look may see the alias as it was. */
const OUTDATED_LOOK_MS = 3_000;
interface Shift {
  readonly weightPercent: number;
  readonly holdMs: number;
}

/** CodeDeploy's canary, 10 % for five minutes, and its linear one, 10 % more every minute. */
const CANARY: readonly Shift[] = [
  { weightPercent: 10, holdMs: 300_000 },
  { weightPercent: 100, holdMs: 0 },
];
const LINEAR: readonly Shift[] = Array.from({ length: 10 }, (_, index) => ({
  weightPercent: 10 * (index + 1),
  holdMs: 60_000,
}));
/** Longest story that is told; whatever is open by then is stuck. */
export const END_MS = 6 * 3_600_000;

/** What a story is made of, drawn from its seed. */
export interface ShiftedScenario {
  readonly troubles: Troubles;
  /** Mean time between crashes of the process that watches; 0 for none. */
  readonly crashEveryMs: number;
  /** The candidate is bad: an alarm goes red some time after it got traffic. */
  readonly bad: boolean;
  /** CodeDeploy keeps its word when it is stopped with rollback; else it leaves the alias split. */
  readonly bringsBack: boolean;
  /** Nobody may stop the deployment. */
  readonly denied: boolean;
  /** CodeDeploy's own alarm ends the deployment after this long; null where it never does. */
  readonly endsItselfMs: number | null;
  readonly foreignMs: number | null;
  /** A person orders a rollback after this long. */
  readonly orderedMs: number | null;
  readonly linear: boolean;
}

/** One alias that CodeDeploy shifts, one engine that watches, crashes and comes back, and answers that get lost. */
export class ShiftedWorld {
  readonly timeline = new Timeline(T0);
  readonly aws: SimAws;
  readonly ledger: AliasEvent[] = [];
  doc: AliasDoc = emptyDoc(KEY);
  deployment: DeploymentReading = { status: 'InProgress' };
  wasTouched = false;
  done = false;
  readonly scenario: ShiftedScenario;
  readonly #random: Random;
  readonly #outbox = new Map<string, Command>();
  #generation = 0;
  #up = true;
  #wakeArmed = Number.POSITIVE_INFINITY;
  #redAt = Number.POSITIVE_INFINITY;

  constructor(seed: number, scenario: ShiftedScenario) {
    this.scenario = scenario;
    this.#random = new Random(seed);
    this.aws = new SimAws(this.timeline, this.#random, scenario.troubles, STABLE, 'none');
    this.#armCodeDeploy();
    this.timeline.after(1, () => this.#start());
    if (scenario.crashEveryMs > 0) this.#armCrash();
    this.timeline.at(T0 + END_MS, () => {
      this.done = true;
    });
  }

  get release() {
    return this.doc.release;
  }

  /** CodeDeploy sends no description, so that whatever stands there stays, and it moves only what it knows. */
  #shift(to: Routing): boolean {
    const { alias } = this.aws;
    const known = shareOf(alias, STABLE) + shareOf(alias, CANDIDATE) === 100;
    if (known) this.aws.foreign(to, alias.description);
    return known;
  }

  #armCodeDeploy(): void {
    const isOver = () => this.deployment.status !== 'InProgress';
    const shifts = this.scenario.linear ? LINEAR : CANARY;
    const shift = (index: number, left: Routing): void => {
      if (isOver()) return;
      const { weightPercent, holdMs } = shifts[index]!;
      if (!sameRouting(this.aws.alias, left)) {
        const error = { code: 'INVALID_LAMBDA_CONFIGURATION', message: 'the alias is elsewhere' };
        this.deployment = { status: 'Failed', error };
        return;
      }
      const isLast = weightPercent === 100;
      const to: Routing = isLast
        ? alone(CANDIDATE)
        : { version: STABLE, second: { version: CANDIDATE, weightPercent } };
      this.#shift(to);
      if (this.scenario.bad && index === 0) this.#redAt = this.timeline.now + this.#random.int(1_000, 400_000);
      if (isLast) this.deployment = { status: 'Succeeded' };
      else this.timeline.after(holdMs, () => shift(index + 1, to));
    };
    this.timeline.after(this.#random.int(1, 20_000), () => shift(0, alone(STABLE)));
    const { endsItselfMs, foreignMs, orderedMs } = this.scenario;
    if (orderedMs !== null) this.timeline.after(orderedMs, () => this.#order());
    if (endsItselfMs !== null) this.timeline.after(endsItselfMs, () => !isOver() && this.#stop('ALARM_ACTIVE'));
    if (foreignMs !== null)
      this.timeline.after(foreignMs, () => {
        this.wasTouched = true;
        this.aws.foreign(alone('999'), 'moved by hand');
      });
  }

  #order(): void {
    if (!this.#up) return;
    this.deliver({ kind: 'rollback', releaseId: ID, at: this.timeline.now, who: ALICE, why: 'I see errors' });
  }

  #stop(code: string): void {
    const error = { code, message: 'it was ended' };
    this.deployment = { status: 'Stopped', error };
    if (!this.scenario.bringsBack) return;
    this.deployment = { ...this.deployment, rollbackId: 'd-ROLLBACK1' };
    this.timeline.after(this.#random.int(500, 90_000), () => this.#shift(alone(STABLE)));
  }

  #start(): void {
    const shifter = { kind: 'codedeploy', application: 'a', group: 'g', sinceMs: T0, restoreMs: RESTORE_MS } as const;
    const alarms = [this.#alarm()];
    const readings = { alias: this.aws.alias, alarms };
    const watched = plan({ stable: STABLE, candidate: CANDIDATE, shifter, alarms: [{ name: 'errors' }] });
    this.deliver({ kind: 'start', at: this.timeline.now, who: ALICE, releaseId: ID, plan: watched, readings });
    this.#armWatcher();
  }

  deliver(event: AliasEvent): void {
    if (this.done) return;
    const { state, commands } = decide(this.doc, event);
    if (event.kind === 'result') this.#outbox.delete(event.command);
    if (state === this.doc) return;
    this.doc = state;
    this.ledger.push(event);
    for (const command of commands) this.#outbox.set(command.key, command);
    if (this.#random.chance(0.02) && this.scenario.crashEveryMs > 0) {
      this.#crash();
      return;
    }
    for (const command of commands) this.#perform(command);
    this.#arm();
    // What is still under way at AWS and at CodeDeploy may land, then the story ends.
    if (!isOpen(this.doc.release))
      this.timeline.after(600_000, () => {
        this.done = true;
      });
  }

  #perform(command: Command): void {
    const generation = this.#generation;
    const alive = (): boolean => this.#up && generation === this.#generation && !this.done;
    const ports = {
      aliases: this.aws.portFor(ID, command.key, alive),
      signals: this.#signals(alive),
      deployments: this.#deployments(alive),
      hooks: { invoke: () => Promise.reject(new Error('CodeDeploy calls its hooks itself')) },
      clock: this.timeline.clock,
      random: () => this.#random.next(),
      newest: async (): Promise<OwnerTag | undefined> =>
        this.doc.release ? { releaseId: this.doc.release.id, fence: this.doc.release.fence } : undefined,
    };
    const perform = aliasPerform(createPerform(ports), this.timeline.clock);
    void perform('actor', command, this.doc).then((event) => {
      if (!alive()) return;
      if (!event) this.#outbox.delete(command.key);
      else if (this.#random.chance(0.02) && this.scenario.crashEveryMs > 0) this.#crash();
      else this.deliver(event);
    });
  }

  /** `StopDeployment` over a network that loses requests and answers. */
  #deployments(alive: () => boolean): Pick<Deployments, 'stop'> {
    const { throttled, lostAnswer, lostRequest } = this.scenario.troubles;
    return {
      stop: () =>
        this.timeline.promise<void>((resolve, reject) => {
          const answer = (run: () => void, ms = 20) => this.timeline.after(ms, () => alive() && run());
          const lost = new AwsProblem('unavailable', 'StopDeployment', 'TimeoutError', 'simulated');
          if (this.scenario.denied)
            return answer(() =>
              reject(new AwsProblem('denied', 'StopDeployment', 'AccessDeniedException', 'simulated')),
            );
          if (this.#random.chance(throttled))
            return answer(() =>
              reject(new AwsProblem('throttled', 'StopDeployment', 'ThrottlingException', 'simulated')),
            );
          if (this.#random.chance(lostRequest)) return answer(() => reject(lost), 5_000);
          this.timeline.after(this.#random.int(5, 2_000), () => {
            if (this.deployment.status === 'InProgress') this.#stop('MANUAL_STOP');
            if (this.#random.chance(lostAnswer)) answer(() => reject(lost), 5_000);
            else answer(() => resolve());
          });
        }),
    };
  }

  #signals(alive: () => boolean): Signals {
    return {
      look: () =>
        this.timeline.promise((resolve) =>
          this.timeline.after(this.#random.int(5, 500), () => {
            if (alive())
              resolve({
                ...this.#observe(),
                alias: this.aws.readWithin(OUTDATED_LOOK_MS),
                deployment: this.deployment,
              });
          }),
        ),
      follow: followNothing,
    };
  }

  #observe(): Observation {
    return {
      alarms: [this.#alarm()],
      ...(this.#random.chance(0.4) ? { alias: this.aws.readWithin(OUTDATED_LOOK_MS) } : {}),
      ...(this.#random.chance(0.5) ? { deployment: this.deployment } : {}),
    };
  }

  #alarm(): AlarmReading {
    const isRed = this.timeline.now >= this.#redAt;
    const sinceMs = isRed ? this.#redAt : T0;
    return { name: 'errors', state: isRed ? 'ALARM' : 'OK', reason: 'simulated', sinceMs, actionsEnabled: true };
  }

  #armWatcher(): void {
    const generation = this.#generation;
    const look = (): void => {
      const current = generation === this.#generation && this.#up && !this.done;
      if (!current || !isOpen(this.doc.release)) return;
      const observation = this.#observe();
      this.deliver({ kind: 'observed', at: this.timeline.now, who: SYSTEM, releaseId: ID, observation });
      this.timeline.after(this.#random.int(500, 15_000), look);
    };
    this.timeline.after(this.#random.int(100, 5_000), look);
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

  #armCrash(): void {
    this.timeline.after(this.#random.int(1, 2 * this.scenario.crashEveryMs), () => {
      this.#crash();
      if (!this.done) this.#armCrash();
    });
  }

  #crash(): void {
    if (!this.#up) return;
    this.#up = false;
    this.#generation += 1;
    this.#wakeArmed = Number.POSITIVE_INFINITY;
    this.timeline.after(this.#random.int(10, 60_000), () => {
      this.#up = true;
      for (const command of [...this.#outbox.values()]) this.#perform(command);
      this.#arm();
      this.#armWatcher();
    });
  }
}
