// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation writes its references so
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTemplate, templateProblemText } from '../../src/templates/read.ts';

/** What the serverless framework's canary plugin writes: CodeDeploy's resources beside the function's alias. */
const SERVERLESS = {
  Resources: {
    PayLambdaFunction: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'shop-prod-pay', Handler: 'a.b' } },
    PreLambdaFunction: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'shop-prod-pre', Handler: 'a.b' } },
    PayLambdaVersionAbc: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'PayLambdaFunction' } } },
    ShopDeploymentApplication: { Type: 'AWS::CodeDeploy::Application', Properties: { ComputePlatform: 'Lambda' } },
    PayLambdaFunctionDeploymentGroup: {
      Type: 'AWS::CodeDeploy::DeploymentGroup',
      Properties: {
        ApplicationName: { Ref: 'ShopDeploymentApplication' },
        AutoRollbackConfiguration: { Enabled: true, Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'] },
        DeploymentConfigName: {
          'Fn::Sub': ['CodeDeployDefault.Lambda${ConfigName}', { ConfigName: 'Linear10PercentEvery1Minute' }],
        },
        DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
        AlarmConfiguration: { Enabled: true, Alarms: [{ Name: { Ref: 'PayErrors' } }, { Name: 'global' }] },
      },
    },
    PayErrors: { Type: 'AWS::CloudWatch::Alarm', Properties: { AlarmName: 'pay-errors', EvaluationPeriods: 1 } },
    PayLambdaFunctionAliasLive: {
      Type: 'AWS::Lambda::Alias',
      Properties: {
        FunctionName: { Ref: 'PayLambdaFunction' },
        FunctionVersion: { 'Fn::GetAtt': ['PayLambdaVersionAbc', 'Version'] },
        Name: 'Live',
      },
      UpdatePolicy: {
        CodeDeployLambdaAliasUpdate: {
          ApplicationName: { Ref: 'ShopDeploymentApplication' },
          DeploymentGroupName: { Ref: 'PayLambdaFunctionDeploymentGroup' },
          BeforeAllowTrafficHook: { Ref: 'PreLambdaFunction' },
          AfterAllowTrafficHook: { 'Fn::GetAtt': ['PreLambdaFunction', 'Arn'] },
        },
      },
    },
  },
};

test('the serverless framework’s output is read, names included', () => {
  const { kind, problems, releases } = readTemplate(JSON.stringify(SERVERLESS, null, 2), 'stack.json');
  assert.deepEqual([kind, problems], ['cloudformation', []]);
  const [pay, ...others] = releases;
  assert.deepEqual(others, []);
  assert.equal(pay!.logicalId, 'PayLambdaFunction');
  assert.deepEqual(pay!.functionName, { text: 'shop-prod-pay', known: true, resource: 'PayLambdaFunction' });
  assert.deepEqual([pay!.alias?.text, pay!.enabled, pay!.strategy], ['Live', true, 'Linear10PercentEvery1Minute']);
  assert.deepEqual([pay!.preTraffic?.text, pay!.postTraffic?.text], ['shop-prod-pre', 'shop-prod-pre']);
  assert.deepEqual(
    pay!.alarms.map(({ text }) => text),
    ['pay-errors', 'global'],
  );
});

interface Fields {
  readonly config?: string;
  readonly name?: string;
  readonly group?: string;
  readonly update?: string;
  readonly more?: string;
}

const GROUP_STYLE = 'DeploymentStyle: {DeploymentOption: WITH_TRAFFIC_CONTROL}';

/** One alias, its deployment group and a configuration of its own. */
function stack({ config = '', name = '!Ref Own', group = '', update = '!Ref Group', more = '' }: Fields): string {
  return `Resources:
  Own:
    Type: AWS::CodeDeploy::DeploymentConfig
    Properties: {ComputePlatform: Lambda, DeploymentConfigName: ours, TrafficRoutingConfig: {${config}}}
  Group:
    Type: AWS::CodeDeploy::DeploymentGroup
    Properties: {DeploymentConfigName: ${name}, ${GROUP_STYLE}${group}}
  Live:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: pay, Name: live, FunctionVersion: "2"}
    UpdatePolicy: {CodeDeployLambdaAliasUpdate: {ApplicationName: a, DeploymentGroupName: ${update}}}
${more}`;
}

const canary = (percent: number, minutes: number): string =>
  `Type: TimeBasedCanary, TimeBasedCanary: {CanaryPercentage: ${percent}, CanaryInterval: ${minutes}}`;
const linear = (percent: number, minutes: number): string =>
  `Type: TimeBasedLinear, TimeBasedLinear: {LinearPercentage: ${percent}, LinearInterval: ${minutes}}`;
const ALARM = ', AlarmConfiguration: {Enabled: true, Alarms: [{Name: a}]}';

const STACKS: readonly [name: string, fields: Fields, strategy: string | null, problem?: RegExp][] = [
  ['a canary of its own', { config: canary(25, 7) }, 'canary 25% 7m'],
  ['a canary of its own, by name', { config: canary(25, 7), name: 'ours' }, 'canary 25% 7m'],
  ['a linear shift of its own', { config: linear(20, 2) }, 'linear 20% every 2m'],
  ['all at once of its own', { config: 'Type: AllAtOnce' }, 'AllAtOnce'],
  ['no configuration at all', { name: '!Ref AWS::NoValue' }, 'AllAtOnce'],
  ['a predefined configuration', { name: 'CodeDeployDefault.LambdaAllAtOnce' }, 'AllAtOnce'],
  ['a configuration of another stack', { name: 'theirs' }, null, /"theirs" is not in this template/],
  [
    'a configuration of CodeDeploy’s that is none',
    { name: 'CodeDeployDefault.OneAtATime' },
    null,
    /error: Live: CodeDeploy has no/,
  ],
  ['a canary of 100 %', { config: canary(100, 5) }, null, /CanaryPercentage 100 is not possible/],
  ['a canary that lasts three days', { config: canary(10, 4320) }, null, /the last shift comes after 4320 minutes/],
  ['a linear shift that lasts for ever', { config: linear(10, 500) }, null, /the last shift comes after 4500 minutes/],
  ['alarms that do not go back', { config: canary(25, 7), group: ALARM }, 'canary 25% 7m', /the alias stays split/],
  ['a group of another stack', { update: 'elsewhere' }, null, /its deployment group is not in this template/],
  [
    'a hook that is a topic',
    {
      config: canary(25, 7),
      update: '!Ref Group, BeforeAllowTrafficHook: !Ref T',
      more: '  T: {Type: AWS::SNS::Topic}\n',
    },
    'canary 25% 7m',
    /the hook !Ref T is an AWS::SNS::Topic/,
  ],
];

for (const [name, fields, strategy, problem] of STACKS) {
  test(`an alias with ${name} ${strategy === null ? 'has no strategy that is known here' : `is released ${strategy}`}`, () => {
    const { releases, problems } = readTemplate(stack(fields), 't.yaml');
    const texts = problems.map(templateProblemText).join('\n');
    if (problem) assert.match(texts, problem);
    else assert.equal(texts, '');
    const [live] = releases;
    assert.equal(live?.strategy, strategy);
    assert.deepEqual([live?.logicalId, live?.functionName.text, live?.enabled], ['Live', 'pay', true]);
  });
}

test('an alias that CodeDeploy does not move says why', () => {
  const text = 'Resources: {Live: {Type: AWS::Lambda::Alias, Properties: {FunctionName: pay, Name: live}}}';
  const [live] = readTemplate(text, 't.yaml').releases;
  assert.equal(live?.enabled, false);
  assert.match(live!.because, /no UpdatePolicy with CodeDeployLambdaAliasUpdate/);
});

const GLOBALS = `Parameters: {Careful: {Type: String}}
Conditions: {Home: !Equals [!Ref AWS::Region, eu-west-1], Never: !Equals [a, b]}
Globals:
  Function:
    AutoPublishAlias: live
    DeploymentPreference: {Type: AllAtOnce, Alarms: [shared], Hooks: {PreTraffic: pre}}
Resources:
  Plain: {Type: AWS::Serverless::Function, Condition: Never, Properties: {CodeUri: .}}
  Mixed:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      DeploymentPreference: {Type: Linear10PercentEvery2Minutes, Alarms: [own], Hooks: {PostTraffic: post}}
  Chosen:
    Type: AWS::Serverless::Function
    Condition: Home
    Properties: {CodeUri: ., DeploymentPreference: {Alarms: !If [Home, [here], []], Enabled: !Ref Careful}}
  Alone:
    Type: AWS::Serverless::Function
    IgnoreGlobals: [DeploymentPreference]
    Properties: {CodeUri: .}
`;

test('globals are merged as SAM merges them: lists joined, mappings merged, expressions replaced', () => {
  const { releases, problems } = readTemplate(GLOBALS, 't.yaml');
  assert.deepEqual(problems, []);
  const texts = releases.map(({ logicalId, enabled, strategy, preTraffic, postTraffic, alarms, condition }) => [
    logicalId,
    enabled,
    strategy,
    preTraffic?.text ?? '',
    postTraffic?.text ?? '',
    alarms.map(({ text }) => text).join(),
    condition?.holds,
  ]);
  assert.deepEqual(texts, [
    ['Plain', true, 'AllAtOnce', 'pre', '', 'shared', false],
    ['Mixed', true, 'Linear10PercentEvery2Minutes', 'pre', 'post', 'shared,own', undefined],
    ['Chosen', null, 'AllAtOnce', 'pre', '', '!If [Home, {Enabled: true, Alarms: [{Name: here}]}, {}]', null],
    ['Alone', false, null, '', '', '', undefined],
  ]);
  const told = readTemplate(GLOBALS, 't.yaml', { parameters: { Careful: 'false', 'AWS::Region': 'eu-west-1' } });
  const chosen = told.releases.find(({ logicalId }) => logicalId === 'Chosen');
  assert.deepEqual([chosen?.enabled, chosen?.condition?.holds], [false, true]);
  assert.match(chosen!.because, /Enabled is false \(!Ref Careful\)/);
});

test('a name that CloudFormation looks up while it deploys is not known', () => {
  const text = `Resources: {Live: {Type: AWS::Lambda::Alias, Properties: {FunctionName: "{{resolve:ssm:/name}}", Name: live}}}`;
  assert.deepEqual(readTemplate(text, 't.yaml').releases[0]?.functionName, {
    text: '{{resolve:ssm:/name}}',
    known: false,
  });
});

test('a list that begins with NoValue has no alarms at all, as in SAM', () => {
  const alarms = (text: string) => {
    const template = GLOBALS.replace('Alarms: [own]', `Alarms: ${text}`).replace('Alarms: [shared], ', '');
    return readTemplate(template, 't.yaml').releases[1]?.alarms.map((alarm) => alarm.text);
  };
  assert.deepEqual(alarms('[!Ref AWS::NoValue, a]'), []);
  assert.deepEqual(alarms('[a, !Ref AWS::NoValue]'), ['a']);
  assert.deepEqual(alarms('!Ref AWS::NoValue'), []);
  assert.deepEqual(alarms('[]'), []);
});

test('functions that a loop makes are not guessed: the loop is named', () => {
  const loop = `Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::All:
    - Name
    - [A, B]
    - "\${Name}": {Type: AWS::Serverless::Function, Properties: {CodeUri: .}}
`;
  assert.match(
    readTemplate(loop, 't.yaml').problems.map(templateProblemText).join(),
    /:3:3: warning: Fn::ForEach::All: the functions/,
  );
});

const APPSPEC = `version: 0.0
Resources:
  - pay:
      Type: AWS::Lambda::Function
      Properties: {Name: pay, Alias: live, CurrentVersion: "1", TargetVersion: "2"}
Hooks:
  - BeforeAllowTraffic: pre
  - AfterAllowTraffic: post
`;

test('an AppSpec file is read: function, alias, versions and hooks', () => {
  const { kind, releases, problems } = readTemplate(APPSPEC, 'appspec.yml');
  assert.deepEqual([kind, problems], ['appspec', []]);
  const [pay] = releases;
  assert.ok(pay && 'targetVersion' in pay);
  assert.deepEqual(
    [
      pay.functionName.text,
      pay.alias?.text,
      pay.currentVersion,
      pay.targetVersion,
      pay.preTraffic?.text,
      pay.postTraffic?.text,
    ],
    ['pay', 'live', '1', '2', 'pre', 'post'],
  );
});

const APPSPEC_SLIPS: readonly [change: readonly [string, string], expected: RegExp][] = [
  [['0.0', '1.0'], /:1:1: error: version is 1\.0: CodeDeploy takes 0\.0 only/],
  [['AWS::Lambda::Function', 'AWS::ECS::Service'], /:3:5: error: pay: its Type is AWS::ECS::Service/],
  [['Alias: live, ', ''], /pay: Alias is missing/],
  [['TargetVersion: "2"', 'TargetVersion: "1"'], /both 1: there is nothing to release/],
  [['BeforeAllowTraffic', 'BeforeInstall'], /:7:5: error: there is no hook "BeforeInstall"/],
];

for (const [[from, to], expected] of APPSPEC_SLIPS) {
  test(`an AppSpec file with ${to || `no ${from}`} is told of`, () => {
    const { problems } = readTemplate(APPSPEC.replace(from, to), 'appspec.yml');
    assert.match(problems.map(templateProblemText).join('\n'), expected);
  });
}
