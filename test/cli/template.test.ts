import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { redAlarm, World } from './fakes.ts';

const TEMPLATE = `Parameters: {Plan: {Type: String, Default: AllAtOnce}}
Resources:
  Pay:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://code/pay.zip
      Timeout: 3
      AutoPublishAlias: live
      DeploymentPreference:
        Type: !Ref Plan
        Hooks: {PreTraffic: !Ref Check}
  Check:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: s3://code/check.zip, DeploymentPreference: {Enabled: false}}
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties: {AutoPublishAlias: live, DeploymentPreference: {Type: LINEAR, Percentage: 10, Interval: 5}}
`;

/** A function whose names are all written down, so that it can be released from the template alone. */
const SHOP = `Parameters: {Careful: {Type: String}}
Resources:
  Checkout:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      FunctionName: checkout
      AutoPublishAlias: live
      DeploymentPreference:
        Type: Canary10Percent10Minutes
        Alarms: [checkout-errors]
        Hooks: {PostTraffic: checkout-post}
  Named:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ., AutoPublishAlias: live, DeploymentPreference: {Type: AllAtOnce}}
  Elsewhere:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ., FunctionName: c, AutoPublishAlias: live, DeploymentPreference: {Type: Ours}}
  Open:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ., FunctionName: c, AutoPublishAlias: live, DeploymentPreference: {Type: !Ref Careful}}
  Guarded:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      FunctionName: checkout
      AutoPublishAlias: live
      DeploymentPreference: {Type: AllAtOnce, Alarms: [!ImportValue SharedAlarm]}
  Untold:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      FunctionName: checkout
      AutoPublishAlias: live
      DeploymentPreference: {Type: AllAtOnce, Enabled: !Ref Careful}
`;

let folder = '';
const path = (name: string): string => join(folder, name);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchback-template-'));
  await writeFile(path('t.yaml'), TEMPLATE);
  await writeFile(path('slower.yaml'), TEMPLATE.replace('Timeout: 3', 'Timeout: 30'));
  await writeFile(path('shop.yaml'), SHOP);
  await writeFile(path('wrong.yaml'), TEMPLATE.replace('      AutoPublishAlias: live\n', ''));
});

after(() => rm(folder, { recursive: true }));

test('plan of a template shows what is released and how, and asks AWS nothing', async () => {
  const { exit, out, err } = await new World().run(
    'plan',
    path('t.yaml'),
    '--parameter',
    'Plan=Canary10Percent5Minutes',
  );
  assert.deepEqual([exit, err], [0, '']);
  assert.match(out, /^Pay {2}!Ref Pay:live {2}.*t\.yaml:3$/m);
  assert.match(out, /strategy {2}Canary10Percent5Minutes: 10 % for 5 min, 100 %/);
  assert.match(out, /hooks {5}before: !Ref Check/);
  assert.match(out, /version {3}PayVersion[0-9a-f]{10}/);
  assert.match(out, /Check: DeploymentPreference\.Enabled is false/);
  assert.match(out, /State machine Flow: LINEAR 10 % every 5 min, shifted by Step Functions itself/);
});

test('plan of a template is one object for scripts, and of one function where it is named', async () => {
  const { exit, out } = await new World().run('plan', path('t.yaml'), 'Pay', '--json');
  const { kind, releases, problems } = JSON.parse(out);
  assert.deepEqual([exit, kind, problems, releases.length], [0, 'sam', [], 1]);
  const [{ logicalId, strategy, preTraffic, enabled }] = releases;
  assert.deepEqual([logicalId, strategy, preTraffic.resource, enabled], ['Pay', 'AllAtOnce', 'Check', true]);
});

test('plan says which change publishes no version', async () => {
  const { exit, out } = await new World().run('plan', path('slower.yaml'), '--before', path('t.yaml'));
  assert.equal(exit, 0);
  assert.match(out, /change {4}Timeout changes, and no version is published for it: .* would never be canaried/);
});

test('mistakes of a template are told with their place, and end with exit 2', async () => {
  const { exit, err } = await new World().run('plan', path('wrong.yaml'));
  assert.equal(exit, 2);
  assert.match(err, /wrong\.yaml:8:7: error: Pay: 'DeploymentPreference' requires AutoPublishAlias property/);
  const cases: [string[], RegExp][] = [
    [['plan', path('none.yaml')], /"[^"]*none\.yaml" does not exist/],
    [['plan', folder], /does not exist/],
    [['plan', path('t.yaml'), 'Nope'], /has no function "Nope" that could be released: it has Pay, Check/],
    [['plan', path('t.yaml'), '--parameter', 'Plan'], /--parameter "Plan" has no value/],
    [['plan', path('t.yaml'), '--parameter', 'Plam=x'], /has no parameter "Plam" — did you mean "Plan"\?/],
    [['plan', '--parameter', 'Plan=x'], /--parameter belongs to a template/],
  ];
  for (const [argv, expected] of cases) {
    const answer = await new World().run(...argv);
    assert.equal(answer.exit, 2, argv.join(' '));
    assert.match(answer.err, expected);
  }
});

test('deploy of a template releases a function as it is written there; a flag is stronger', async () => {
  const world = new World();
  world.alarms = [redAlarm('checkout-errors')].map((alarm) => ({ ...alarm, state: 'OK' as const }));
  const argv = ['deploy', path('shop.yaml'), 'Checkout', '--version', '42', '--dry-run'];
  const { exit, out, err } = await world.run(...argv);
  assert.equal(exit, 0, err);
  assert.match(out, /Release of checkout:live/);
  assert.match(out, /strategy +Canary10Percent10Minutes/);
  assert.match(out, /checkout-errors/);
  assert.match(out, /postTraffic.*checkout-post/);
  const slower = await world.run(...argv, '--strategy', 'canary 5% 30m');
  assert.match(slower.out, /strategy +canary 5% 30m/);
  assert.match(slower.out, /checkout-errors/);
});

test('deploy of a template never guesses what only AWS knows, and drops no guard', async () => {
  const cases: [string[], RegExp][] = [
    [[], /only AWS knows what !Ref Named is called.*\n {2}next: add --stack NAME if it is deployed, or give it a name/],
    [
      ['Named'],
      /only AWS knows what !Ref Named is called.*\n {2}next: add --stack NAME if it is deployed, or --function NAME/,
    ],
    [['Elsewhere'], /only CodeDeploy knows its configuration Ours\n {2}next: add --strategy/],
    [['Open'], /steps of its release are not known: !Ref Careful has no value here \(--parameter/],
    [
      ['Guarded'],
      /only AWS knows what !ImportValue SharedAlarm is called\n {2}next: add --stack NAME if it is deployed, or --alarm NAME/,
    ],
    [['Untold'], /Untold may not be released step by step: .*!Ref Careful, which is not known here/],
    [['Untold', '--parameter', 'Careful=false'], /Untold is not released step by step: .*Enabled is false/],
    [['Nope'], /has no function "Nope"/],
  ];
  for (const [argv, expected] of cases) {
    const { exit, err } = await new World().run('deploy', path('shop.yaml'), ...argv);
    assert.equal(exit, 2, argv.join(' '));
    assert.match(err, expected);
  }
  const wrong = await new World().run('deploy', path('wrong.yaml'));
  assert.equal(wrong.exit, 2);
  assert.match(wrong.err, /requires AutoPublishAlias.*\n {2}next: correct .*wrong\.yaml/s);
});

/** Names and values that only the deployed stack knows, and code that lies beside the template. */
const STACKED = `Parameters:
  Plan: {Type: String, Default: AllAtOnce}
  Size: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /shop/size}
Resources:
  Pay:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: pay/
      AutoPublishAlias: live
      DeploymentPreference: {Type: !Ref Plan, Alarms: [!Ref Errors], Hooks: {PreTraffic: !Ref Check}}
  Built:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: esbuild}
    Properties: {CodeUri: pay/, FunctionName: checkout, AutoPublishAlias: live, DeploymentPreference: {Type: AllAtOnce}}
  Gone:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: none/, FunctionName: checkout, AutoPublishAlias: live, DeploymentPreference: {Type: AllAtOnce}}
  Errors: {Type: AWS::CloudWatch::Alarm, Properties: {}}
  Check:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: s3://code/check.zip, DeploymentPreference: {Enabled: false}}
`;

function stacked(): World {
  const world = new World();
  world.stacks.shop = {
    resources: new Map([
      ['Pay', 'checkout'],
      ['Errors', 'checkout-errors'],
      ['Check', 'shop-Check-1ABC'],
    ]),
    parameters: { Plan: 'Canary10Percent5Minutes', Size: '512', LeftOver: 'of an older template' },
  };
  world.alarms = [{ ...redAlarm('checkout-errors'), state: 'OK' }];
  return world;
}

test('a stack gives the names and the parameters that only AWS knows, and the template names the code', async () => {
  await writeFile(path('stacked.yaml'), STACKED);
  await mkdir(path('pay'));
  await writeFile(path('pay/index.mjs'), 'export const handler = async () => 1;');
  const world = stacked();
  const planned = await world.run('plan', path('stacked.yaml'), 'Pay', '--stack', 'shop');
  assert.equal(planned.exit, 0, planned.err);
  assert.match(planned.out, /^Pay {2}checkout:live/m);
  assert.match(planned.out, /strategy {2}Canary10Percent5Minutes/);
  assert.match(planned.out, /hooks {5}before: shop-Check-1ABC/);
  assert.match(planned.out, /alarms {4}checkout-errors/);
  assert.match(planned.out, /code {6}pay\/, packed by deploy/);
  const given = await world.run(
    'plan',
    path('stacked.yaml'),
    'Pay',
    '--stack',
    'shop',
    '--parameter',
    'Plan=AllAtOnce',
  );
  assert.match(given.out, /strategy {2}AllAtOnce/);
  const deployed = await world.run('deploy', path('stacked.yaml'), 'Pay', '--stack', 'shop', '--dry-run');
  assert.equal(deployed.exit, 0, deployed.err);
  assert.match(deployed.out, /to +version \(new\)/);
  assert.match(deployed.out, /preTraffic.*shop-Check-1ABC/);
});

test('code that has to be built first, or is not there, is never replaced by something else in silence', async () => {
  await writeFile(path('stacked.yaml'), STACKED);
  const cases: [string[], RegExp][] = [
    [['Built'], /pay\/ holds sources.*\(esbuild\).*\n {2}next: sam build, then switchback deploy \.aws-sam\/build/],
    [['Gone'], /its code none\/ does not exist.*\n {2}next: name the code with --code or --zip.*--latest/],
    [['Pay', '--stack', 'nope'], /stack "nope" does not exist.*\n {2}next: aws cloudformation list-stacks/],
  ];
  for (const [argv, expected] of cases) {
    const { exit, err } = await stacked().run('deploy', path('stacked.yaml'), ...argv);
    assert.equal(exit, 2, argv.join(' '));
    assert.match(err, expected);
  }
  const off = await stacked().run(
    'deploy',
    path('t.yaml'),
    'Check',
    '--strategy',
    'all-at-once',
    '--function',
    'checkout',
  );
  assert.match(off.err, /Check: DeploymentPreference\.Enabled is false; its alarms and hooks are those of the flags/);
  assert.match(off.err, /no alias is named/);
  const latest = await stacked().run('deploy', path('stacked.yaml'), 'Built', '--latest', '--dry-run');
  assert.equal(latest.exit, 0, latest.err);
});

const fleet = (search: string) => `Resources:
  Checkout:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://code/a.zip
      FunctionName: checkout
      AutoPublishAlias: live
      DeploymentPreference: {Type: Canary10Percent5Minutes, Alarms: [checkout-errors]}
  Search:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: s3://code/b.zip, FunctionName: search, AutoPublishAlias: live, DeploymentPreference: {Type: ${search}}}
`;

test('several functions of a template go together, each with its own guards', async () => {
  await writeFile(path('fleet.yaml'), fleet('Canary10Percent5Minutes'));
  const world = new World();
  world.alarms = [{ ...redAlarm('checkout-errors'), state: 'OK' }];
  const { exit, out, err } = await world.run('deploy', path('fleet.yaml'), '--dry-run');
  assert.equal(exit, 0, err);
  assert.match(out, /checkout:live/);
  assert.match(out, /search:live/);
  assert.match(out, /Canary10Percent5Minutes/);
  assert.match(out, /nothing was changed/);
});

test('functions with different strategies do not go together, and flags of one function are refused for several', async () => {
  await writeFile(path('mixed.yaml'), fleet('AllAtOnce'));
  const mixed = await new World().run('deploy', path('mixed.yaml'), '--dry-run');
  assert.equal(mixed.exit, 2);
  assert.match(
    mixed.err,
    /Checkout Canary10Percent5Minutes, Search AllAtOnce: functions that go together need one strategy/,
  );
  const zip = await new World().run('deploy', path('mixed.yaml'), '--version', '42');
  assert.equal(zip.exit, 2);
  assert.match(zip.err, /--version is about one function, and .* releases Checkout, Search/);
});
