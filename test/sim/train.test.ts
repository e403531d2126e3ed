import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alone, readDescription, sameRouting } from '../../src/core/release/alias.ts';
import { isOpen, stateOf } from '../../src/core/release/release.ts';
import { isBack } from '../../src/core/train/going-back.ts';
import { isolationOf, standingOf, trainStateOf } from '../../src/core/train/train.ts';
import { Random } from './random.ts';
import type { TrainScenario, Wagon } from './train-scenario.ts';
import { TrainWorld } from './train-world.ts';

const STORIES = 400;
const AT_ONCE = 50;
/** How many trains show that a protection is missing. */
const MUTATED = { noOrderNumbers: 1_400, noReportNumbers: 60, noGates: 60 } as const;
const REGIONS = ['eu-west-1', 'us-east-1', 'ap-south-1'] as const;

function scenarioOf(seed: number): TrainScenario {
  const random = new Random(seed ^ 0x7a1);
  const bad = random.pick([0, 0.02, 0.1, 0.25]);
  const waves = random.pick([1, 1, 2, 3]);
  return {
    troubles: {
      throttled: bad * random.next(),
      serverError: bad * random.next(),
      lostAnswer: bad * random.next(),
      lostRequest: bad * random.next() * 0.5,
      // Five outdated reads in a row pass for somebody else's change; more of them than this and they are a story of their own.
      staleRead: bad * random.next() * 0.3,
      slow: bad * random.next(),
    },
    crashEveryMs: random.pick([0, 60_000, 600_000]),
    rules: { takeBack: random.pick(['train', 'train', 'wave']), onHalted: random.pick(['rollback', 'freeze']) },
    waves: Array.from({ length: waves }, (_, index) => ({
      region: REGIONS[index]!,
      members: random.int(1, 4),
      holdMs: random.pick([0, 60_000, 600_000]),
    })),
    badChance: random.pick([0, 0.1, 0.3]),
    foreignChance: random.pick([0, 0, 0.3]),
    operatorEveryMs: random.pick([0, 0, 120_000, 900_000]),
    gateFails: 0.03,
    doubled: random.pick([0, 0.05, 0.3]),
  };
}

async function tell(worlds: readonly TrainWorld[]): Promise<void> {
  let open = worlds;
  while (open.length > 0) {
    for (const world of open) if (!world.done) world.timeline.step();
    await new Promise((resolve) => setImmediate(resolve));
    open = open.filter((world) => !world.done);
  }
}

/** What a train and its members must hold, whatever happened to them. */
function violations({ train: doc, wagons, foreigners, scenario }: TrainWorld): string[] {
  const { train } = doc;
  if (!train?.outcome) return [`the train is still ${train ? trainStateOf(train) : 'not started'} at the end`];
  const state = train.outcome.state;
  return wagons.flatMap((wagon) => {
    const found: string[] = [];
    const member = train.members.find(({ name }) => name === wagon.name)!;
    const standing = standingOf(member);
    const says = (text: string): number => found.push(`${wagon.name} (${standing}, train ${state}): ${text}`);
    if (wagon.ahead) says(wagon.ahead);
    if (isOpen(wagon.doc.release)) says(`its release is still ${stateOf(wagon.doc.release)}`);
    if (foreigners === 0 && wagon.aws.alias.second) says('the alias is left split');
    // Where the alias was bare before, an outdated read cannot be told from a tag that is gone; traffic is right all the same.
    if (foreigners === 0 && scenario.troubles.staleRead === 0 && isTagLeft(wagon)) says('the tag is left');
    const takenOut = isolationOf(train, member)?.how === 'rollback';
    const isAffected = train.back !== null && member.wave >= train.back.fromWave;
    if (state === 'promoted' && !member.leftOut && !takenOut && standing !== 'promoted') says('is not promoted');
    if (state !== 'promoted' && isAffected && !isBack(member)) says('was not taken back');
    if (wasTouched(wagon)) return found;
    if (standing === 'promoted' && !sameRouting(wagon.aws.alias, alone('2'))) says('the alias is not on the candidate');
    if (isBack(member) && standing !== 'halted' && !sameRouting(wagon.aws.alias, alone('1')))
      says('the alias is not on stable');
    return found;
  });
}

/** Removing the tag is tried for long, and then given up and told: nothing depends on it. */
function isTagLeft({ aws, doc }: Wagon): boolean {
  const { tag } = readDescription(aws.alias.description);
  return tag !== null && !/owner tag could not be removed/.test(doc.release?.outcome?.reason ?? '');
}

function wasTouched({ aws }: Wagon): boolean {
  return aws.applied.some(({ by }) => by === 'foreign');
}

test('no story of crashes, faults, late and doubled messages, people and strangers breaks a law of the train', async () => {
  const ends: Record<string, number> = {};
  const broken: string[] = [];
  let crashes = 0;
  for (let from = 1; from <= STORIES; from += AT_ONCE) {
    const seeds = Array.from({ length: Math.min(AT_ONCE, STORIES - from + 1) }, (_, index) => from + index);
    const worlds = seeds.map((seed) => new TrainWorld(seed, scenarioOf(seed)));
    await tell(worlds);
    worlds.forEach((world, index) => {
      const state = world.train.train ? trainStateOf(world.train.train) : 'none';
      ends[state] = (ends[state] ?? 0) + 1;
      crashes += world.crashes;
      broken.push(...violations(world).map((law) => `seed ${seeds[index]}: ${law}`));
    });
  }
  assert.deepEqual(broken.slice(0, 20), [], `${broken.length} broken laws; ${JSON.stringify(ends)}`);
  assert.ok(crashes > STORIES, `${crashes} crashes only`);
  for (const end of ['promoted', 'rolledBack', 'halted']) assert.ok((ends[end] ?? 0) >= 10, JSON.stringify(ends));
});

test('the laws notice when a protection is taken out', async (t) => {
  for (const [mutation, trains] of Object.entries(MUTATED) as [keyof typeof MUTATED, number][]) {
    await t.test(mutation, async () => {
      const worlds = Array.from({ length: trains }, (_, index) => {
        const scenario = { ...scenarioOf(index), doubled: 0.5, operatorEveryMs: 120_000 };
        return new TrainWorld(index, scenario, mutation);
      });
      await tell(worlds);
      assert.ok(
        worlds.some((world) => violations(world).length > 0),
        `${trains} trains without it broke no law`,
      );
    });
  }
});

test('a train with a bad member that takes traffic is never promoted as a whole', async () => {
  const calm: TrainScenario = {
    ...scenarioOf(1),
    troubles: { throttled: 0, serverError: 0, lostAnswer: 0, lostRequest: 0, staleRead: 0, slow: 0 },
    rules: { takeBack: 'train', onHalted: 'rollback' },
    crashEveryMs: 0,
    foreignChance: 0,
    operatorEveryMs: 0,
    badChance: 0.3,
    gateFails: 0,
    doubled: 0,
  };
  const worlds = Array.from({ length: AT_ONCE }, (_, index) => new TrainWorld(1_000 + index, calm));
  await tell(worlds);
  for (const { train, wagons } of worlds) {
    const isBad = wagons.some(({ bad }) => bad);
    assert.equal(train.train && trainStateOf(train.train), isBad ? 'rolledBack' : 'promoted');
    const version = isBad ? '1' : '2';
    for (const { aws } of wagons) assert.equal(aws.alias.version, version);
  }
  assert.ok(worlds.some(({ wagons }) => wagons.some(({ bad }) => bad)));
  assert.ok(worlds.some(({ wagons }) => wagons.every(({ bad }) => !bad)));
});
