import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAMILIES } from '../../bench/judge/families.ts';
import { judgeConfig } from '../../bench/judge/play.ts';
import { seeded } from '../../bench/judge/random.ts';
import { plainWorld, traffic } from '../../bench/judge/traffic.ts';
import { bench } from '../../bench/judge.ts';
import { zeroCounts } from '../../src/core/judge/counts.ts';
import { initialJudge, judge } from '../../src/core/judge/judge.ts';

test('a short bench rolls back next to no good release, stays within the bars and is repeated by its seed', async () => {
  const plan = { runs: 10, seed: 7, short: true };
  const first = await bench(plan, 1);
  const rollbacks = first.families.reduce((sum, { rate, runs }) => sum + rate * runs, 0);
  const releases = first.families.reduce((sum, { runs }) => sum + runs, 0);
  assert.equal(first.families.length, 2 * FAMILIES.length);
  assert.ok(rollbacks <= 0.03 * releases, `${rollbacks} of ${releases}`);
  assert.equal(first.bars.falseRollbacks, null);
  assert.ok(first.bars.fewerThanPeers, JSON.stringify(first.lost));
  for (const { badRequests, error, bar } of first.limits) assert.ok(badRequests - 4 * error <= bar);
  assert.deepEqual(await bench(plan, 1), first);
});

test('releases in which nothing is wrong are not held for a person, busy or nearly idle', () => {
  for (const [requestsPerSecond, share, runs] of [
    [0.1, 0.1, 10],
    [1, 0.1, 10],
    [50, 0.05, 3],
  ] as const) {
    for (let run = 0; run < runs; run++) {
      const next = traffic(plainWorld(requestsPerSecond, share, 0.001, 0.001), seeded(run + 1), 5);
      let state = initialJudge(judgeConfig({ stableErrorRate: 0.001 }));
      for (let second = 5; second <= 3600; second += 5) {
        const { nBlue, xBlue, nGreen, xGreen } = next(second);
        const stable = { ...zeroCounts(), invocations: nBlue, errors: xBlue };
        const candidate = { ...zeroCounts(), invocations: nGreen, errors: xGreen };
        const input = { atMs: second * 1000, source: 'logs', weightPercent: 100 * share, stable, candidate } as const;
        const step = judge(state, input);
        assert.notEqual(step.decision.kind, 'hold', step.decision.reason);
        state = step.state;
      }
    }
  }
});

const DRAWS = 20_000;
for (const mean of [0.3, 5, 40, 900]) {
  test(`the simulator's Poisson numbers of mean ${mean} have that mean and variance`, () => {
    const random = seeded(3);
    checkMoments(() => random.poisson(mean), mean, mean);
  });
}
for (const [trials, chance] of [
  [10, 0.3],
  [500, 0.002],
  [400, 0.2],
  [2000, 0.9],
] as const) {
  test(`the simulator's binomial numbers of ${trials} at ${chance} have their mean and variance`, () => {
    const random = seeded(4);
    checkMoments(() => random.binomial(trials, chance), trials * chance, trials * chance * (1 - chance));
  });
}

function checkMoments(draw: () => number, mean: number, variance: number): void {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < DRAWS; i++) {
    const value = draw();
    sum += value;
    squares += value * value;
  }
  const seen = sum / DRAWS;
  assert.ok(Math.abs(seen - mean) < 5 * Math.sqrt(variance / DRAWS), `mean ${seen}`);
  const spread = squares / DRAWS - seen * seen;
  assert.ok(Math.abs(spread / variance - 1) < 0.1, `variance ${spread} of ${variance}`);
}
