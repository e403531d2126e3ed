import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alone } from '../../../src/core/release/alias.ts';
import type { Facts, VersionFacts } from '../../../src/core/release/facts.ts';
import type { AlarmReading } from '../../../src/core/release/observation.ts';
import { makePlan, type PlanRequest } from '../../../src/core/release/planning.ts';
import type { Release } from '../../../src/core/release/release.ts';
import { KEY, Story, snapshot } from './builders.ts';

function version(name: string, changes: Partial<VersionFacts> = {}): VersionFacts {
  return {
    version: name,
    codeSha256: `sha-${name}`,
    configHash: 'c',
    runtime: 'nodejs24.x',
    state: 'Active',
    timeoutMs: 3_000,
    memoryMb: 128,
    role: 'arn:aws:iam::123456789012:role/shop',
    logGroup: '/aws/lambda/checkout',
    logFormat: 'JSON',
    description: '',
    ...changes,
  };
}

function facts(changes: Partial<Facts> = {}): Facts {
  return {
    alias: snapshot(alone('41')),
    stable: version('41'),
    candidate: version('42'),
    alarms: [],
    muted: [],
    bypasses: [],
    concurrency: {},
    ...changes,
  };
}

function request(changes: Partial<PlanRequest> = {}): PlanRequest {
  return {
    key: KEY,
    strategy: 'canary 10% 30s',
    steps: [
      { weightPercent: 10, holdMs: 30_000 },
      { weightPercent: 100, holdMs: 30_000 },
    ],
    gates: [],
    alarms: [],
    allowedAlarms: {},
    thresholds: [],
    judge: { alpha: 0.01 },
    signals: { logs: true, metrics: true },
    deploymentId: 'd-ABCDEFGHI',
    secret: 's',
    ...changes,
  };
}

function alarm(name: string, changes: Partial<AlarmReading> = {}): AlarmReading {
  return { name, state: 'OK', reason: 'Threshold Crossed', sinceMs: 0, actionsEnabled: true, ...changes };
}

const RED = [alarm('a', { state: 'ALARM' })];
const open: Release = new Story().start().release;

const REFUSED: readonly (readonly [
  name: string,
  PlanRequest,
  Facts,
  Release | null,
  kind: string,
  message: RegExp,
  next: RegExp,
])[] = [
  ['a release is running', request(), facts(), open, 'refused', /release r-1 .* is still running/, /switchback watch/],
  [
    'the alias was left split',
    request(),
    facts({ alias: snapshot({ version: '41', second: { version: '40', weightPercent: 30 } }) }),
    null,
    'refused',
    /left split by somebody else: version 41 70 % and version 40 30 %/,
    /switchback repair .* {3}\(all traffic to version 41; --to 40 for the other\)/,
  ],
  [
    'the alias is $LATEST',
    request(),
    facts({ alias: snapshot(alone('$LATEST')) }),
    null,
    'refused',
    /points to \$LATEST/,
    /publish-version/,
  ],
  [
    'the description leaves no room for the tag',
    request(),
    facts({ alias: snapshot(alone('41'), 'x'.repeat(250)) }),
    null,
    'refused',
    /has 250 characters/,
    /update-alias/,
  ],
  [
    'the candidate is not active',
    request(),
    facts({ candidate: version('42', { state: 'Failed', stateReason: 'no role' }) }),
    null,
    'refused',
    /version 42 .* is Failed \(no role\)/,
    /get-function/,
  ],
  [
    'the roles differ',
    request(),
    facts({ candidate: version('42', { role: 'other' }) }),
    null,
    'refused',
    /different execution roles/,
    /all-at-once/,
  ],
  [
    'an alarm does not exist',
    request({ alarms: ['a'] }),
    facts(),
    null,
    'usage',
    /alarm "a" does not exist/,
    /describe-alarms/,
  ],
  [
    'an alarm is red',
    request({ alarms: ['a'] }),
    facts({ alarms: RED }),
    null,
    'refused',
    /"a" is red before the release/,
    /--allow-alarm a --reason/,
  ],
  [
    'an alarm is allowed that is not watched',
    request({ allowedAlarms: { b: 'x' } }),
    facts(),
    null,
    'usage',
    /does not watch/,
    /--alarm b/,
  ],
  [
    'there are too many alarms',
    request({ alarms: Array.from({ length: 11 }, (_, n) => `a${n}`) }),
    facts(),
    null,
    'usage',
    /11 alarms: at most 10/,
    /^$/,
  ],
];

test('what cannot be released is refused with the reason and the next command', async (t) => {
  for (const [name, wish, world, release, kind, message, next] of REFUSED) {
    await t.test(name, () => {
      const result = makePlan(wish, world, release);
      assert.ok(!result.ok);
      assert.equal(result.refusal.kind, kind);
      assert.match(result.refusal.message, message);
      assert.match(result.refusal.next ?? '', next);
    });
  }
});

function planned(wish: PlanRequest, world: Facts) {
  const result = makePlan(wish, world, null);
  assert.ok(result.ok, result.ok ? '' : result.refusal.message);
  return result.value;
}

test('a red alarm that is allowed is named, with its reason', () => {
  const plan = planned(request({ alarms: ['a'], allowedAlarms: { a: 'this is the fix' } }), facts({ alarms: RED }));
  assert.deepEqual(plan.alarms, [{ name: 'a', allowed: 'this is the fix' }]);
  assert.match(plan.warnings.join(), /alarm a is red already and is allowed: this is the fix/);
});

test('roles may differ where no traffic is split', () => {
  const steps = [{ weightPercent: 100, holdMs: 0 }];
  assert.ok(makePlan(request({ steps }), facts({ candidate: version('42', { role: 'other' }) }), null).ok);
});

test('what the plan cannot see is said', () => {
  const blind = (wish: Partial<PlanRequest>, world: Partial<Facts>) =>
    planned(request(wish), facts(world)).blindSpots.join('\n');
  assert.match(
    blind({ alarms: ['a'] }, { alarms: [alarm('a', { state: 'INSUFFICIENT_DATA' })] }),
    /a has INSUFFICIENT_DATA/,
  );
  assert.match(blind({ alarms: ['a'] }, { alarms: [alarm('a', { actionsEnabled: false })] }), /actions disabled/);
  assert.match(blind({ alarms: ['a'] }, { alarms: [alarm('a')], muted: ['a'] }), /muted by a mute rule/);
  assert.match(blind({}, { candidate: version('42', { logFormat: 'Text' }) }), /logs plain text/);
  assert.match(blind({ signals: { logs: false, metrics: true } }, {}), /one to two minutes late/);
  assert.match(blind({ judge: null }, {}), /nothing guards this release/);
  assert.match(blind({ steps: [{ weightPercent: 100, holdMs: 0 }] }, {}), /no canary to learn from/);
  assert.equal(blind({}, {}), '');
});

test('what goes through but deserves a look is a warning', () => {
  const warned = (world: Partial<Facts>) => planned(request(), facts(world)).warnings.join('\n');
  assert.match(
    warned({ bypasses: [{ kind: 'event source', name: 'arn:q', qualifier: '$LATEST' }] }),
    /event source arn:q uses \$LATEST instead of alias live/,
  );
  assert.match(
    warned({ concurrency: { provisioned: { requested: 5, status: 'READY' } } }),
    /takes minutes, not milliseconds/,
  );
  assert.match(warned({ candidate: version('42', { timeoutMs: 30_000 }) }), /time limit changes from 3 s to 30 s/);
  assert.equal(warned({}), '');
});

test('the user’s own description is kept, whatever tag an earlier release left behind', () => {
  const plan = planned(request(), facts({ alias: snapshot(alone('41'), 'the shop [switchback r-0#4]') }));
  assert.equal(plan.description, 'the shop');
});

test('an alias that Lambda itself is still moving is not called split by somebody', () => {
  const alias = snapshot({ version: '41', second: { version: '40', weightPercent: 100 } });
  const moving = { provisioned: { requested: 5, status: 'IN_PROGRESS' } };
  const refused = makePlan(request(), facts({ alias, concurrency: moving }), null);
  assert.match(
    refused.ok ? '' : refused.refusal.message,
    /still being moved by Lambda itself.*until version 41 is warm/,
  );
  const ready = { provisioned: { requested: 5, status: 'READY' } };
  const split = makePlan(request(), facts({ alias, concurrency: ready }), null);
  assert.match(split.ok ? '' : split.refusal.message, /left split by somebody else/);
});
