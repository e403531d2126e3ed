import { aliasPerform, createPerform } from '../../src/app/perform.ts';
import type { Stored } from '../../src/app/ports/host.ts';
import { tellTrain, trainPerform } from '../../src/app/train/perform.ts';
import { actorOf, alone, shareOf } from '../../src/core/release/alias.ts';
import type { Command } from '../../src/core/release/commands.ts';
import { decide } from '../../src/core/release/decide.ts';
import type { AliasEvent } from '../../src/core/release/events.ts';
import type { Observation } from '../../src/core/release/observation.ts';
import { type AliasDoc, emptyDoc, isOpen } from '../../src/core/release/release.ts';
import type { TrainCommand } from '../../src/core/train/commands.ts';
import { decide as decideTrain } from '../../src/core/train/decide.ts';
import type { TrainEvent } from '../../src/core/train/events.ts';
import type { TrainPlan } from '../../src/core/train/plan.ts';
import { emptyTrain, isTrainOpen, type TrainDoc } from '../../src/core/train/train.ts';
import { SYSTEM } from '../../src/core/who.ts';
import { followNothing } from '../app/fake-follow.ts';
import { ALICE, KEY, T0 } from '../core/release/builders.ts';
import { ACTOR } from '../core/train/builders.ts';
import { SimAws } from './aws.ts';
import { Random } from './random.ts';
import { Timeline } from './timeline.ts';
import { drawTrainPlan, type TrainMutation, type TrainScenario, type Wagon } from './train-scenario.ts';

const END_MS = 4 * 86_400_000;
/** People give so many orders in one story; what is broken then must not be healed by yet another one. */
const MOST_ORDERS = 12;
/**
 * A train with all its members in one state, and one process that dies and comes back. What is durable are the documents and
 * the outboxes, changed together, as every host promises; messages between the actors come late, twice, or after the next one.
 */
export class TrainWorld {
  #comingToFrozen = false;
  #operated = 0;
  readonly timeline = new Timeline(T0);
  readonly wagons: readonly Wagon[];
  readonly ledger: TrainEvent[] = [];
  readonly plan: TrainPlan;
  train: TrainDoc = emptyTrain(KEY.account, 'shop');
  done = false;
  crashes = 0;
  foreigners = 0;
  readonly #byActor: ReadonlyMap<string, Wagon>;
  readonly #owed = new Map<string, Command>();
  readonly #owedByTrain = new Map<string, TrainCommand>();
  readonly #random: Random;
  readonly scenario: TrainScenario;
  readonly #mutation: TrainMutation;
  #generation = 0;
  #up = true;

  constructor(seed: number, scenario: TrainScenario, mutation: TrainMutation = 'none') {
    this.#mutation = mutation;
    this.#random = new Random(seed);
    this.scenario = scenario;
    this.wagons = scenario.waves.flatMap(({ region, members }, wave) =>
      Array.from({ length: members }, (_, index) => this.#wagon(`w${wave}m${index}`, region, wave)),
    );
    this.#byActor = new Map(this.wagons.map((wagon) => [actorOf(wagon.doc.key), wagon]));
    this.plan = drawTrainPlan(this.#random, scenario, this.wagons);
    this.timeline.after(1, () =>
      this.#deliverTrain({ kind: 'start', at: this.timeline.now, who: ALICE, trainId: 't-1', plan: this.plan }),
    );
    for (const wagon of this.wagons) {
      if (this.#random.chance(scenario.foreignChance))
        this.timeline.after(this.#random.int(1, 900_000), () => this.#stranger(wagon));
      this.#armWatcher(wagon);
    }
    if (scenario.crashEveryMs > 0) this.#armCrash();
    if (scenario.operatorEveryMs > 0) this.#armOperator();
    this.#armTicks();
    this.timeline.at(T0 + END_MS, () => {
      this.done = true;
    });
  }

  #wagon(name: string, region: string, wave: number): Wagon {
    const key = { ...KEY, region, function: name };
    const aws = new SimAws(this.timeline, this.#random, this.scenario.troubles, '1', 'none');
    const bad = this.#random.chance(this.scenario.badChance);
    return { name, region, wave, bad, aws, doc: emptyDoc(key), cleared: -1, ahead: null };
  }

  // The two hosts: decide, save document and outbox at once, then perform; a process may die in between.

  #deliverTrain(event: TrainEvent): TrainDoc {
    const { state, commands } = decideTrain(this.train, this.#mutatedReport(event));
    if (event.kind === 'result') this.#owedByTrain.delete(event.command);
    if (state === this.train) return state;
    this.train = state;
    this.ledger.push(event);
    for (const command of commands) {
      this.#owedByTrain.set(command.key, command);
      if (command.kind !== 'steer') continue;
      const wagon = this.#byActor.get(actorOf(command.alias))!;
      wagon.cleared = Math.max(wagon.cleared, command.order.cleared);
    }
    if (this.#diesNow()) return state;
    for (const command of commands) this.#sendByTrain(command);
    return state;
  }

  #deliverAlias(actor: string, event: AliasEvent): AliasDoc {
    const wagon = this.#byActor.get(actor)!;
    const { state, commands } = decide(wagon.doc, this.#mutatedOrder(wagon, event));
    if (event.kind === 'result') this.#owed.delete(`${actor}|${event.command}`);
    if (state === wagon.doc) return state;
    wagon.doc = state;
    const { release } = state;
    if (release && release.kind === 'release' && release.step > wagon.cleared)
      wagon.ahead ??= `entered step ${release.step}, cleared up to ${wagon.cleared}`;
    for (const command of commands) this.#owed.set(`${actor}|${command.key}`, command);
    if (this.#diesNow()) return state;
    for (const command of commands) this.#perform(actor, command);
    return state;
  }

  #mutatedOrder({ doc }: Wagon, event: AliasEvent): AliasEvent {
    if (event.kind !== 'steer') return event;
    const { order } = event;
    if (this.#mutation === 'noGates') return { ...event, order: { ...order, cleared: 99 } };
    const newest = doc.release?.train?.order ?? 0;
    return this.#mutation === 'noOrderNumbers' ? { ...event, order: { ...order, n: newest + 1 } } : event;
  }

  #mutatedReport(event: TrainEvent): TrainEvent {
    if (event.kind !== 'told' || this.#mutation !== 'noReportNumbers') return event;
    const member = this.train.train?.members.find(({ name }) => name === event.member);
    const newest = member?.undo?.report?.n ?? member?.report?.n ?? 0;
    return { ...event, report: { ...event.report, n: newest + 1 } };
  }

  #diesNow(): boolean {
    if (this.scenario.crashEveryMs === 0 || !this.#random.chance(0.005)) return false;
    this.#crash();
    return true;
  }

  #alive(): () => boolean {
    const generation = this.#generation;
    return () => this.#up && generation === this.#generation && !this.done;
  }

  #perform(actor: string, command: Command): void {
    const wagon = this.#byActor.get(actor)!;
    const alive = this.#alive();
    const { clock } = this.timeline;
    const ports = {
      aliases: wagon.aws.portFor(command.key.split(/[#/]/)[0]!, command.key, alive),
      signals: {
        look: () =>
          this.timeline.promise<Observation>((resolve) =>
            this.timeline.after(this.#random.int(5, 500), () => {
              if (alive()) resolve({ ...this.#observe(wagon), alias: wagon.aws.read() });
            }),
          ),
        follow: followNothing,
      },
      hooks: {
        invoke: () =>
          this.timeline.promise<'Succeeded' | 'Failed'>((resolve) =>
            this.timeline.after(this.#random.int(10, 120_000), () => {
              if (alive()) resolve(this.#random.chance(this.scenario.gateFails) ? 'Failed' : 'Succeeded');
            }),
          ),
      },
      clock,
      random: () => this.#random.next(),
      newest: async () =>
        wagon.doc.release ? { releaseId: wagon.doc.release.id, fence: wagon.doc.release.fence } : undefined,
    };
    const tell = tellTrain({ deliver: (_actor, event) => this.#travel(() => this.#storedTrain(event), alive) }, clock);
    void aliasPerform(createPerform(ports), clock, tell)(actor, command, wagon.doc).then((event) => {
      if (!alive()) return;
      if (event) this.#deliverAlias(actor, event);
      else this.#owed.delete(`${actor}|${command.key}`);
    });
  }

  #sendByTrain(command: TrainCommand): void {
    const alive = this.#alive();
    const perform = trainPerform({
      aliasHost: {
        deliver: (actor, event) =>
          this.#travel(() => this.#storedAlias(actor, this.#deliverAlias(actor, event)), alive),
        read: async (actor) => this.#storedAlias(actor, this.#byActor.get(actor)!.doc),
      },
      aliases: {
        get: (key) => this.#byActor.get(actorOf(key))!.aws.portFor('train', '', alive).get(key),
      },
      clock: this.timeline.clock,
    });
    void perform(ACTOR, command, this.train)
      .catch(() => 'again' as const)
      .then((event) => {
        if (!alive()) return;
        if (event === 'again') this.timeline.after(1_000, () => alive() && this.#sendByTrain(command));
        else if (event) this.#deliverTrain(event);
        else this.#owedByTrain.delete(command.key);
      });
  }

  #storedAlias(actor: string, state: AliasDoc): Stored<AliasDoc> {
    return { actor, sequence: 0, state };
  }

  #storedTrain(event: TrainEvent): Stored<TrainDoc> {
    return { actor: ACTOR, sequence: 0, state: this.#deliverTrain(event) };
  }

  /** A message on its way: it takes a while, dies with its process, and may come a second time, much later. */
  #travel<T>(arrive: () => T, alive: () => boolean): Promise<T> {
    return this.timeline.promise((resolve) => {
      this.timeline.after(this.#random.int(1, 200), () => {
        if (!alive()) return;
        const answer = arrive();
        if (this.#random.chance(this.scenario.doubled))
          this.timeline.after(this.#random.int(1, 600_000), () => !this.done && this.#up && arrive());
        this.timeline.after(this.#random.int(1, 20), () => alive() && resolve(answer));
      });
    });
  }

  #observe({ aws, bad }: Wagon): Observation {
    const share = shareOf(aws.alias, '2') / 100;
    const invocations = Math.round(100 * share);
    const counts = (n: number, errors: number) => ({
      invocations: n,
      errors,
      timeouts: 0,
      throttles: 0,
      coldStarts: 0,
      slow: [],
    });
    return {
      logs: {
        cursor: String(this.timeline.now),
        sampled: false,
        counts: { 2: counts(invocations, bad ? Math.ceil(invocations / 2) : 0), 1: counts(100 - invocations, 0) },
      },
    };
  }

  #armWatcher(wagon: Wagon): void {
    let looks = 0;
    const look = (): void => {
      if (this.done) return;
      const { release } = wagon.doc;
      if (this.#up && isOpen(release)) {
        const stamp = { at: this.timeline.now, who: SYSTEM, releaseId: release.id };
        this.#deliverAlias(actorOf(wagon.doc.key), { kind: 'observed', ...stamp, observation: this.#observe(wagon) });
        looks += 1;
      }
      this.timeline.after(this.#random.int(2_000, 30_000) * Math.ceil((looks + 1) / 20), look);
    };
    this.timeline.after(this.#random.int(500, 5_000), look);
  }

  /** Every host wakes what is due; here all of them are asked, at a pace that grows with the story. */
  #armTicks(): void {
    const tick = (): void => {
      if (this.done) return;
      const at = this.timeline.now;
      if (this.#up) {
        for (const [actor, { doc }] of this.#byActor)
          if (doc.wakeAt !== null && doc.wakeAt <= at) this.#deliverAlias(actor, { kind: 'tick', at, who: SYSTEM });
        if (this.train.wakeAt !== null && this.train.wakeAt <= at)
          this.#deliverTrain({ kind: 'tick', at, who: SYSTEM });
      }
      this.#somebodyComes();
      if (this.#isOver()) {
        this.#settle();
        return;
      }
      const age = at - T0;
      this.timeline.after(Math.max(500, Math.min(60_000, age / 200)), tick);
    };
    this.timeline.after(500, tick);
  }

  #isOver(): boolean {
    const isQuiet = this.#up && this.#owed.size === 0 && this.#owedByTrain.size === 0;
    return (
      isQuiet &&
      this.train.train !== null &&
      !isTrainOpen(this.train.train) &&
      !this.wagons.some(({ doc }) => isOpen(doc.release))
    );
  }

  /** What is still under way at AWS, or comes a second time, may land; then the story ends unless something moved again. */
  #settle(): void {
    this.timeline.after(1_200_000, () => {
      if (this.#isOver()) this.done = true;
      else this.#armTicks();
    });
  }

  #crash(): void {
    if (!this.#up) return;
    this.crashes += 1;
    this.#up = false;
    this.#generation += 1;
    this.timeline.after(this.#random.int(10, 120_000), () => {
      this.#up = true;
      for (const [place, command] of [...this.#owed]) this.#perform(place.slice(0, place.indexOf('|')), command);
      for (const command of [...this.#owedByTrain.values()]) this.#sendByTrain(command);
    });
  }

  #armCrash(): void {
    this.timeline.after(this.#random.int(1, 2 * this.scenario.crashEveryMs), () => {
      if (this.done || this.crashes > 60) return;
      this.#crash();
      this.#armCrash();
    });
  }

  #stranger(wagon: Wagon): void {
    if (!isOpen(wagon.doc.release)) return;
    this.foreigners += 1;
    wagon.aws.foreign(this.#random.chance(0.3) ? alone('1') : alone('9'));
  }

  #armOperator(): void {
    this.timeline.after(this.#random.int(1, 2 * this.scenario.operatorEveryMs), () => {
      this.#operated += 1;
      if (this.done || this.#operated > MOST_ORDERS) return;
      if (this.#up && this.train.train) this.#operate();
      this.#armOperator();
    });
  }

  #operate(): void {
    const stamp = { at: this.timeline.now, who: ALICE, why: 'a person', trainId: 't-1' };
    const region = this.#random.pick(this.scenario.waves).region;
    const verb = this.#random.pick([
      'pause',
      'resume',
      'promote',
      'promote',
      'promote',
      'isolate',
      'rollback',
      'member',
    ] as const);
    switch (verb) {
      case 'promote':
        this.#deliverTrain({ kind: 'promote', full: this.#random.chance(0.3), ...stamp });
        break;
      case 'isolate': {
        const kind = this.#random.pick(['pause', 'rollback'] as const);
        this.#deliverTrain({ kind, region, ...stamp });
        this.#comeBack({ kind: 'resume', region, ...stamp });
        break;
      }
      case 'member':
        this.#meddle(this.#random.pick(this.wagons));
        break;
      default:
        this.#deliverTrain({ kind: verb, ...stamp });
        if (verb === 'pause') this.#comeBack({ kind: 'resume', ...stamp });
    }
  }

  /** A train that froze waits for a person, and some day one comes. */
  #somebodyComes(): void {
    const isFrozen = this.train.train?.frozen && !this.train.train.outcome;
    if (!isFrozen || this.#comingToFrozen) return;
    this.#comingToFrozen = true;
    const kind = this.#random.pick(['resume', 'rollback'] as const);
    this.#comeBack({ kind, at: 0, who: ALICE, why: 'a person', trainId: 't-1' }, () => {
      this.#comingToFrozen = false;
    });
  }

  /** Somebody gives a single member an order of its own. */
  #meddle({ doc }: Wagon): void {
    const { release } = doc;
    if (!isOpen(release)) return;
    const stamp = { at: this.timeline.now, who: ALICE, releaseId: release.id };
    const verb = this.#random.pick(['promote', 'full', 'rollback'] as const);
    const actor = actorOf(doc.key);
    if (verb === 'rollback') this.#deliverAlias(actor, { kind: 'rollback', ...stamp });
    else this.#deliverAlias(actor, { kind: 'promote', full: verb === 'full', ...stamp });
  }

  #comeBack(event: TrainEvent, done: () => void = () => undefined): void {
    const again = (): void => {
      if (this.done) return;
      if (this.#up) {
        this.#deliverTrain({ ...event, at: this.timeline.now });
        done();
      } else this.timeline.after(60_000, again);
    };
    this.timeline.after(this.#random.int(1_000, 3_600_000), again);
  }
}
