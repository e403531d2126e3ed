import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSteps, parseStrategy, SAM_STRATEGIES } from '../../../src/core/release/strategy.ts';
import fc from '../../property.ts';

const MIN = 60_000;

function steps(text: string, bakeMs?: number): string {
  const result = parseStrategy(text, bakeMs);
  assert.ok(result.ok, result.ok ? '' : result.problem);
  return result.steps.map((step) => `${step.weightPercent}:${step.holdMs / 1_000}`).join(' ');
}

const READ: readonly (readonly [text: string, expected: string])[] = [
  ['Canary10Percent5Minutes', '10:300 100:300'],
  ['Canary10Percent10Minutes', '10:600 100:300'],
  ['Canary10Percent15Minutes', '10:900 100:300'],
  ['Canary10Percent30Minutes', '10:1800 100:300'],
  ['Linear10PercentEvery1Minute', '10:60 20:60 30:60 40:60 50:60 60:60 70:60 80:60 90:60 100:60'],
  ['Linear10PercentEvery10Minutes', '10:600 20:600 30:600 40:600 50:600 60:600 70:600 80:600 90:600 100:300'],
  ['CodeDeployDefault.LambdaCanary10Percent5Minutes', '10:300 100:300'],
  ['CodeDeployDefault.LambdaAllAtOnce', '100:60'],
  ['AllAtOnce', '100:60'],
  ['all-at-once', '100:60'],
  ['blue/green', '100:60'],
  ['Canary33Percent7Minutes', '33:420 100:300'],
  ['Linear30PercentEvery2Minutes', '30:120 60:120 90:120 100:120'],
  ['canary 10% 30s', '10:30 100:30'],
  ['canary 0.5% for 2h', '0.5:7200 100:300'],
  ['linear 25% every 10s', '25:10 50:10 75:10 100:10'],
  ['5% 5m, 25% 10m, 50% 15m', '5:300 25:600 50:900 100:300'],
  ['5% 1m -> 100% 10m', '5:60 100:600'],
  ['1% 2d', '1:172800 100:300'],
];

test('strategies are read as people and templates write them', async (t) => {
  for (const [text, expected] of READ) await t.test(text, () => assert.equal(steps(text), expected));
});

test('a step may end by evidence, within a time', () => {
  const read = parseStrategy('10% until 3000 invocations within 30m, 50% 5m');
  assert.ok(read.ok);
  assert.deepEqual(read.steps[0], { weightPercent: 10, holdMs: 30 * MIN, enoughInvocations: 3_000 });
  assert.equal(read.steps[1]?.enoughInvocations, undefined);
  assert.match(refusal('10% until 0 invocations within 30m'), /at least 1 is needed/);
  assert.match(refusal('10% until 3000 invocations'), /not known|no valid hold/);
});

function refusal(text: string): string {
  const read = parseStrategy(text);
  return read.ok ? 'accepted' : read.problem;
}

test('an explicit bake is what 100 % is held for', () => {
  assert.equal(steps('canary 10% 30s', 5_000), '10:30 100:5');
  assert.equal(steps('AllAtOnce', 0), '100:0');
});

const REFUSED: readonly (readonly [text: string, problem: RegExp])[] = [
  ['', /not known: use one of SAM/],
  ['canary', /not known/],
  ['canary 10% soon', /its hold is not a time/],
  ['canary 100% 5m', /no canary/],
  ['canary 120% 5m', /no canary/],
  ['linear 0% every 1m', /not between 0 and 100/],
  ['linear 0.5% every 1m', /200 steps: at most 100/],
  ['50% 5m, 25% 5m', /step 2 goes from 50 % to 25 %: weights must rise/],
  ['50% 5m, 50% 5m', /weights must rise/],
  ['150% 5m', /more than 0 and at most 100/],
  ['10% 90d', /no valid hold/],
  ['10% later', /no valid hold/],
];

test('what cannot be meant is refused with the value and the way out', async (t) => {
  for (const [text, problem] of REFUSED) {
    await t.test(text || '(empty)', () => {
      const result = parseStrategy(text);
      assert.equal(result.ok, false);
      assert.match(result.ok ? '' : result.problem, problem);
    });
  }
});

test('every accepted strategy rises strictly and ends at 100 %', () => {
  const step = fc.record({
    weightPercent: fc.integer({ min: -5, max: 130 }),
    holdMs: fc.integer({ min: -1, max: 10 * MIN }),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 8 }),
      fc.option(fc.integer({ min: 0, max: MIN }), { nil: undefined }),
      (list, bake) => {
        const result = checkSteps(list, bake);
        if (!result.ok) return;
        const weights = result.steps.map((s) => s.weightPercent);
        assert.equal(weights.at(-1), 100);
        for (let i = 1; i < weights.length; i += 1) assert.ok(weights[i]! > weights[i - 1]!);
      },
    ),
  );
});

test('all nine SAM names are read', () => {
  assert.equal(SAM_STRATEGIES.length, 9);
  for (const name of SAM_STRATEGIES) assert.ok(parseStrategy(name).ok, name);
});
