import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alone, describeRouting, readDescription, sameRouting } from '../../src/core/release/alias.ts';
import type { Troubles } from './aws.ts';
import { CANDIDATE, END_MS, type ShiftedScenario, ShiftedWorld, STABLE } from './codedeploy-world.ts';
import { Random } from './random.ts';

const STORIES = 2_000;
const CALM: Troubles = { throttled: 0, serverError: 0, lostAnswer: 0, lostRequest: 0, staleRead: 0, slow: 0 };
/** Beyond CodeDeploy's minute: retries through troubles, crashes of a minute each, and a rollback that lands late. */
const LATEST_RESTORE_MS = 15 * 60_000;

function scenarioOf(seed: number): ShiftedScenario {
  const random = new Random(seed * 7_919 + 1);
  const troubled = random.chance(0.7);
  const some = (most: number) => (troubled ? random.next() * most : 0);
  return {
    troubles: troubled
      ? {
          throttled: some(0.2),
          serverError: some(0.1),
          lostAnswer: some(0.2),
          lostRequest: some(0.1),
          staleRead: some(0.2),
          slow: some(0.1),
        }
      : CALM,
    crashEveryMs: random.chance(0.5) ? random.int(60_000, 600_000) : 0,
    bad: random.chance(0.7),
    bringsBack: random.chance(0.7),
    denied: random.chance(0.1),
    endsItselfMs: random.chance(0.3) ? random.int(1_000, 400_000) : null,
    foreignMs: random.chance(0.1) ? random.int(1_000, 400_000) : null,
    // Half of them before any traffic has moved: then all depends on the stop.
    orderedMs: random.chance(0.3) ? random.int(10, random.chance(0.5) ? 15_000 : 400_000) : null,
    linear: random.chance(0.5),
  };
}

/** Tells one story to its end; answers the laws that it broke, and how it ended. */
async function tell(seed: number): Promise<{ readonly broken: readonly string[]; readonly end: string }> {
  const world = new ShiftedWorld(seed, scenarioOf(seed));
  while (!world.done && world.timeline.step()) await settle();
  const { release, aws, deployment, scenario, wasTouched } = world;
  const broken: string[] = [];
  const law = (holds: boolean, text: string): void => void (holds || broken.push(text));
  const outcome = release?.outcome ?? null;
  law(
    outcome !== null,
    `it never ended within ${END_MS / 3_600_000} h: ${release?.phase}, waits for ${release?.waitingFor}`,
  );
  for (const { by, after } of aws.applied)
    law(by === 'foreign' || sameRouting(after, alone(STABLE)), `the engine sent ${describeRouting(after)}`);
  const now = describeRouting(aws.alias);
  if (outcome?.state === 'promoted') {
    law(deployment.status === 'Succeeded', `promoted while the deployment is ${deployment.status}`);
    law(wasTouched || sameRouting(aws.alias, alone(CANDIDATE)), `promoted, and the alias is ${now}`);
    law(!aws.applied.some(({ by }) => by !== 'foreign'), 'promoted, although the engine wrote');
  }
  if (outcome?.state === 'rolledBack' && !wasTouched) {
    law(sameRouting(aws.alias, alone(STABLE)), `rolled back, and the alias is ${now}`);
    // A read that is older than the write looks as if the tag had gone: then it stays, and does no harm.
    const hasTag = readDescription(aws.alias.description).tag !== null;
    law(!hasTag || scenario.troubles.staleRead > 0, 'rolled back, and the owner tag is still there');
    const { rollbackOrderedAt = 0, restoredAt = 0 } = release?.marks ?? {};
    law(restoredAt - rollbackOrderedAt <= LATEST_RESTORE_MS, `it took ${restoredAt - rollbackOrderedAt} ms`);
  }
  if (outcome?.state === 'halted') {
    const isExplained = wasTouched || scenario.denied || /still runs and may move it again/.test(outcome.reason);
    law(isExplained, `halted without need: ${outcome.reason}`);
    const hasMoved = aws.applied.some(({ by }) => by !== 'foreign');
    law(wasTouched || hasMoved, `halted, and nobody took the traffic from the candidate: ${outcome.reason}`);
  }
  return { broken, end: outcome?.state ?? 'open' };
}

/** Lets every promise that is due settle before time goes on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
}

test('no story of a watched deployment, with crashes, lost answers and a CodeDeploy that forgets, breaks a law', async () => {
  const ends: Record<string, number> = {};
  for (let seed = 1; seed <= STORIES; seed += 1) {
    const { broken, end } = await tell(seed);
    assert.deepEqual(broken, [], `seed ${seed}`);
    ends[end] = (ends[end] ?? 0) + 1;
  }
  for (const end of ['promoted', 'rolledBack', 'halted'])
    assert.ok((ends[end] ?? 0) > 20, `few ${end}: ${JSON.stringify(ends)}`);
});
