import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as reference from '../../../src/core/judge/reference.ts';
import fc from '../../property.ts';
import {
  choose,
  type Fraction,
  fixedOf,
  fraction,
  logGammaOf,
  logOf,
  minus,
  ofDouble,
  over,
  plus,
  scaled,
  times,
  toNumber,
} from './exact.ts';

/** Absolute for small numbers, relative for large ones, as the published cases have it. */
function assertClose(actual: number, expected: number, tolerance: number, where = ''): void {
  const allowed = tolerance * Math.max(1, Math.abs(expected));
  assert.ok(Math.abs(actual - expected) <= allowed, `${where} ${actual}, expected ${expected} within ${allowed}`);
}

const ONE = fraction(1);
/** Counts of every size: a handful, thousands, and as many as a double still counts one by one. */
const size = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: 0, max: 1e5 }),
  fc.integer({ min: 0, max: 1e15 }),
);
const chance = fc.oneof(
  fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }),
  fc.constantFrom(1e-6, 0.001, 0.01, 0.1, 0.5, 0.95),
);

test('the exact arithmetic is right where the answer is known', () => {
  assertClose(toNumber(logOf(fraction(2))), Math.LN2, 1e-15);
  assertClose(toNumber(logOf(fraction(1, 10n ** 40n))), -40 * Math.LN10, 1e-14);
  assertClose(toNumber(logGammaOf(fraction(1, 2))), Math.log(Math.PI) / 2, 1e-15);
  assertClose(
    toNumber(logGammaOf(fraction(101))),
    toNumber(logOf(fraction(choose(100, 50) * factorial(50) ** 2n))),
    1e-15,
  );
  assert.equal(choose(10, 3), 120n);
});

function factorial(n: number): bigint {
  return n <= 1 ? 1n : BigInt(n) * factorial(n - 1);
}

test('divergence keeps its digits however near the two chances are, and is infinite where it must be', () => {
  const near = fc.double({ min: -1e-3, max: 1e-3, noNaN: true });
  fc.assert(
    fc.property(
      chance,
      fc.oneof(
        chance.map((q) => [q, false] as const),
        near.map((d) => [d, true] as const),
      ),
      (p, [other, relative]) => {
        const q = relative ? p * (1 + other) : other;
        if (!(q > 0 && q < 1)) return;
        const [a, b] = [ofDouble(p), ofDouble(q)];
        const first = scaled(logOf(over(a, b)), a);
        const second = scaled(logOf(over(minus(ONE, a), minus(ONE, b))), minus(ONE, a));
        assertClose(reference.klBernoulli({ p, q }), toNumber(first + second), 1e-14);
      },
    ),
  );
  assert.equal(reference.klBernoulli({ p: 0, q: 0 }), 0);
  assert.equal(reference.klBernoulli({ p: 1, q: 1 }), 0);
  assertClose(reference.klBernoulli({ p: 0, q: 0.5 }), Math.LN2, 1e-15);
  assert.equal(reference.klBernoulli({ p: 0.1, q: 0 }), Number.POSITIVE_INFINITY);
});

test('the limits are right for faults of any size, on any weight', () => {
  const exactKl = (a: Fraction, b: Fraction): Fraction =>
    fraction(
      scaled(logOf(over(a, b)), a) + scaled(logOf(over(minus(ONE, a), minus(ONE, b))), minus(ONE, a)),
      10n ** 50n,
    );
  const rate = fc.constantFrom(1e-5, 0.001, 0.0010001, 0.002, 0.01, 0.05, 0.5, 0.99);
  const weight = fc.constantFrom(1e-4, 0.01, 0.1, 0.5, 0.9, 0.999);
  fc.assert(
    fc.property(rate, rate, weight, fc.constantFrom(0.05, 0.01, 1e-6), (p0, p1, w, alpha) => {
      if (p0 === p1) return;
      const [blue, green, share] = [ofDouble(p0), ofDouble(p1), ofDouble(w)];
      const needed = Math.log(1 / alpha);
      assertClose(
        reference.limitKnownBaselineGreenInvocations({ alpha, p0, p1 }),
        needed / toNumber(fixedOf(exactKl(green, blue))),
        1e-9,
      );
      const pooled = plus(times(share, green), times(minus(ONE, share), blue));
      const both = plus(times(share, exactKl(green, pooled)), times(minus(ONE, share), exactKl(blue, pooled)));
      const limit = reference.limitConcurrentControlGreenInvocations({ alpha, p0, p1, w });
      assertClose(limit, (w * needed) / toNumber(fixedOf(both)), 1e-9, `${p0} ${p1} ${w}:`);
    }),
  );
  const input = { alpha: 0.01, p0: 0.001, p1: 0.01 };
  const known = reference.limitKnownBaselineGreenInvocations(input);
  assert.equal(reference.limitConcurrentControlGreenInvocations({ ...input, w: 0 }), known);
  assert.equal(reference.limitConcurrentControlGreenInvocations({ ...input, w: 1 }), Number.POSITIVE_INFINITY);
  assert.equal(reference.limitKnownBaselineGreenInvocations({ ...input, p1: 0.001 }), Number.POSITIVE_INFINITY);
});

/** A block with events among trials. */
const block = fc
  .tuple(size, size, fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([nGreen, nBlue, green, blue]) => ({
    nGreen,
    nBlue,
    xGreen: Math.floor(nGreen * green ** 4),
    xBlue: Math.floor(nBlue * blue ** 4),
  }));
const ratio = fc.constantFrom(1, 1.5, 2, 3, 10, 100, 1e4, 1e8);
const phi = fc.constantFrom(1, 1.25, 2, 9, 39);

function exactShare(b: { xGreen: number; xBlue: number; nGreen: number; nBlue: number }, rho: number): number {
  if (b.nGreen === 0 || b.nBlue === 0) return 0;
  const share = fraction(b.nGreen, BigInt(b.nGreen) + BigInt(b.nBlue));
  const fair = logOf(plus(ONE, times(share, minus(ofDouble(rho), ONE))));
  return toNumber(BigInt(b.xGreen) * logOf(ofDouble(rho)) - (BigInt(b.xGreen) + BigInt(b.xBlue)) * fair);
}

test('a block’s increment is right for counts of any size, any ratio and any phi', () => {
  fc.assert(
    fc.property(block, ratio, phi, (b, rho, divisor) => {
      const actual = reference.logLrConditional({ ...b, rho, phi: divisor });
      // Terms as large as the counts are added: what is left of them can be no better than a double holds them.
      const magnitude = (b.xGreen + b.xBlue) * Math.log(rho);
      assertClose(actual, exactShare(b, rho) / divisor, 1e-12 * Math.max(1, magnitude / 1e3));
    }),
  );
  assert.equal(reference.logLrConditional({ xGreen: 0, nGreen: 0, xBlue: 0, nBlue: 0, rho: 10, phi: 1 }), 0);
});

test('the two-sample increment is right for counts of any size and any plug-in', () => {
  const guess = fc.constantFrom(1e-6, 1e-4, 0.001, 0.1, 0.5, 0.95, 0.999);
  fc.assert(
    fc.property(block, guess, fc.constantFrom(1, 1.3, 2.2, 7, 20, 1e3), (b, pBlue, oddsRatio) => {
      const actual = reference.logLrTwoSample({ ...b, pBlue, oddsRatio });
      if (b.nGreen === 0 || b.nBlue === 0) {
        assert.equal(actual, 0);
        return;
      }
      const blue = ofDouble(pBlue);
      const odds = times(ofDouble(oddsRatio), blue);
      const green = over(odds, plus(minus(ONE, blue), odds));
      const share = fraction(b.nGreen, BigInt(b.nGreen) + BigInt(b.nBlue));
      const pooled = plus(times(share, green), times(minus(ONE, share), blue));
      const rest = (p: Fraction): bigint => logOf(over(minus(ONE, p), minus(ONE, pooled)));
      const expected =
        BigInt(b.xGreen) * logOf(over(green, pooled)) +
        BigInt(b.nGreen - b.xGreen) * rest(green) +
        BigInt(b.xBlue) * logOf(over(blue, pooled)) +
        BigInt(b.nBlue - b.xBlue) * rest(blue);
      // A double holds 1 - p to so many digits only, and every trial adds what is lost.
      const lost = ((b.nGreen + b.nBlue) * (1 + Math.log(oddsRatio)) * 1e-15) / (1 - pBlue);
      assertClose(actual, toNumber(expected), 1e-12 + lost);
    }),
  );
});

test('paths of evidence are right for any bets, stakes and phi, and stop adding stake when the plan is over', () => {
  const bets = fc.uniqueArray(fc.constantFrom(1.5, 2, 3, 5, 10, 30, 100, 1e4), { minLength: 1, maxLength: 8 });
  const ticks = fc.array(block, { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(
      ticks,
      bets,
      fc.constantFrom(0.25, 0.5, 0.75, 1),
      fc.constantFrom(3, 8, 60),
      phi,
      (path, rhos, kappa, plannedTicks, divisor) => {
        const weights = rhos.map(() => 1 / rhos.length);
        const actual = reference.evidencePath({ ticks: path, kappa, plannedTicks, phi: divisor, rhos, weights });
        // Each bet and each stake is followed alone from the block in which it was laid: a sum of products, never of sums.
        path.forEach((_, end) => {
          const parts: number[] = [];
          for (const [j, rho] of rhos.entries()) {
            for (let laid = 0; laid <= Math.min(end, plannedTicks); laid++) {
              const stake = laid === 0 ? kappa : (1 - kappa) / plannedTicks;
              if (stake === 0) continue;
              const gain = path.slice(laid, end + 1).reduce((sum, b) => sum + exactShare(b, rho) / divisor, 0);
              parts.push(Math.log(weights[j]! * stake) + gain);
            }
          }
          const most = Math.max(...parts);
          const expected = most + Math.log(parts.reduce((sum, part) => sum + Math.exp(part - most), 0));
          const events = path.reduce((sum, b) => sum + b.xGreen + b.xBlue, 0);
          assertClose(actual[end]!, expected, 1e-9 * Math.max(1, events / 1e5), `block ${end}:`);
        });
      },
    ),
    { numRuns: 60 },
  );
});

test('a first crossing is the first block whose evidence reaches 1/alpha, or none', () => {
  const fixed = { kappa: 1, plannedTicks: 10, phi: 1, rhos: [10], weights: [1] };
  const bad = [1, 10, 0, 90];
  const quiet = [0, 10, 0, 90];
  const step = Math.log(10 / 1.9);
  for (const [alpha, first] of [
    [0.5, 1],
    [0.1, 3],
    [0.001, null],
  ] as const) {
    const ticks = [quiet, bad, quiet, bad, bad, quiet];
    const found = reference.evidenceFirstCrossing({ ...fixed, alpha, ticks });
    assert.equal(found.firstCrossingTick, first);
    assertClose(found.logEvidenceAtEnd, 3 * step, 1e-12);
    if (first !== null) assertClose(found.logEvidenceAtCrossing!, first === 1 ? step : 2 * step, 1e-12);
  }
  const empty = reference.evidenceFirstCrossing({ ...fixed, alpha: 0.1, ticks: [] });
  assert.deepEqual(empty, { firstCrossingTick: null, logEvidenceAtCrossing: null, logEvidenceAtEnd: 0 });
});

test('evidence is averaged rightly whatever its sizes, and weights of nothing count nothing', () => {
  assertClose(reference.combineEvidence({ logE: [-1e6, -1e6], weights: [0.5, 0.5] }), -1e6, 1e-12);
  assertClose(reference.combineEvidence({ logE: [1e6, 0], weights: [0.25, 0.75] }), 1e6 - Math.log(4), 1e-12);
  assertClose(reference.combineEvidence({ logE: [3, 700], weights: [1, 0] }), 3, 1e-12);
  assert.equal(reference.combineEvidence({ logE: [Number.NEGATIVE_INFINITY], weights: [1] }), Number.NEGATIVE_INFINITY);
  assert.equal(
    reference.combineEvidence({ logE: [Number.POSITIVE_INFINITY, 1], weights: [0.5, 0.5] }),
    Number.POSITIVE_INFINITY,
  );
});

test('the tests for early promotion are right for counts of any size, and at their edges', () => {
  fc.assert(
    fc.property(block, chance, fc.constantFrom(1.5, 2, 3, 5, 100), (b, share, rho1) => {
      const events = BigInt(b.xGreen) + BigInt(b.xBlue);
      const fair = logOf(plus(ONE, times(ofDouble(share), minus(ofDouble(rho1), ONE))));
      const expected = toNumber(events * fair - BigInt(b.xGreen) * logOf(ofDouble(rho1)));
      const actual = reference.promoteRelativeLogE({ xGreen: b.xGreen, xBlue: b.xBlue, share, rho1 });
      assertClose(actual, expected, 1e-12 * Math.max(1, Number(events) / 1e2));
    }),
  );
  fc.assert(
    fc.property(block, chance, chance, ({ xGreen, nGreen }, a, b) => {
      const [pBet, pMax] = [Math.min(a, b), Math.max(a, b)];
      const [bet, most] = [ofDouble(pBet), ofDouble(pMax)];
      const expected =
        BigInt(xGreen) * logOf(over(bet, most)) +
        BigInt(nGreen - xGreen) * logOf(over(minus(ONE, bet), minus(ONE, most)));
      const actual = reference.promoteAbsoluteLogE({ xGreen, nGreen, pMax, pBet });
      assertClose(actual, toNumber(expected), 1e-12 * Math.max(1, nGreen / 1e2));
    }),
  );
  assert.equal(reference.promoteRelativeLogE({ xGreen: 0, xBlue: 0, share: 0.1, rho1: 3 }), 0);
  assertClose(reference.promoteRelativeLogE({ xGreen: 2, xBlue: 9, share: 0, rho1: 3 }), -2 * Math.log(3), 1e-12);
  assertClose(reference.promoteRelativeLogE({ xGreen: 0, xBlue: 9, share: 1, rho1: 3 }), 9 * Math.log(3), 1e-12);
  assertClose(reference.promoteAbsoluteLogE({ xGreen: 0, nGreen: 5, pMax: 0.5, pBet: 0 }), 5 * Math.LN2, 1e-12);
});

test('the mean of a block’s factor is right, counted out in whole numbers', () => {
  const few = fc.integer({ min: 0, max: 60 });
  fc.assert(
    fc.property(
      few,
      few,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 1e4 }),
      (nGreen, nBlue, part, rho) => {
        const errors = Math.round(part * (nGreen + nBlue));
        const n = BigInt(nGreen + nBlue);
        let top = 0n;
        for (let x = Math.max(0, errors - nBlue); x <= Math.min(nGreen, errors); x++) {
          top += choose(nGreen, x) * choose(nBlue, errors - x) * BigInt(rho) ** BigInt(x);
        }
        const fair = (n + BigInt(nGreen) * BigInt(rho - 1)) ** BigInt(errors);
        const mean =
          nGreen === 0 || nBlue === 0
            ? 1
            : toNumber(fixedOf(fraction(top * n ** BigInt(errors), choose(nGreen + nBlue, errors) * fair)));
        assertClose(reference.expectedLrUnderNull({ nGreen, nBlue, errors, rho }), mean, 1e-11);
        assert.ok(mean <= 1);
      },
    ),
  );
  // Among very many trials drawing without replacement is drawing with it, and the mean is 1.
  assertClose(reference.expectedLrUnderNull({ nGreen: 1e12, nBlue: 9e12, errors: 20, rho: 10 }), 1, 1e-9);
  assert.ok(reference.expectedLrUnderNull({ nGreen: 1e5, nBlue: 9e5, errors: 1e4, rho: 3 }) <= 1);
});

test('the law of splits is right for counts of any size and any concentration', () => {
  const shares = fc.constantFrom([0.5, 0.5], [0.25, 0.75], [0.125, 0.875], [0.25, 0.25, 0.5], [1 / 1024, 1023 / 1024]);
  fc.assert(
    fc.property(
      shares,
      fc.array(size, { minLength: 3, maxLength: 3 }),
      fc.constantFrom(1, 10, 100, 5000),
      (theta0, sizes, k) => {
        const counts = sizes.slice(0, theta0.length);
        const total = counts.reduce((sum, count) => sum + BigInt(count), 0n);
        let expected = logGammaOf(fraction(k)) - logGammaOf(fraction(BigInt(k) + total));
        counts.forEach((count, i) => {
          const prior = times(ofDouble(theta0[i]!), fraction(k));
          expected += logGammaOf(plus(prior, fraction(count))) - logGammaOf(prior);
          expected -= BigInt(count) * logOf(ofDouble(theta0[i]!));
        });
        assertClose(reference.dirichletMultinomialLogE({ counts, theta0, k }), toNumber(expected), 1e-9);
      },
    ),
  );
  // A split that is right to the last of a thousand million million speaks for the shares, by the square root of it.
  const right = reference.dirichletMultinomialLogE({ counts: [1e14, 9e14], theta0: [0.1, 0.9], k: 100 });
  assert.ok(right < -13 && right > -16, `${right}`);
});

test('a confidence interval ends where the mixture says, for counts of any size', () => {
  const opt = fc.constantFrom(1, 50, 1000);
  fc.assert(
    fc.property(
      size,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom(0.05, 0.01),
      opt,
      (n, part, alpha, tOpt) => {
        const k = Math.floor(n * part);
        const [low, high] = reference.bernoulliConfidenceInterval({ k, n, alpha, tOpt, alphaOpt: 0.05 });
        if (n === 0) {
          assert.deepEqual([low, high], [0, 1]);
          return;
        }
        assert.ok(low <= k / n && k / n <= high && low >= 0 && high <= 1, `${low} ${k / n} ${high}`);
        for (const end of [low, high]) {
          if (end <= 1e-9 || end >= 1 - 1e-9) continue;
          // Just inside the evidence against the rate is below ln(1/alpha), just outside above.
          const evidence = exactMixture(k, n, end, tOpt, 0.05);
          assertClose(evidence, Math.log(1 / alpha), 1e-5 * Math.max(1, Math.sqrt(n) / 1e4), `${k} of ${n} at ${end}:`);
        }
      },
    ),
    { numRuns: 60 },
  );
});

/** The beta-binomial mixture with its prior's strength from Howard et al.'s tuning, by exact Gamma functions. */
function exactMixture(k: number, n: number, p: number, tOpt: number, alphaOpt: number): number {
  const spread = p * (1 - p);
  const tuning = 2 * Math.log(1 / alphaOpt);
  const r = Math.max((spread * tOpt) / (tuning + Math.log(1 + tuning)) - spread, 1e-3 * spread);
  const strength = ofDouble(r / spread);
  const rate = ofDouble(p);
  const [a, b] = [times(strength, rate), times(strength, minus(ONE, rate))];
  const logBeta = (x: Fraction, y: Fraction): bigint => logGammaOf(x) + logGammaOf(y) - logGammaOf(plus(x, y));
  const gained = logBeta(plus(a, fraction(k)), plus(b, fraction(n - k))) - logBeta(a, b);
  return toNumber(gained - BigInt(k) * logOf(rate) - BigInt(n - k) * logOf(minus(ONE, rate)));
}
