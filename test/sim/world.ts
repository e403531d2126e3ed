import { aliasPerform, commandOf, createPerform } from '../../src/app/perform.ts';
import { alone, type OwnerTag } from '../../src/core/release/alias.ts';
import type { Command } from '../../src/core/release/commands.ts';
import { decide } from '../../src/core/release/decide.ts';
import type { AliasEvent } from '../../src/core/release/events.ts';
import type { Plan } from '../../src/core/release/plan.ts';
import { type AliasDoc, emptyDoc, isOpen } from '../../src/core/release/release.ts';
import { SYSTEM } from '../../src/core/who.ts';
import { ALICE, KEY, T0 } from '../core/release/builders.ts';
import { type Delivered, SimActor } from './actor.ts';
import { type Mutation, OUTDATED_MS, SimAws, type Troubles } from './aws.ts';
import { drawGates, People, simGates } from './gates.ts';
import { type HookTroubles, simHooks } from './hooks.ts';
import { Incidents } from './incidents.ts';
import { LiveLaws } from './live-laws.ts';
import { drawPlan } from './plans.ts';
import { type Hardships, Process } from './process.ts';
import { Random } from './random.ts';
import { Timeline } from './timeline.ts';
import { Traffic } from './traffic.ts';

/** What a story is made of, drawn from its seed. */
export interface Scenario extends Hardships {
  readonly releases: number;
  readonly troubles: Troubles;
  readonly operatorEveryMs: number;
  /** How likely a person acts within milliseconds of a change of phase, when a write is on its way. */
  readonly hastyChance: number;
  readonly foreignChance: number;
  /** How likely a second process performs what the first still works on. */
  readonly takenTwice: number;
  readonly hookTroubles: HookTroubles;
  /** Whether rollbacks open incidents, with their messages. */
  readonly incidents: boolean;
}

/** Longest story that is told; whatever is open by then is stuck. */
const END_MS = 40 * 86_400_000;
/** The longest of a hundred thousand stories takes some thousand. */
const MAX_STEPS = 60_000;
/** A hasty person acts within this time of what they see. */
const HASTE_MS = 80;

/**
 * One alias, its releases and its incidents; a process that crashes and comes back, with a disk that fills up and a clock
 * that is set; and a world that does not do what it is told.
 */
export class World {
  readonly startedAt = T0;
  readonly timeline = new Timeline(T0);
  readonly aws: SimAws;
  readonly plans = new Map<string, { plan: Plan; bad: boolean }>();
  readonly actor: SimActor<AliasDoc, AliasEvent, Command>;
  readonly incidents: Incidents | undefined;
  readonly laws = new LiveLaws();
  done = false;
  readonly process: Process;
  readonly #random: Random;
  readonly #scenario: Scenario;
  readonly #traffic: Traffic;
  /** Of its own, so that stories without gates are what they were. */
  readonly #gateRandom: Random;
  readonly #people: People;
  /** Looks at each release so far. */
  readonly #looks = new Map<string, number>();
  #started = 0;
  #settling = false;

  constructor(seed: number, scenario: Scenario, mutation: Mutation = 'none') {
    const random = new Random(seed);
    this.#random = random;
    this.#scenario = scenario;
    this.aws = new SimAws(this.timeline, random, scenario.troubles, '1', mutation);
    this.process = new Process(this.timeline, random, scenario, () => this.done);
    this.#gateRandom = new Random(seed ^ 0x6a7e5);
    this.#people = new People(
      this.timeline,
      this.#gateRandom,
      () => this.doc.release,
      (event) => this.actor.deliver(event({ who: ALICE, releaseId: this.doc.release?.id ?? '', at: this.#now })),
    );
    this.#traffic = new Traffic(this.timeline, random, this.aws);
    this.actor = new SimActor<AliasDoc, AliasEvent, Command>(this.process, {
      initial: emptyDoc(KEY),
      decide,
      commandOf,
      wakeAt: ({ wakeAt }) => wakeAt,
      tick: (at) => ({ kind: 'tick', at, who: SYSTEM }),
      perform: (command, alive) => this.#perform(command, alive),
      turned: (before, state, event, commands) => this.#turned(before, state, event, commands),
      resumed: () => this.#resumed(),
    });
    if (scenario.incidents) this.incidents = new Incidents(this.process, scenario.troubles, mutation);
    this.timeline.after(1, () => this.#nextRelease());
    if (scenario.operatorEveryMs > 0) this.#armOperator();
    this.timeline.at(T0 + END_MS, () => this.#finish());
  }

  get steadyClock(): boolean {
    return this.#scenario.clockJumpEveryMs === 0;
  }

  get doc(): AliasDoc {
    return this.actor.doc;
  }

  get ledger(): AliasEvent[] {
    return this.actor.turns.map(({ event }) => event);
  }

  get #now(): number {
    return this.process.clock.now();
  }

  #turned(before: AliasDoc, { release }: AliasDoc, event: AliasEvent, commands: readonly Command[]): void {
    this.laws.turned(this.timeline.now, before.release, release, event, commands, this.#strangersCame());
    if (!release) return;
    this.#people.noticed(release);
    if (this.#random.chance(this.#scenario.takenTwice)) {
      this.timeline.after(this.#random.int(1, 3_000), () => this.process.up && this.actor.performAgain());
    }
    if (release.phase !== before.release?.phase && this.#random.chance(this.#scenario.hastyChance)) {
      this.timeline.after(this.#random.int(0, HASTE_MS), () => this.#operate(release.id));
    }
    if (isOpen(release)) return;
    this.incidents?.releaseEnded(release);
    this.timeline.after(this.#random.int(1, 60_000), () => this.#nextRelease());
  }

  #perform(command: Command, alive: () => boolean): Promise<AliasEvent | undefined> {
    const ports = {
      aliases: this.aws.portFor(command.key.split('#')[0]!, command.key, alive),
      signals: this.#traffic.signals(() => this.plans.get(this.doc.release?.id ?? ''), alive),
      gates: simGates(this.timeline, this.#gateRandom, alive),
      hooks: simHooks(this.timeline, this.#random, this.#scenario.hookTroubles, alive, (executionId, status) =>
        this.#hookAnswers(command.key.split('/')[0]!, executionId, status),
      ),
      clock: this.process.clock,
      random: () => this.#random.next(),
      newest: async (): Promise<OwnerTag | undefined> =>
        this.doc.release ? { releaseId: this.doc.release.id, fence: this.doc.release.fence } : undefined,
    };
    return aliasPerform(createPerform(ports), this.process.clock)('actor', command, this.doc);
  }

  /** Whoever looks next takes over the watching, too. */
  #resumed(): void {
    this.#armWatcher();
    const { release } = this.doc;
    if (release && !isOpen(release)) this.incidents?.releaseEnded(release);
    if (!isOpen(release)) this.timeline.after(1, () => this.#nextRelease());
  }

  #nextRelease(): void {
    if (this.done || !this.process.up || isOpen(this.doc.release)) return;
    if (this.#started >= this.#scenario.releases) {
      this.#settle();
      return;
    }
    // A person repairs what was left split, as the refusal tells them to.
    if (this.aws.alias.second) this.aws.foreign(alone(this.aws.alias.version), '');
    const alias = this.aws.readWithin(OUTDATED_MS);
    const releaseId = `r-${this.#started + 1}`;
    const { plan, bad } = drawPlan(this.#random, alias, String(this.#started + 2), this.#scenario.hookTroubles);
    const gates = [...plan.gates, ...drawGates(this.#gateRandom, plan.steps.length)];
    const drawn = { bad, plan: { ...plan, gates } };
    const readings = { alias, alarms: [] };
    const told = this.actor.deliver({
      kind: 'start',
      at: this.#now,
      who: ALICE,
      releaseId,
      plan: drawn.plan,
      readings,
    });
    if (told === 'diskFull') {
      this.timeline.after(this.#random.int(1_000, 60_000), () => this.#nextRelease());
      return;
    }
    if (!this.#isLatest(releaseId)) {
      // Refused: the alias was read as it was.
      this.timeline.after(this.#random.int(1_000, 10_000), () => this.#nextRelease());
      return;
    }
    this.#started += 1;
    this.plans.set(releaseId, drawn);
    this.#strangers(drawn.plan);
    this.#armWatcher();
  }

  #isLatest(releaseId: string): boolean {
    return this.doc.release?.id === releaseId;
  }

  #strangersCame(): boolean {
    return this.aws.applied.some(({ by }) => by === 'foreign');
  }

  #strangers({ stable }: Plan): void {
    if (!this.#random.chance(this.#scenario.foreignChance)) return;
    const routing = this.#random.chance(0.3) ? alone(stable) : alone('999');
    this.timeline.after(this.#random.int(1, 300_000), () => isOpen(this.doc.release) && this.aws.foreign(routing));
  }

  /** All releases are through: what is still under way at AWS may land, and messages may arrive; then the story ends. */
  #settle(): void {
    // Each process that begins finds all releases through; a clock that was set back by a day can take a day to settle.
    if (this.#settling) return;
    this.#settling = true;
    this.timeline.after(60_000, () => {
      this.#settling = false;
      if (this.incidents?.isBusy() ?? false) this.#settle();
      else this.#finish();
    });
  }

  #finish(): void {
    this.done = true;
  }

  /** Also where it goes round and round, which is a law broken. */
  isOver(): boolean {
    if (this.timeline.steps > MAX_STEPS && !this.done) {
      this.laws.broken.push(`the story does not end: ${MAX_STEPS} things have happened`);
      this.#finish();
    }
    return this.done;
  }

  /** Looks come every few seconds at first; an hour's hold is not told second by second. */
  #armWatcher(): void {
    const alive = this.process.alive();
    const releaseId = this.doc.release?.id;
    const look = (): void => {
      const { release } = this.doc;
      if (!alive() || release?.id !== releaseId || !isOpen(release)) return;
      const observation = this.#traffic.observe(this.plans.get(release.id)!, this.#random.chance(0.1));
      this.actor.deliver({ kind: 'observed', who: SYSTEM, releaseId: release.id, observation, at: this.#now });
      const looks = (this.#looks.get(release.id) ?? 0) + 1;
      this.#looks.set(release.id, looks);
      this.timeline.after(this.#random.int(2_000, 30_000) * looks, look);
    };
    this.timeline.after(this.#random.int(500, 5_000), look);
  }

  /** A hook's answer reaches the endpoint. Where it finds nobody, or is not stored, Lambda's caller tries it again. */
  #hookAnswers(releaseId: string, executionId: string, status: 'Succeeded' | 'Failed', tries = 1): void {
    if (this.done) return;
    const told = this.actor.deliver({
      kind: 'hookAnswered',
      at: this.#now,
      who: SYSTEM,
      releaseId,
      executionId,
      status,
      via: 'endpoint',
    });
    if ((told === 'diskFull' || told === 'down') && tries < 3)
      this.timeline.after(30_000, () => this.#hookAnswers(releaseId, executionId, status, tries + 1));
  }

  #armOperator(): void {
    this.timeline.after(this.#random.int(1, 2 * this.#scenario.operatorEveryMs), () => {
      const { release } = this.doc;
      if (isOpen(release)) this.#operate(release.id);
      if (!this.done) this.#armOperator();
    });
  }

  #operate(releaseId: string): void {
    const verb = this.#random.pick([
      'pause',
      'resume',
      'resume',
      'promote',
      'promote',
      'rollback',
      'rollback',
    ] as const);
    const full = this.#random.chance(0.3);
    const order = (kind: typeof verb): Delivered => {
      const stamp = { who: ALICE, releaseId, at: this.#now };
      return this.actor.deliver(kind === 'promote' ? { kind, full, ...stamp } : { kind, ...stamp });
    };
    const told = order(verb);
    // Whoever is told that nothing was stored orders it again, and whoever pauses comes back some day.
    if (told === 'diskFull') this.timeline.after(this.#random.int(1_000, 60_000), () => order(verb));
    if (verb === 'pause') this.#resumeSomeDay(() => order('resume'));
  }

  #resumeSomeDay(resume: () => Delivered): void {
    this.timeline.after(this.#random.int(1_000, 3_600_000), () => {
      const told = resume();
      if (told === 'diskFull' || told === 'down') this.#resumeSomeDay(resume);
    });
  }
}
