import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTemplate, templateProblemText } from '../../src/templates/read.ts';

/** A function `Pay` whose properties are given; everything below them is the test's. */
function template(properties: string, more = ''): string {
  const indented = properties.trim().replace(/^/gm, '      ');
  return `Resources:
  Pay:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://code/pay.zip
${indented}
${more}`;
}

const GRADUAL = `
AutoPublishAlias: live
DeploymentPreference:
  Type: Canary10Percent10Minutes`;

const problemsOf = (text: string): string[] => readTemplate(text, 't.yaml').problems.map(templateProblemText);

/** The sentence that each slip of the pen gets; an empty list says that there is none. */
const SLIPS: readonly [name: string, properties: string, expected: readonly RegExp[]][] = [
  ['nothing is wrong', GRADUAL, []],
  [
    'alarms one level too high',
    `${GRADUAL}\nAlarms: [a]`,
    [/^t\.yaml:9:7: error: Pay: Alarms stands one level too high.*under DeploymentPreference$/],
  ],
  [
    'hooks one level too high',
    `${GRADUAL}\nHooks: {PreTraffic: h}`,
    [/:9:7: error: Pay: Hooks stands one level too high/],
  ],
  [
    'a hook outside Hooks',
    `${GRADUAL}\n  PreTraffic: h`,
    [/:9:9: warning: Pay: PreTraffic stands in DeploymentPreference itself.*move it under Hooks/],
  ],
  ['alarms below Hooks', `${GRADUAL}\n  Hooks:\n    Alarms: [a]`, [/:10:11: warning: Pay: Alarms stands under Hooks/]],
  ['a key that SAM ignores', `${GRADUAL}\n  Alarm: [a]`, [/has no key "Alarm".*did you mean "Alarms"\?/]],
  ['CodeDeploy’s own hook name', `${GRADUAL}\n  Hooks: {BeforeAllowTraffic: h}`, [/did you mean "PreTraffic"\?/]],
  [
    'a type that is nearly one of SAM’s',
    GRADUAL.replace('Canary10Percent10Minutes', 'Canary10Percent10Minute'),
    [
      /^t\.yaml:8:15: warning: Pay: the Type "Canary10Percent10Minute" is none of the predefined.*"Canary10Percent10Minutes"/,
    ],
  ],
  [
    'a predefined configuration that does not exist',
    GRADUAL.replace('Canary10Percent10Minutes', 'CodeDeployDefault.LambdaCanary20Percent5Minutes'),
    [/^t\.yaml:8:15: error: Pay: CodeDeploy has no configuration "CodeDeployDefault.LambdaCanary20Percent5Minutes"/],
  ],
  [
    'a configuration of its own',
    GRADUAL.replace('Canary10Percent10Minutes', 'OurCarefulRelease'),
    [/:8:15: warning: Pay: the configuration "OurCarefulRelease" is not in this template/],
  ],
  [
    'a predefined configuration by its full name',
    GRADUAL.replace('Canary10Percent10Minutes', 'CodeDeployDefault.LambdaLinear10PercentEvery1Minute'),
    [],
  ],
  [
    'no alias',
    'DeploymentPreference: {Type: AllAtOnce}',
    [/:6:7: error: Pay: 'DeploymentPreference' requires AutoPublishAlias/],
  ],
  [
    'provisioned concurrency and no alias',
    'ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 1}',
    [/:6:7: error: Pay: To set ProvisionedConcurrencyConfig AutoPublishALias must be defined/],
  ],
  ['no type', 'AutoPublishAlias: live\nDeploymentPreference: {Role: r}', [/is missing required Property 'Type'/]],
  ['a preference that is no mapping', 'AutoPublishAlias: live\nDeploymentPreference: Canary', [/Type of property/]],
  [
    'an alias of digits',
    GRADUAL.replace('live', '"42"'),
    [/AutoPublishAlias name \('42'\) must contain only/, /./].slice(0, 1),
  ],
  [
    'an alias that SAM does not resolve',
    GRADUAL.replace('live', '!Sub "x-y"'),
    [/must be a string or a Ref to a template/],
  ],
  ['a text that looks false', `${GRADUAL}\n  Enabled: "no"`, [/Enabled is "no": SAM takes it for true/]],
  [
    'a condition that SAM does not look into',
    `${GRADUAL}\n  Enabled: !If [C, true, false]`,
    [/counts as true whatever/],
  ],
  [
    'a passthrough that is no truth',
    `${GRADUAL}\n  PassthroughCondition: maybe`,
    [/Invalid value for property Passthrough/],
  ],
  [
    'a passthrough that SAM cannot resolve',
    `${GRADUAL}\n  PassthroughCondition: !If [C, a, b]`,
    [/Unsupported intrinsic/],
  ],
  ['alarms that are no list', `${GRADUAL}\n  Alarms: a`, [/:9:9: error: Pay: Alarms must be a list/]],
  ['an If of two', `${GRADUAL}\n  Alarms: !If [C, [a]]`, [/Fn::If requires 3 arguments/]],
  [
    'eleven alarms',
    `${GRADUAL}\n  Alarms: [a, b, c, d, e, f, g, h, i, j, k]`,
    [/11 alarms: CodeDeploy takes at most 10/],
  ],
  [
    'NoValue among alarms',
    `${GRADUAL}\n  Alarms: [a, !Ref AWS::NoValue]`,
    [/:9:26: warning: Pay: AWS::NoValue behind/],
  ],
  ['an alarm that is nowhere', `${GRADUAL}\n  Alarms: [!Ref Nope]`, [/the alarm !Ref Nope is nowhere in the template/]],
  ['a hook that is nowhere', `${GRADUAL}\n  Hooks: {PreTraffic: !Ref Nope}`, [/the hook !Ref Nope is nowhere/]],
  ['an alarm that is a function', `${GRADUAL}\n  Alarms: [!Ref Pay]`, [/is an AWS::Lambda::Function, not an alarm/]],
  [
    'a key twice',
    `${GRADUAL}\nAutoPublishAlias: live`,
    [/:9:7: error: the key "AutoPublishAlias" stands here already/],
  ],
  ['a tag that does not exist', `${GRADUAL}\n  Role: !Reff X`, [/!Reff is no intrinsic function/]],
];

for (const [name, properties, expected] of SLIPS) {
  test(`a preference with ${name} gets ${expected.length === 0 ? 'no problem' : 'its sentence'}`, () => {
    const found = problemsOf(template(properties));
    assert.equal(found.length, expected.length, found.join('\n'));
    for (const [index, pattern] of expected.entries()) assert.match(found[index]!, pattern);
  });
}

const DIMENSIONS = `[{Name: FunctionName, Value: !Ref Pay}, {Name: Resource, Value: !Sub "\${Pay}:live"}]`;
const GOOD = { Namespace: 'AWS/Lambda', MetricName: 'Errors', Statistic: 'Sum', Period: '60', Threshold: '1' };
const MORE = { EvaluationPeriods: '1', ComparisonOperator: 'GreaterThanOrEqualToThreshold', Dimensions: DIMENSIONS };

/** What an alarm is changed to, and the sentence it gets. */
const ALARMS: readonly [name: string, change: Readonly<Record<string, string>>, expected?: RegExp][] = [
  ['that watches the alias', {}],
  ['that watches the function', { Dimensions: '[{Name: FunctionName, Value: !Ref Pay}]' }],
  ['joined by hand', { Dimensions: DIMENSIONS.replace(`!Sub "\${Pay}:live"`, '!Join [":", [!Ref Pay, live]]') }],
  [
    'on the new version',
    { Dimensions: DIMENSIONS.replace(']', ', {Name: ExecutedVersion, Value: !GetAtt Pay.Version.Version}]') },
  ],
  [
    'on one version',
    { Dimensions: DIMENSIONS.replace(']', ', {Name: ExecutedVersion, Value: "7"}]') },
    /watches version 7 for ever/,
  ],
  ['on another function', { Dimensions: DIMENSIONS.replaceAll('Pay', 'Other') }, /watches Other, and Pay is released/],
  [
    'on another alias',
    { Dimensions: DIMENSIONS.replace(':live', ':prod') },
    /the alias "prod", and Pay is released through "live"/,
  ],
  ['on a name written by hand', { Dimensions: '[{Name: FunctionName, Value: pay}]' }, /made by CloudFormation/],
  ['on every function', { Dimensions: '[]' }, /every function of the account/],
  [
    'on half the dimensions',
    { Dimensions: `[{Name: Resource, Value: !Sub "\${Pay}:live"}]` },
    /no metric with the dimensions Resource/,
  ],
  ['on a metric that does not exist', { MetricName: 'Error' }, /no metric "Error".*did you mean "Errors"/],
  ['on another service', { Namespace: 'AWS/ApiGateway', MetricName: '5XXError', Dimensions: '[]' }],
  [
    'that is slow',
    { Period: '300', EvaluationPeriods: '3' },
    /too slow for Pay: it needs 15 min of data.*after 10 min/,
  ],
  ['that needs two of three', { Period: '300', EvaluationPeriods: '3', DatapointsToAlarm: '2' }],
  [
    'on the average of a count',
    { Statistic: 'Average', ComparisonOperator: 'GreaterThanThreshold' },
    /the Average of Errors is at most 1/,
  ],
  ['on less than nothing', { ComparisonOperator: 'LessThanThreshold', Threshold: '0' }, /Errors is never below 0/],
  ['that fears silence', { TreatMissingData: 'breaching' }, /red while nobody calls the function/],
  ['that ignores silence', { TreatMissingData: 'notBreaching' }],
  ['with a word of its own', { TreatMissingData: 'notbreaching' }, /did you mean "notBreaching"\?/],
];

for (const [name, change, expected] of ALARMS) {
  test(`an alarm ${name} ${expected ? 'is told of' : 'is left alone'}`, () => {
    const alarm = Object.entries({ ...GOOD, ...MORE, ...change }).map(([key, value]) => `      ${key}: ${value}`);
    const resources = `  Other:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: s3://code/other.zip}
  Bad:
    Type: AWS::CloudWatch::Alarm
    Properties:
${alarm.join('\n')}
`;
    const found = problemsOf(template(`${GRADUAL}\n  Alarms: [!Ref Bad]`, resources));
    if (expected === undefined) return assert.deepEqual(found, []);
    assert.ok(found.length > 0 && found.every((text) => expected.test(text)), found.join('\n'));
    assert.match(found[0]!, /^t\.yaml:\d+:\d+: (warning|error): Bad: /);
  });
}

test('an alarm whose own condition is false is told of: CloudFormation would refuse the reference', () => {
  const text = `Conditions: {Never: !Equals [a, b]}\n${template(`${GRADUAL}\n  Alarms: [!Ref Bad]`, '  Bad: {Type: AWS::CloudWatch::Alarm, Condition: Never}\n')}`;
  assert.match(problemsOf(text).join(), /alarm Bad is not made, because its condition Never is false/);
});
