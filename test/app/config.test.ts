import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  type ConfiguredFunction,
  configSchema,
  MAX_CONFIG_BYTES,
  problemText,
  readConfig,
} from '../../src/app/config.ts';
import { DEFAULT_LAYER, environmentLayer, layered, valuesOf } from '../../src/app/settings.ts';
import { wantedFrom } from '../../src/app/wanted.ts';
import { hookGate } from '../../src/core/gates/upgrade.ts';
import fc from '../property.ts';

function problems(text: string): string[] {
  const read = readConfig(text, 'switchback.yaml');
  return read.ok ? [] : read.problems.map(problemText);
}

function functions(text: string): readonly ConfiguredFunction[] {
  const read = readConfig(text, 'switchback.yaml');
  assert.ok(read.ok, read.ok ? '' : read.problems.map(problemText).join('\n'));
  return read.functions;
}

test('every mistake is told with its line, its column and what to do', () => {
  const cases: [string, RegExp][] = [
    [
      'function: a\nstrategey: x',
      /^switchback\.yaml:2:1: strategey: there is no such key — did you mean "strategy"\?$/m,
    ],
    ['function: a\nbogus: x', /^switchback\.yaml:2:1: bogus: .* — possible here: function, alias, /],
    ['bake: 3', /^switchback\.yaml:1:7: bake: .*expected string.* \(is 3\)$/m],
    ['function: a\nstrategy: canary 110% 5m', /:2:11: strategy: .*canary of 110 % is no canary/],
    [
      'steps:\n  - {weight: 50, hold: 1m}\n  - {weight: 20, hold: 1m}',
      /^switchback\.yaml:3:5: steps\[1\]: step 2 goes from 50 % to 20 %: weights must rise/,
    ],
    ['steps:\n  - {weight: 150, hold: 1m}', /weight 150 %/],
    ['steps:\n  - {weigth: 5, hold: 1m}', /:2:6: steps\[0\]\.weigth: .*did you mean "weight"/],
    ['strategy: all-at-once\nsteps: [{weight: 5, hold: 1m}]', /:2:8: steps: write either a strategy or steps/],
    ['thresholds:\n  - error rate is bad', /:2:5: thresholds\[0\]: .*not understood: write "error rate > 5%/],
    ['hooks: {preTrafic: x}', /:1:9: hooks\.preTrafic: .*did you mean "preTraffic"/],
    ['hooks: {timeout: 2}', /hooks\.timeout/],
    ['signals: [smoke]', /signals\[0\]/],
    ['judge: {alpha: 3}', /:1:16: judge\.alpha: .* \(is 3\)/],
    ['judge: maybe', /judge: write false, or alpha/],
    ['functions: {a: {function: b}}', /functions\.a\.function: there is no such key/],
    ['alias: live\nfunctions: {a: {}}', /:1:8: alias: .*write alias under one of them or under defaults/],
    ['defaults: {alias: live}', /defaults are for functions/],
    ['a: b: c', /^switchback\.yaml:1:4: /],
    ['function: a\nfunction: b', /:2:1: this key stands here already/],
    ['function: a\n---\nfunction: b', /second document/],
    ['function: !js x', /Unresolved tag/],
    ['- a', /expected object/],
  ];
  for (const [text, expected] of cases) assert.match(problems(text).join('\n') || 'no problem', expected, text);
});

test('what is meant to exhaust the reader is refused quickly', () => {
  const nine = (name: string) => `[${Array.from({ length: 9 }, () => name).join(',')}]`;
  const bomb = [
    'a: &a [x]',
    ...'bcdefgh'.split('').map((key, i) => `${key}: &${key} ${nine(`*${'abcdefg'[i]}`)}`),
  ].join('\n');
  assert.match(problems(bomb)[0] ?? '', /lias/);
  assert.match(problems('['.repeat(50_000))[0] ?? '', /nested too deeply/);
  assert.match(problems(`# ${'x'.repeat(MAX_CONFIG_BYTES)}`)[0] ?? '', /larger than 1000000 bytes/);
});

test('no text whatever makes the reader throw, and every problem has a place', () => {
  const pieces = fc.constantFrom(
    'function',
    ':',
    ' ',
    '\n',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '"',
    '&a',
    '*a',
    '!t',
    '#',
    '|',
    '>',
    '%',
    'steps',
    'é',
    '\t',
    '1',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
      ),
      (text) => {
        const read = readConfig(text, 'f');
        if (!read.ok) for (const { line, column } of read.problems) assert.ok(line >= 1 && column >= 1);
      },
    ),
    { numRuns: 300 },
  );
});

test('a file tells one function, or several with defaults, and where each setting stands', () => {
  const [only] = functions('function: checkout\nalias: live\nhooks:\n  preTraffic: smoke\njudge: false\n');
  assert.deepEqual(only?.settings, { function: 'checkout', alias: 'live', preTraffic: 'smoke', judge: false });
  assert.equal(only?.lines.get('preTraffic'), 4);

  const both = functions(
    'defaults:\n  alias: live\n  strategy: canary 10% 5m\nfunctions:\n  checkout:\n    steps: [{weight: 5, hold: 5m}]\n  pay:\n    judge: {alpha: 0.05}\n',
  );
  assert.deepEqual(
    both.map(({ settings }) => settings),
    [
      { function: 'checkout', alias: 'live', steps: [{ weight: 5, hold: '5m' }] },
      { function: 'pay', alias: 'live', strategy: 'canary 10% 5m', judge: 0.05 },
    ],
  );
  assert.equal(both[1]?.lines.get('strategy'), 3);
  assert.deepEqual(functions(''), []);
});

test('a flag is stronger than the environment, that than the file, that than the default', () => {
  const file = { settings: { strategy: 'all-at-once', bake: '9m', alias: 'file' }, from: () => 'f:1' };
  const flags = { settings: { alias: 'flag' }, from: () => '--alias' };
  const found = layered([
    flags,
    environmentLayer({ SWITCHBACK_BAKE: '2m', SWITCHBACK_ALIAS: 'env', SWITCHBACK_STRATEGY: '' }),
    file,
    DEFAULT_LAYER,
  ]);
  const from = Object.fromEntries([...found].map(([name, sourced]) => [name, [sourced.value, sourced.from]]));
  assert.deepEqual(from.alias, ['flag', '--alias']);
  assert.deepEqual(from.bake, ['2m', 'SWITCHBACK_BAKE']);
  assert.deepEqual(from.strategy, ['all-at-once', 'f:1']);
  assert.deepEqual(from.hookTimeout, ['1h', 'default']);
});

test('steps in a stronger place silence a strategy in a weaker one', () => {
  const file = { settings: { steps: [{ weight: 5, hold: '1m' }] }, from: () => 'file' };
  assert.deepEqual(Object.keys(valuesOf(layered([file, DEFAULT_LAYER]))).includes('strategy'), false);
});

test('settings become a wish in which every text is read', () => {
  const wish = wantedFrom(
    {
      function: 'checkout',
      alias: 'live',
      steps: [
        { weight: 5, hold: '30s' },
        { weight: 20, hold: '5m', invocations: 300 },
      ],
      bake: '1m',
      alarms: ['red', 'red'],
      thresholds: ['errors >= 3 for 30s'],
      preTraffic: 'smoke',
      hookTimeout: '10m',
      signals: ['logs'],
      judge: false,
    },
    { kind: 'latest' },
  );
  assert.ok(wish.ok);
  assert.deepEqual(wish.value.steps, [
    { weightPercent: 5, holdMs: 30_000 },
    { weightPercent: 20, holdMs: 300_000, enoughInvocations: 300 },
    { weightPercent: 100, holdMs: 60_000 },
  ]);
  assert.deepEqual(wish.value.alarms, ['red']);
  assert.deepEqual(wish.value.gates, [hookGate('preTraffic', 'beforeTraffic', 'smoke', 600_000)]);
  assert.deepEqual(wish.value.signals, { logs: true, metrics: false });
  assert.equal(wish.value.judge, null);
});

test('a text that cannot be read is refused as usage, with the text in the sentence', () => {
  const base = { function: 'f', alias: 'a', strategy: 'all-at-once' };
  const cases: [object, RegExp][] = [
    [{ strategy: 'fast' }, /strategy "fast" is not known/],
    [{ bake: 'long' }, /bake "long" is not a time/],
    [{ hookTimeout: '2h' }, /hook timeout "2h" is not possible/],
    [{ signals: ['smoke'] }, /signal "smoke" is not known/],
    [{ judge: 2 }, /judge alpha 2 is not a chance/],
    [{ promoteEarly: 1 }, /promoteEarly 1 is no ratio: write a number above 1/],
    [{ promoteEarly: 3, judge: false }, /promoteEarly asks the judge, which is off/],
    [{ thresholds: ['x'] }, /threshold "x" is not understood/],
  ];
  for (const [change, expected] of cases) {
    const read = wantedFrom({ ...base, ...change }, { kind: 'latest' });
    assert.equal(read.ok, false);
    if (read.ok) continue;
    assert.equal(read.refusal.kind, 'usage');
    assert.match(read.refusal.message, expected);
  }
});

test('the schema that editors read is the one that the program reads', () => {
  const committed = readFileSync(new URL('../../switchback.schema.json', import.meta.url), 'utf8');
  assert.deepEqual(JSON.parse(committed), configSchema(), 'run: node tools/generate.ts');
});

test('traffic puts a router in the place of function and alias', () => {
  const route53 = '{zone: Z1, name: checkout.example.com, type: CNAME}';
  const two = 'functions: {blue: checkout-blue, green: checkout-green}';
  const [only] = functions(`strategy: canary 5% 5m\ntraffic:\n  route53: ${route53}\n  ${two}`);
  assert.deepEqual(only?.settings, {
    strategy: 'canary 5% 5m',
    function: 'route53:Z1:checkout.example.com',
    alias: 'CNAME',
    functions: { blue: 'checkout-blue', green: 'checkout-green' },
  });
  assert.deepEqual([only.lines.get('function'), only.lines.get('functions'), only.lines.get('strategy')], [2, 4, 1]);
  const cases: [string, RegExp][] = [
    [
      `traffic: {route53: ${route53}, ${two}}\nalias: live`,
      /:2:8: alias: traffic leads to two functions: leave alias out/,
    ],
    [`traffic: {route53: ${route53}, functions: {blue: a}}`, /traffic\.functions: two functions are needed/],
    [`traffic: {route53: ${route53}, functions: {blue: a, green: a}}`, /both name the same function/],
    [`traffic: {route53: ${route53}, functions: {'1': a, green: b}}`, /not digits alone/],
    [`traffic: {route53: {zone: Z1, nam: x}, ${two}}`, /route53\.nam: there is no such key — did you mean "name"/],
    [`traffic: {route53: {zone: Z1, name: X, type: CNAME}, ${two}}`, /route53\.name: write a name such as/],
    [`traffic: {${two}}`, /traffic: write either route53 or apiGateway/],
    [`traffic: {apiGateway: {api: a1, stage: prod, variable: f-n}, ${two}}`, /apiGateway\.variable: write letters/],
    [
      'traffic: {apiGateway: {api: a1, stage: prod, variable: fn}, functions: {blue: "a:live", green: b}}',
      /traffic\.functions: a stage variable holds .* "a:live" is not/,
    ],
    [`traffic: {route53: ${route53}, ${two}}\nfunctions: {a: {}}`, /:1:10: traffic: traffic names its own functions/],
  ];
  for (const [text, expected] of cases) assert.match(problems(text).join('\n') || 'no problem', expected, text);
});
