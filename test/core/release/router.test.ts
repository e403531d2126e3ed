import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actorOf, keyOf } from '../../../src/core/release/alias.ts';
import {
  lookCommand,
  MAX_WEIGHT,
  percentOfWeights,
  routerKey,
  routerOf,
  routerWarnings,
  routingOfWeights,
  sayable,
  sayableBy,
  weightsFor,
} from '../../../src/core/release/router.ts';
import fc from '../../property.ts';

const percents = fc.double({ min: 0.0001, max: 99.9999, noNaN: true });
const weight = fc.integer({ min: 1, max: MAX_WEIGHT });

test('a router stands in a key where the function does', () => {
  const router = { kind: 'route53', zone: 'Z0123', name: 'checkout.example.com', type: 'CNAME' } as const;
  const key = { account: '1', region: 'r', ...routerKey(router) };
  assert.deepEqual(routerOf(key), router);
  assert.deepEqual(keyOf(actorOf(key)), key);
  assert.equal(routerOf({ function: 'checkout', alias: 'live' }), undefined);
});

test('a stage does too, and each key has a command that shows its traffic', () => {
  const stage = { kind: 'apiGateway', api: 'a1b2', stage: 'prod', variable: 'fn' } as const;
  const key = routerKey(stage);
  assert.deepEqual(routerOf(key), stage);
  assert.equal(lookCommand(key), 'aws apigateway get-stage --rest-api-id a1b2 --stage-name prod');
  assert.match(lookCommand({ function: 'route53:Z1:a.b', alias: 'A' }), /^aws route53 .*Z1 --start-record-name a\.b$/);
  assert.match(lookCommand({ function: 'checkout', alias: 'live' }), /^aws lambda get-alias/);
});

test('a plan says what a router cannot do', () => {
  assert.deepEqual(routerWarnings(undefined, [12.34]), []);
  const records = { kind: 'route53', zone: 'Z1', name: 'a.b', type: 'A' } as const;
  assert.match(
    routerWarnings(records, [10, 12.34]).join('\n'),
    /every percent: 12\.34 % becomes 12\.3404 %\nnames are moved/,
  );
  assert.equal(routerWarnings(records, [10]).length, 1);
  const stage = { kind: 'apiGateway', api: 'a1', stage: 'prod', variable: 'fn' } as const;
  assert.match(routerWarnings(stage, [12.34]).join('\n'), /^API Gateway has no conditional write/);
  assert.equal(sayableBy(stage, 12.34), 12.34);
  assert.equal(sayableBy(records, 12.34), 12.3404);
});

test('whole percents are exact', () => {
  for (let percent = 0; percent <= 100; percent += 1) assert.equal(sayable(percent), percent);
  assert.deepEqual(weightsFor(10), { first: 90, second: 10 });
});

test('weights are possible, nobody who is to get some gets none, and they are as near as they can be', () => {
  fc.assert(
    fc.property(percents, (percent) => {
      const { first, second } = weightsFor(percent);
      for (const each of [first, second]) assert.ok(Number.isInteger(each) && each >= 1 && each <= MAX_WEIGHT);
      if (percent >= 0.4 && percent <= 99.6) assert.ok(Math.abs(percentOfWeights(first, second) - percent) <= 0.05);
    }),
  );
});

test('no other pair of weights is nearer', () => {
  fc.assert(
    fc.property(percents, weight, weight, (percent, first, second) => {
      const other = Math.abs((100 * second) / (first + second) - percent);
      const ours = weightsFor(percent);
      assert.ok(Math.abs((100 * ours.second) / (ours.first + ours.second) - percent) <= other + 1e-9);
    }),
  );
});

test('what a plan says is read back to the last digit', () => {
  fc.assert(
    fc.property(percents, (percent) => {
      const said = sayable(percent);
      assert.equal(sayable(said), said);
      const { first, second } = weightsFor(said);
      const arms = [
        { name: 'blue', weight: first },
        { name: 'green', weight: second },
      ] as const;
      assert.deepEqual(routingOfWeights(arms, 'blue').second, { version: 'green', weightPercent: said });
    }),
  );
});

test('every pair of weights is read as itself', () => {
  fc.assert(
    fc.property(weight, weight, (first, second) => {
      const percent = percentOfWeights(first, second);
      const again = weightsFor(percent);
      assert.equal(percentOfWeights(again.first, again.second), percent);
    }),
  );
});

const readings: readonly [blue: number, green: number, main: string | undefined, text: string][] = [
  [100, 0, undefined, 'blue'],
  [0, 100, 'blue', 'green'],
  [90, 10, undefined, 'blue green 10'],
  [10, 90, undefined, 'green blue 10'],
  [10, 90, 'blue', 'blue green 90'],
  [50, 50, 'green', 'green blue 50'],
  [0, 0, undefined, 'blue green 50'],
  [10, 90, 'gone', 'green blue 10'],
];
for (const [blue, green, main, text] of readings) {
  test(`weights ${blue} and ${green} with main arm ${main} are "${text}"`, () => {
    const arms = [
      { name: 'blue', weight: blue },
      { name: 'green', weight: green },
    ] as const;
    const { version, second } = routingOfWeights(arms, main);
    assert.equal(
      [version, second?.version, second?.weightPercent].filter((part) => part !== undefined).join(' '),
      text,
    );
  });
}
