import type { SimTurn } from './actor.ts';
import type { Mutation } from './aws.ts';
import { violations } from './invariants.ts';
import { Random } from './random.ts';
import { type Scenario, World } from './world.ts';

export interface SimResult {
  readonly releases: number;
  readonly events: number;
  readonly writes: number;
  readonly ends: Readonly<Record<string, number>>;
  /** Messages that were owed, by what became of them. */
  readonly messages: Readonly<Record<string, number>>;
  /** What befell the processes. */
  readonly befell: Readonly<Record<string, number>>;
  readonly virtualHours: number;
  /** Seeds whose story broke a law, with the laws they broke. */
  readonly failures: readonly { readonly seed: number; readonly broken: readonly string[] }[];
}

const RELEASES_PER_WORLD = 4;
/** Draws the troubles of a story: some stories are quiet, some are dreadful. */
export function scenarioOf(seed: number): Scenario {
  const random = new Random(seed ^ 0x5eed);
  const bad = random.pick([0, 0.02, 0.1, 0.25]);
  return {
    releases: RELEASES_PER_WORLD,
    troubles: {
      throttled: bad * random.next(),
      serverError: bad * random.next(),
      lostAnswer: bad * random.next(),
      lostRequest: bad * random.next() * 0.5,
      staleRead: bad * random.next(),
      slow: bad * random.next(),
    },
    crashEveryMs: random.pick([0, 60_000, 600_000]),
    diskFullEveryMs: random.pick([0, 0, 0, 900_000]),
    clockJumpEveryMs: random.pick([0, 0, 0, 0, 600_000]),
    operatorEveryMs: random.pick([0, 0, 120_000, 900_000]),
    hastyChance: random.pick([0, 0, 0.05, 0.2]),
    foreignChance: random.pick([0, 0, 0.3]),
    takenTwice: random.pick([0, 0, 0, 0.03]),
    hookTroubles: { silent: 0.1, fails: 0.1, crashes: 0.05, doubled: 0.1 },
    incidents: random.chance(0.02),
  };
}

/** Tells `releases` releases, in worlds of four, from `firstSeed` on. */
export async function simulate(releases: number, firstSeed = 1, mutation: Mutation = 'none'): Promise<SimResult> {
  const worlds = Math.ceil(releases / RELEASES_PER_WORLD);
  // Nobody reads where a simulated fault was thrown, and there are hundreds of thousands of them.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const total = { releases: 0, events: 0, writes: 0, virtualMs: 0 };
  const ends: Record<string, number> = {};
  const messages: Record<string, number> = {};
  const befell: Record<string, number> = {};
  const count = (into: Record<string, number>, what: string): void => {
    into[what] = (into[what] ?? 0) + 1;
  };
  // What protects messages is looked for where there are some.
  const spotlight = mutation === 'noSendClaim' ? { incidents: true } : {};
  const failures: { seed: number; broken: string[] }[] = [];
  for (let seed = firstSeed; seed < firstSeed + worlds; seed += 1) {
    const world = new World(seed, { ...scenarioOf(seed), ...spotlight }, mutation);
    await tell(world);
    const broken = violations(world);
    if (broken.length > 0) failures.push({ seed, broken });
    total.releases += world.plans.size;
    total.events += world.actor.turns.length;
    total.writes += world.aws.applied.length;
    total.virtualMs += world.timeline.now - world.startedAt;
    count(ends, world.doc.release?.outcome?.state ?? 'open');
    for (const { what } of world.process.history) if (!what.startsWith('has a clock')) count(befell, what);
    for (const { doc } of world.incidents?.actors.values() ?? [])
      for (const { now } of doc.incident?.messages ?? []) count(messages, now.state);
  }
  Error.stackTraceLimit = stackTraceLimit;
  return { ...total, ends, messages, befell, virtualHours: Math.round(total.virtualMs / 3_600_000), failures };
}

/** So many things are let happen in one round of the event loop: a round for each of them would be a tenth of the work. */
const IN_ONE_ROUND = 32;

async function tell(world: World): Promise<void> {
  /** What a thing leads to by promises alone has happened when the next immediate runs. */
  const next = (): void => {
    for (let n = 0; n < IN_ONE_ROUND && !world.isOver(); n += 1) {
      world.timeline.step();
      if (world.timeline.wasStirred()) return;
    }
  };
  while (!world.isOver()) {
    for (let n = 0; n < IN_ONE_ROUND; n += 1) setImmediate(next);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Tells one seed's story, event by event. */
export async function story(seed: number): Promise<string> {
  const world = new World(seed, scenarioOf(seed));
  await tell(world);
  const start = world.startedAt;
  const turns = (of: string, told: readonly SimTurn<object>[]) =>
    told.map(({ at, event, commands }) => {
      const asked = commands.length === 0 ? '' : ` -> ${commands.join(', ')}`;
      return { at, text: `${of}${JSON.stringify({ ...event, plan: undefined, opening: undefined })}${asked}` };
    });
  const { incidents } = world;
  const lines = [
    ...turns('event ', world.actor.turns),
    ...[...(incidents?.actors ?? [])].flatMap(([id, actor]) => turns(`${id} `, actor.turns)),
    ...[...(incidents?.receivers.values() ?? [])].flatMap(({ channel, arrived }) =>
      [...arrived].flatMap(([id, times]) => times.map((at) => ({ at, text: `ARRIVED by ${channel.name}: ${id}` }))),
    ),
    ...world.process.history.map(({ at, what }) => ({ at, text: `PROCESS ${what}` })),
    ...world.aws.applied.map(({ at, by, fence, after }) => ({
      at,
      text: `WRITE by ${by}${fence === null ? '' : `#${fence}`}: ${JSON.stringify(after)}`,
    })),
  ].sort((a, b) => a.at - b.at);
  const laws = violations(world).map((law) => `BROKEN ${law}`);
  return [...lines.map(({ at, text }) => `${String((at - start) / 1_000).padStart(10)} s  ${text}`), ...laws].join(
    '\n',
  );
}
