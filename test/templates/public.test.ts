import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readTemplate, templateProblemText } from '../../src/templates/read.ts';

const read = (file: string, parameters: Record<string, string> = {}) =>
  readTemplate(readFileSync(join(import.meta.dirname, 'testdata/public', file), 'utf8'), file, { parameters });

const ADDRESS = 'govuk-one-login__ipv-cri-address-api__infrastructure_lambda_template.yaml';
const KBV = 'govuk-one-login__ipv-cri-kbv-api__infrastructure_lambda_template.yaml';
const CDK = 'cdk-lambda-deployment-group.cfn.json';
const SAFE = 'aws__serverless-application-model__lambda_safe_deployments_template.yaml';
const BUCKETS = 'aws-samples__aws-safe-lambda-deployments__template.yaml';

/** What real templates release, and how. */
const RELEASES: readonly [file: string, parameters: Record<string, string>, releases: readonly string[]][] = [
  [SAFE, {}, ['safeTest live Linear10PercentEvery1Minute CodeDeployHook_preTrafficHook']],
  [BUCKETS, {}, ['returnS3Buckets live Linear10PercentEvery1Minute CodeDeployHook_preTrafficHook']],
  [
    CDK,
    {},
    [
      'ApiF70053CD live Canary10Percent5Minutes !Ref Pre8D9AA392 !Ref Post0F9B6667 !Ref Errs4E0D14BC !Ref Rate365CA505 !Ref P99266F825D',
      'Worker11F36D0F prod linear 20% every 2m',
    ],
  ],
  [
    ADDRESS,
    {},
    ['PostcodeLookupFunction', 'AddressFunction', 'IssueCredentialFunction', 'GetAddressesFunction'].map(
      (name) => `${name} live AllAtOnce`,
    ),
  ],
  [
    ADDRESS,
    { LambdaDeploymentPreference: 'Canary10Percent5Minutes', Environment: 'production' },
    ['PostcodeLookupFunction', 'AddressFunction', 'IssueCredentialFunction', 'GetAddressesFunction'].map(
      (name) => `${name} live Canary10Percent5Minutes !Ref ${name}CanaryErrors !Ref ${name}Canary5xxErrors`,
    ),
  ],
  [
    KBV,
    { LambdaDeploymentPreference: 'Linear10PercentEvery1Minute' },
    [
      'HealthCheckFunction live Linear10PercentEvery1Minute',
      ...['KBVQuestion', 'KBVAnswer', 'KBVAbandon', 'IssueCredential'].map((name) => {
        const alarm = `!Ref ExperianKBV${name.replace('KBV', '')}Function`;
        return `${name}Function live Linear10PercentEvery1Minute ${alarm}CanaryErrors ${alarm}5xxCanaryErrors`;
      }),
    ],
  ],
];

for (const [file, parameters, expected] of RELEASES) {
  test(`${file} with ${JSON.stringify(parameters)} releases ${expected.length} functions`, () => {
    const found = read(file, parameters).releases.filter(({ enabled }) => enabled);
    const texts = found.map(({ logicalId, alias, strategy, preTraffic, postTraffic, alarms }) =>
      [logicalId, alias?.text, strategy, preTraffic?.text, postTraffic?.text, ...alarms.map(({ text }) => text)]
        .filter((part) => part !== undefined)
        .join(' '),
    );
    assert.deepEqual(texts, expected);
  });
}

test('nothing is wrong with the examples, nor with the large templates while no alarm is used', () => {
  for (const file of [SAFE, BUCKETS, KBV, ADDRESS]) assert.deepEqual(read(file).problems, [], file);
  assert.deepEqual(read(KBV, { LambdaDeploymentPreference: 'Canary10Percent5Minutes' }).problems, []);
});

test('alarms of a real template that cannot fire are told of: they guess the names that CloudFormation makes', () => {
  const { problems } = read(ADDRESS, { LambdaDeploymentPreference: 'Canary10Percent5Minutes' });
  assert.deepEqual(
    problems.map(({ line, resource, severity }) => [line, resource, severity]),
    [
      [1217, 'PostcodeLookupFunctionCanaryErrors', 'warning'],
      [1273, 'AddressFunctionCanaryErrors', 'warning'],
      [1329, 'GetAddressesFunctionCanaryErrors', 'warning'],
      [1385, 'IssueCredentialFunctionCanaryErrors', 'warning'],
    ],
  );
});

test('an alarm of a CDK app that needs longer than its canary lasts is told of', () => {
  assert.deepEqual(read(CDK).problems.map(templateProblemText), [
    `${CDK}:279:5: warning: P99266F825D: it is too slow for ApiF70053CD: it needs 10 min of data, and all traffic has moved after 5 min — use a shorter period, fewer datapoints, or a slower strategy`,
  ]);
});

test('a hook that is switched off says so, and a state machine keeps its own preference', () => {
  const hook = read(SAFE).releases.find(({ logicalId }) => logicalId === 'preTrafficHook');
  assert.deepEqual(
    [hook?.enabled, hook?.because, hook?.functionName],
    [false, 'DeploymentPreference.Enabled is false', { text: 'CodeDeployHook_preTrafficHook', known: true }],
  );
  const [machine, ...others] = read(KBV).stateMachines;
  assert.deepEqual(others, []);
  assert.deepEqual(
    [machine?.logicalId, machine?.alias?.text, machine?.type?.text],
    ['CertificateExpiryStepFunction', 'live', 'ALL_AT_ONCE'],
  );
});
