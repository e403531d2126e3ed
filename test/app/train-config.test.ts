import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemText, readConfig } from '../../src/app/config.ts';
import type { ConfiguredTrain } from '../../src/app/train/configured.ts';

function problems(text: string): string {
  const read = readConfig(text, 'switchback.yaml');
  return read.ok ? '' : read.problems.map(problemText).join('\n');
}

function trainOf(text: string): ConfiguredTrain {
  const read = readConfig(text, 'switchback.yaml');
  assert.ok(read.ok, problems(text));
  assert.ok(read.train);
  return read.train;
}

const WHOLE = `
defaults:
  alias: live
  alarms: [errors]
  strategy: canary 5% 1h
functions:
  orders: { code: dist/orders, thresholds: ['error rate > 5% for 2 minutes'], strategy: all-at-once }
train:
  name: shop
  strategy: canary 10% 5m
  bake: 10m
  takeBack: wave
  onHalted: freeze
  hold: 30m
  waves:
    - name: europe
      region: eu-west-1
      members:
        - function: orders
        - { function: stock, version: 7, alias: green, judge: false }
    - hold: 1h
      members:
        - { function: orders, region: us-east-1 }
`;

test('a member has what it says itself, then what its function has, then what all have; the steps are the train’s', () => {
  const { waves, shared, rules, name } = trainOf(WHOLE);
  assert.deepEqual(
    { name, shared, rules },
    {
      name: 'shop',
      shared: { strategy: 'canary 10% 5m', bake: '10m' },
      rules: { takeBack: 'wave', onHalted: 'freeze' },
    },
  );
  assert.deepEqual(waves, [
    {
      name: 'europe',
      holdMs: 1_800_000,
      members: [
        {
          region: 'eu-west-1',
          settings: {
            function: 'orders',
            alias: 'live',
            alarms: ['errors'],
            code: 'dist/orders',
            thresholds: ['error rate > 5% for 2 minutes'],
          },
        },
        {
          region: 'eu-west-1',
          settings: { function: 'stock', alias: 'green', alarms: ['errors'], judge: false, version: '7' },
        },
      ],
    },
    {
      name: '2',
      holdMs: 3_600_000,
      members: [
        {
          region: 'us-east-1',
          settings: {
            function: 'orders',
            alias: 'live',
            alarms: ['errors'],
            code: 'dist/orders',
            thresholds: ['error rate > 5% for 2 minutes'],
          },
        },
      ],
    },
  ]);
});

test('members without waves are one wave; a version stands instead of the function’s code', () => {
  const { waves, rules } = trainOf(`
functions: { a: { code: dist/a, alias: live } }
train: { name: x, members: [{ function: a, version: 3 }] }
`);
  assert.deepEqual(rules, { takeBack: 'train', onHalted: 'rollback' });
  assert.deepEqual(waves, [
    {
      name: '1',
      holdMs: 0,
      members: [{ region: undefined, settings: { function: 'a', alias: 'live', version: '3' } }],
    },
  ]);
  const alone = trainOf('alias: live\nalarms: [x]\ntrain: { name: x, members: [{ function: a }] }');
  assert.deepEqual(alone.waves[0]?.members[0]?.settings, { function: 'a', alias: 'live', alarms: ['x'] });
});

test('the functions of a file with a train are released by themselves as before', () => {
  const read = readConfig(WHOLE, 'switchback.yaml');
  assert.ok(read.ok);
  assert.deepEqual(
    read.functions.map(({ name }) => name),
    ['orders'],
  );
  assert.equal(read.functions[0]?.settings.strategy, 'all-at-once');
  const only = readConfig('train: { name: x, members: [{ function: a }] }', 'switchback.yaml');
  assert.ok(only.ok);
  assert.deepEqual(only.functions, []);
});

test('every mistake in a train is told with its line', () => {
  const cases: [string, RegExp][] = [
    ['train:\n  name: 9x\n  members: [{ function: a }]', /:2:9: train\.name: write letters, digits/],
    ['train:\n  name: x', /:2:3: train: a train has either members or waves/],
    [
      'train:\n  name: x\n  members: [{ function: a }]\n  waves: [{ members: [{ function: a }] }]',
      /either members or waves/,
    ],
    ['train:\n  name: x\n  membres: []', /train\.membres: there is no such key — did you mean "members"/],
    [
      'train:\n  name: x\n  members:\n    - { funktion: a }',
      /members\[0\]\.funktion: there is no such key — did you mean "function"/,
    ],
    [
      'train:\n  name: x\n  members:\n    - { function: a, strategy: all-at-once }',
      /members\[0\]\.strategy: there is no such key/,
    ],
    ['train:\n  name: x\n  hold: soon\n  members: [{ function: a }]', /:3:9: train\.hold: write a time from 0s to 30d/],
    [
      'train:\n  name: x\n  waves:\n    - { regoin: eu-west-1, members: [{ function: a }] }',
      /waves\[0\]\.regoin: .*did you mean "region"/,
    ],
    ['train:\n  name: x\n  members:\n    - { function: a, region: Europe }', /this is no AWS region/],
    ['train:\n  name: x\n  takeBack: all\n  members: [{ function: a }]', /train\.takeBack/],
    [
      'train:\n  name: x\n  strategy: canary 110% 5m\n  members: [{ function: a }]',
      /:3:13: train\.strategy: .*canary of 110 % is no canary/,
    ],
    [
      'train:\n  name: x\n  strategy: all-at-once\n  steps: [{ weight: 100, hold: 1m }]\n  members: [{ function: a }]',
      /not both/,
    ],
    [`train:\n  name: x\n  members: [${'{ function: a }, '.repeat(33)}]`, /train\.members/],
    ['train:\n  name: x\n  members:\n    - { function: a, version: two }', /a version is a number/],
  ];
  for (const [text, expected] of cases) assert.match(problems(text), expected, text);
});
