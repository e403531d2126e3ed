import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { World } from './fakes.ts';

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

let folder = '';
const path = (name: string): string => join(folder, name);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchback-template-'));
  await writeFile(path('t.yaml'), TEMPLATE);
  await writeFile(path('slower.yaml'), TEMPLATE.replace('Timeout: 3', 'Timeout: 30'));
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
