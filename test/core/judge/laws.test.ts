import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JudgeConfig } from '../../../src/core/judge/config.ts';
import { logLrConditional, logLrOutright, logLrTwoSample } from '../../../src/core/judge/increments.ts';
import { initialJudge, type JudgeInput, type JudgeState, judge } from '../../../src/core/judge/judge.ts';
import { logGamma } from '../../../src/core/judge/numbers.ts';
import {
  layStake,
  openRace,
  type RaceRules,
  raceBlock,
  SHARE_BETS,
  TWO_SAMPLE_BETS,
} from '../../../src/core/judge/race.ts';
import fc from '../../property.ts';

const RULES: RaceRules = {
  bets: SHARE_BETS,
  kappa: 0.7,
  phi: 1,
  horizonMs: 3_600_000,
  baselineRate: 0,
  leastShare: 0,
};
const TIMING = { elapsedMs: 5000, plannedShare: 0.1, leastShare: 0 };

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

const ratio = fc.double({ min: 1.01, max: 1e6, noNaN: true });
const trials = fc.integer({ min: 0, max: 40 });

test('the factor of a block has mean at most 1 under every split of its failures by chance, exactly', () => {
  fc.assert(
    fc.property(trials, trials, fc.double({ min: 0, max: 1, noNaN: true }), ratio, (nGreen, nBlue, part, rho) => {
      const events = Math.round(part * (nGreen + nBlue));
      let mean = 0;
      for (let xGreen = Math.max(0, events - nBlue); xGreen <= Math.min(nGreen, events); xGreen++) {
        const xBlue = events - xGreen;
        const logChance = logChoose(nGreen, xGreen) + logChoose(nBlue, xBlue) - logChoose(nGreen + nBlue, events);
        mean += Math.exp(logChance + logLrConditional({ xGreen, nGreen, xBlue, nBlue, rho, phi: 1 }));
      }
      assert.ok(mean <= 1 + 1e-9, `mean ${mean}`);
    }),
  );
});

test('dividing by phi keeps the mean at most 1 when failures come in clusters of up to phi', () => {
  fc.assert(
    fc.property(trials, trials, fc.integer({ min: 1, max: 6 }), ratio, (greenClusters, blueClusters, size, rho) => {
      const clusters = greenClusters + blueClusters;
      const failing = Math.floor(clusters / 2);
      let mean = 0;
      for (let k = Math.max(0, failing - blueClusters); k <= Math.min(greenClusters, failing); k++) {
        const block = {
          xGreen: k * size,
          nGreen: greenClusters * size,
          xBlue: (failing - k) * size,
          nBlue: blueClusters * size,
        };
        const logChance =
          logChoose(greenClusters, k) + logChoose(blueClusters, failing - k) - logChoose(clusters, failing);
        mean += Math.exp(logChance + logLrConditional({ ...block, rho, phi: size }));
      }
      assert.ok(mean <= 1 + 1e-9, `mean ${mean}`);
    }),
  );
});

test('the two-sample factor has mean at most 1 for any common rate and any guess of it', () => {
  const rate = fc.double({ min: 0.001, max: 0.999, noNaN: true });
  const few = fc.integer({ min: 0, max: 15 });
  fc.assert(
    fc.property(
      few,
      few,
      rate,
      rate,
      fc.double({ min: 1.01, max: 50, noNaN: true }),
      (nGreen, nBlue, p, pBlue, oddsRatio) => {
        let mean = 0;
        for (let xGreen = 0; xGreen <= nGreen; xGreen++) {
          for (let xBlue = 0; xBlue <= nBlue; xBlue++) {
            const events = xGreen + xBlue;
            const logChance =
              logChoose(nGreen, xGreen) +
              logChoose(nBlue, xBlue) +
              events * Math.log(p) +
              (nGreen + nBlue - events) * Math.log1p(-p);
            mean += Math.exp(logChance + logLrTwoSample({ xGreen, nGreen, xBlue, nBlue, pBlue, oddsRatio }));
          }
        }
        assert.ok(mean <= 1 + 1e-9, `mean ${mean}`);
      },
    ),
  );
});

test('within a block, outright evidence reaches c with chance at most 1/c at whatever moment one looks, exactly', () => {
  const outcomes = fc.array(fc.boolean(), { minLength: 1, maxLength: 10 });
  const share = fc.double({ min: 0.05, max: 0.95, noNaN: true });
  const rate = fc.constantFrom(0.3, 0.5, 0.99);
  fc.assert(
    fc.property(outcomes, share, share, rate, (failed, trueShare, plannedShare, assumed) => {
      for (const needed of [2, 10, 100]) {
        let chance = 0;
        for (let routing = 0; routing < 2 ** failed.length; routing++) {
          const counts = { xGreen: 0, nGreen: 0, xBlue: 0, nBlue: 0 };
          let likelihood = 1;
          let highest = Number.NEGATIVE_INFINITY;
          for (const [i, bad] of failed.entries()) {
            const green = (routing & (1 << i)) !== 0;
            likelihood *= green ? trueShare : 1 - trueShare;
            if (green) counts.nGreen++;
            else counts.nBlue++;
            if (bad && green) counts.xGreen++;
            if (bad && !green) counts.xBlue++;
            highest = Math.max(highest, logLrOutright({ ...counts, plannedShare, rate: assumed }));
          }
          if (highest >= Math.log(needed)) chance += likelihood;
        }
        assert.ok(chance <= 1 / needed + 1e-12, `chance ${chance} of ${needed}`);
      }
    }),
    { numRuns: 40 },
  );
});

test('one block or the same block in equal parts gives the same evidence', () => {
  const part = fc.record({
    xGreen: fc.integer({ min: 0, max: 5 }),
    xBlue: fc.integer({ min: 0, max: 20 }),
  });
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), ratio, (parts, rho) => {
      const sum = parts.reduce((total, p) => total + logLrConditional({ ...p, nGreen: 10, nBlue: 90, rho, phi: 1 }), 0);
      const xGreen = parts.reduce((total, p) => total + p.xGreen, 0);
      const xBlue = parts.reduce((total, p) => total + p.xBlue, 0);
      const whole = { xGreen, nGreen: 10 * parts.length, xBlue, nBlue: 90 * parts.length };
      const once = logLrConditional({ ...whole, rho, phi: 1 });
      assert.ok(Math.abs(once - sum) <= 1e-9 * Math.max(1, Math.abs(sum)), `${once} and ${sum}`);
    }),
  );
});

test('evidence depends on where failures land, not on how often anything fails', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 0, max: 90 }),
      fc.integer({ min: 1, max: 1000 }),
      ratio,
      (xGreen, xBlue, scale, rho) => {
        const block = { xGreen, xBlue, rho, phi: 1 };
        const rare = logLrConditional({ ...block, nGreen: 10 * scale, nBlue: 90 * scale });
        const frequent = logLrConditional({ ...block, nGreen: 10, nBlue: 90 });
        assert.ok(Math.abs(rare - frequent) < 1e-9);
      },
    ),
  );
});

/** A generator of its own, so that this test draws the same luck forever. */
function luck(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x6d2b79f5) | 0;
    const mixed = Math.imul(state ^ (state >>> 13), 3266489917);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 4294967296;
  };
}

test('shuffling the labels of any traffic, outages included, rolls back at most alpha of the releases', () => {
  const runs = 3000;
  let crossed = 0;
  for (let seed = 1; seed <= runs; seed++) {
    const uniform = luck(seed);
    let state = openRace(RULES);
    let high = false;
    for (let block = 0; block < 60 && !high; block++) {
      // Thirty requests, of which anything from none to all fail; then a fair coin of 30 % says who was green.
      const failures = Math.floor(uniform() ** 3 * 31);
      const counts = { xGreen: 0, nGreen: 0, xBlue: 0, nBlue: 0 };
      for (let request = 0; request < 30; request++) {
        const green = uniform() < 0.3;
        if (green) counts.nGreen++;
        else counts.nBlue++;
        if (request < failures && green) counts.xGreen++;
        if (request < failures && !green) counts.xBlue++;
      }
      const step = raceBlock(RULES, state, counts, { elapsedMs: 60_000, plannedShare: 0.3, leastShare: 0 });
      assert.ok(step.ok);
      state = step.state;
      high = state.logE >= Math.log(100);
    }
    if (high) crossed++;
  }
  assert.ok(crossed / runs <= 0.01, `${crossed} of ${runs}`);
});

const BAD_NUMBERS: readonly number[] = [Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY, 1e16, Number.MAX_VALUE];
for (const field of ['xGreen', 'nGreen', 'xBlue', 'nBlue'] as const) {
  for (const bad of BAD_NUMBERS) {
    test(`a block whose ${field} is ${bad} is refused`, () => {
      const block = { xGreen: 1, nGreen: 10, xBlue: 1, nBlue: 90, [field]: bad };
      const step = raceBlock(RULES, openRace(RULES), block, TIMING);
      assert.ok(!step.ok);
      assert.match(step.problem, /\d|NaN|Infinity/);
    });
  }
}

test('more events than trials, or time that runs backwards, is refused', () => {
  const state = openRace(RULES);
  assert.ok(!raceBlock(RULES, state, { xGreen: 11, nGreen: 10, xBlue: 0, nBlue: 90 }, TIMING).ok);
  assert.ok(!raceBlock(RULES, state, { xGreen: 0, nGreen: 10, xBlue: 91, nBlue: 90 }, TIMING).ok);
  const block = { xGreen: 0, nGreen: 10, xBlue: 0, nBlue: 90 };
  assert.ok(!raceBlock(RULES, state, block, { ...TIMING, elapsedMs: -1 }).ok);
  assert.ok(!raceBlock(RULES, state, block, { ...TIMING, elapsedMs: Number.NaN }).ok);
});

test('evidence stays finite for the largest blocks, and restarts after it sank to nothing', () => {
  for (const bets of [SHARE_BETS, TWO_SAMPLE_BETS]) {
    const rules = { ...RULES, bets, baselineRate: 0.1 };
    let state = openRace(rules);
    const huge = { xGreen: 0, nGreen: 1e11, xBlue: 9e11, nBlue: 9e11 };
    for (let i = 0; i < 100; i++) {
      const step = raceBlock(rules, state, huge, TIMING);
      assert.ok(step.ok && Number.isFinite(step.state.logE));
      state = step.state;
    }
    assert.ok(state.logE < -1e6);
    const staked = layStake(rules, { ...state, idleMs: 60_000 });
    assert.ok(staked.logE > Math.log(0.001));
  }
});

test('without an event nothing moves, and traffic to one version alone teaches nothing', () => {
  const state = openRace(RULES);
  for (const block of [
    { xGreen: 0, nGreen: 10, xBlue: 0, nBlue: 90 },
    { xGreen: 5, nGreen: 10, xBlue: 0, nBlue: 0 },
    { xGreen: 0, nGreen: 0, xBlue: 5, nBlue: 90 },
    { xGreen: 0, nGreen: 0, xBlue: 0, nBlue: 0 },
  ]) {
    const step = raceBlock(RULES, state, block, TIMING);
    assert.ok(step.ok);
    assert.equal(step.state.logE, state.logE);
  }
});

const CONFIG: JudgeConfig = {
  alpha: 0.01,
  startedAtMs: 0,
  horizonMs: 3_600_000,
  stable: 'v1',
  candidate: 'v2',
  latencyLimits: [{ quantile: 0.9, limitMs: 200 }],
};

const possible = fc.integer({ min: 0, max: 200 }).chain((invocations) => {
  const some = fc.integer({ min: 0, max: invocations });
  return fc.record({
    invocations: fc.constant(invocations),
    errors: some,
    timeouts: some,
    throttles: fc.integer({ min: 0, max: 50 }),
    coldStarts: some,
    slow: fc.tuple(some),
  });
});
const poll = fc.record({
  laterMs: fc.integer({ min: 0, max: 120_000 }),
  source: fc.constantFrom<JudgeInput['source']>('logs', 'metrics'),
  weightPercent: fc.constantFrom(0, 1, 10, 50, 100),
  stable: possible,
  candidate: possible,
});

test('any release that can be is judged the same from a stored state, with finite numbers and a sentence', () => {
  fc.assert(
    fc.property(fc.array(poll, { maxLength: 30 }), (polls) => {
      let live = initialJudge(CONFIG);
      let stored = live;
      for (const { laterMs, ...rest } of polls) {
        const input = { ...rest, atMs: live.atMs + laterMs };
        const step = judge(live, input);
        const again = judge(stored, input);
        assert.deepEqual(again.decision, step.decision);
        assert.ok(step.decision.reason.length > 10);
        assert.notEqual(step.decision.kind, 'error');
        live = step.state;
        stored = JSON.parse(JSON.stringify(again.state)) as JudgeState;
        assert.deepEqual(stored, live);
      }
    }),
    { numRuns: 60 },
  );
});

test('no number whatever makes the judge throw or forget', () => {
  const anything = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Number.NaN, -0, 1e300));
  const counts = fc.record({
    invocations: anything,
    errors: anything,
    timeouts: anything,
    throttles: anything,
    coldStarts: anything,
    slow: fc.array(anything, { maxLength: 2 }),
  });
  fc.assert(
    fc.property(anything, anything, counts, counts, (atMs, weightPercent, stable, candidate) => {
      const state = initialJudge(CONFIG);
      const step = judge(state, { atMs, source: 'logs', weightPercent, stable, candidate });
      if (step.decision.kind === 'error' && step.state !== state) assert.match(step.decision.reason, /can be true/);
      assert.ok(!JSON.stringify(step.state).includes('null,null,null'));
    }),
    { numRuns: 300 },
  );
});
