import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrate, type StreamBin } from '../../../src/core/judge/calibrate.ts';
import fc from '../../property.ts';

/** One bin in which each stream had 100 invocations and these failures. */
function bin(number: number, failures: readonly number[]): StreamBin[] {
  return failures.map((count, i) => ({ stream: `s${i}`, bin: number, invocations: 100, failures: count }));
}

test('failures spread evenly over the environments need no correction', () => {
  const result = calibrate(Array.from({ length: 100 }, (_, i) => bin(i, [1, 0, 2, 1, 0, 1])).flat());
  assert.ok(result.ok && result.phi === 1 && result.reliable);
  assert.match(result.sentence, /do not cluster \(500 seen\)/);
});

test('failures that come five in one environment are found to do so', () => {
  const bins = Array.from({ length: 100 }, (_, i) => {
    const failures = new Array<number>(10).fill(0);
    failures[i % 10] = 5;
    return bin(i, failures);
  }).flat();
  const result = calibrate(bins);
  assert.ok(result.ok);
  assert.ok(Math.abs(result.measured - 5) < 1e-9, `${result.measured}`);
  assert.equal(result.phi, 6.25);
});

test('the closed form is the mean over every way to toss the coins, exactly', () => {
  const entry = fc.record({
    invocations: fc.integer({ min: 1, max: 50 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(entry, { minLength: 2, maxLength: 7 }), (entries) => {
      const bins = entries.map(({ invocations, part }, i) => ({
        stream: `s${i}`,
        bin: 0,
        invocations,
        failures: Math.round(part * invocations),
      }));
      const failures = bins.reduce((sum, b) => sum + b.failures, 0);
      if (failures === 0) return;
      const invocations = bins.reduce((sum, b) => sum + b.invocations, 0);
      let spread = 0;
      let expected = 0;
      for (let toss = 0; toss < 2 ** bins.length; toss++) {
        const green = bins.filter((_, i) => (toss & (1 << i)) !== 0);
        const share = green.reduce((sum, b) => sum + b.invocations, 0) / invocations;
        spread += (green.reduce((sum, b) => sum + b.failures, 0) - share * failures) ** 2;
        expected += share * (1 - share) * failures;
      }
      const result = calibrate(bins);
      assert.ok(result.ok && Math.abs(result.measured - spread / expected) < 1e-9);
    }),
  );
});

test('few failures are said to be too few, and taken as independent', () => {
  const result = calibrate(bin(0, [9, 0, 0, 0]));
  assert.ok(result.ok && !result.reliable && result.phi === 1);
  assert.match(result.sentence, /9 failures are too few to tell/);
  assert.ok(calibrate([]).ok);
});

test('counts that cannot be are refused with the stream that has them', () => {
  for (const failures of [-1, 101, Number.NaN, 0.5]) {
    const result = calibrate(bin(3, [0, failures]));
    assert.ok(!result.ok);
    assert.match(result.problem, /stream s1, bin 3/);
  }
});
