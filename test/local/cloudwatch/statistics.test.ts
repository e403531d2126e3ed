import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Distribution, MAX_DISTINCT_VALUES } from '../../../src/local/cloudwatch/metrics/distribution.ts';
import { computeStatistic, parseStatistic } from '../../../src/local/cloudwatch/metrics/statistics.ts';
import fc from '../../property.ts';

function of(values: readonly number[]): Distribution {
  const distribution = new Distribution();
  for (const value of values) distribution.add(value);
  return distribution;
}

function compute(name: string, values: Distribution): number | undefined {
  const statistic = parseStatistic(name);
  assert.ok(statistic, `${name} is a statistic`);
  return computeStatistic(statistic, values);
}

const HUNDRED = Array.from({ length: 100 }, (_, index) => index + 1);

const STATISTICS: readonly (readonly [name: string, value: number])[] = [
  ['Sum', 5_050],
  ['Average', 50.5],
  ['Minimum', 1],
  ['Maximum', 100],
  ['SampleCount', 100],
  ['p99', 99],
  ['p99.9', 100],
  ['p0', 1],
  ['p100', 100],
  ['p50', 50],
  ['TC(90:)', 10],
  ['TC(:90)', 90],
  ['TC(10:20)', 10],
  ['TC(10%:30%)', 20],
  ['tm90', 45.5],
  ['TM(10%:90%)', 50.5],
  ['TM(90:95)', 93],
  ['TS(98:)', 199],
  ['PR(:30)', 30],
  ['PR(90:100)', 10],
  ['IQM', 50.5],
  ['WM(10%:90%)', 50.4],
  ['wm(10:20)', 18.55],
];

describe('statistics of 1 to 100', () => {
  for (const [name, value] of STATISTICS) {
    it(`${name} is ${value}`, () => {
      assert.ok(
        Math.abs((compute(name, of(HUNDRED)) ?? Number.NaN) - value) < 1e-9,
        String(compute(name, of(HUNDRED))),
      );
    });
  }

  for (const name of [
    '',
    'sum',
    'p101',
    'p',
    'TC',
    'TC()',
    'TC(:)',
    'TC(9:3)',
    'TC(10%:30)',
    'PR(10%:)',
    'TM(:101%)',
  ]) {
    it(`'${name}' is no statistic`, () => assert.equal(parseStatistic(name), undefined));
  }
});

describe('a distribution', () => {
  const durations = fc.array(fc.double({ min: 0.01, max: 900_000, noNaN: true }), { minLength: 1, maxLength: 200 });

  it('answers the percentiles of the sorted values', () => {
    fc.assert(
      fc.property(durations, fc.integer({ min: 1, max: 1_000 }), (values, perMille) => {
        const sorted = [...values].sort((a, b) => a - b);
        const rank = Math.max(1, Math.ceil((perMille * values.length) / 1_000));
        assert.equal(compute(`p${perMille / 10}`, of(values)), sorted[rank - 1]);
      }),
    );
  });

  it('counts what lies above a bound, the bound itself left out', () => {
    fc.assert(
      fc.property(durations, fc.integer({ min: 0, max: 900_000 }), (values, low) => {
        assert.equal(compute(`TC(${low}:)`, of(values)), values.filter((value) => value > low).length);
      }),
    );
  });

  it('is the same whether recorded at once or merged, and survives packing', () => {
    fc.assert(
      fc.property(durations, durations, (first, second) => {
        const merged = of(first);
        merged.merge(of(second));
        assert.deepEqual(merged.sorted(), of([...first, ...second]).sorted());
        assert.deepEqual(Distribution.unpack(merged.pack()).sorted(), merged.sorted());
      }),
    );
  });

  it('stays bounded with many values, and its percentiles within 3 %', () => {
    const values = Array.from({ length: 20_000 }, (_, index) => 1 + ((index * 7_919) % 20_000) / 7);
    const distribution = of(values);
    assert.ok(distribution.distinct <= MAX_DISTINCT_VALUES);
    assert.equal(distribution.count, 20_000);
    const sorted = [...values].sort((a, b) => a - b);
    for (const percent of [1, 50, 90, 99, 99.9]) {
      const exact = sorted[Math.ceil((percent / 100) * 20_000) - 1] ?? 0;
      const found = compute(`p${percent}`, distribution) ?? 0;
      assert.ok(Math.abs(found - exact) <= 0.03 * exact, `p${percent}: ${found} for ${exact}`);
    }
  });

  it('has no percentiles where samples came as a set, unless the set is a single value', () => {
    const distribution = of([1, 2]);
    distribution.addSet({ count: 3, sum: 15, min: 5, max: 5 });
    assert.equal(compute('p100', distribution), 5);
    distribution.addSet({ count: 2, sum: 3, min: 1, max: 2 });
    assert.equal(compute('p50', distribution), undefined);
    assert.equal(compute('Sum', distribution), 21);
  });
});
