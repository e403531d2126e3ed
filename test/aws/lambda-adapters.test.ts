import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AwsProblem } from '../../src/app/ports/problem.ts';
import { createAliases, fractionOf, percentOf } from '../../src/aws/aliases.ts';
import { createClients } from '../../src/aws/clients.ts';
import { createAws } from '../../src/aws/index.ts';
import fc from '../property.ts';
import { AwsError, type ScriptedAws, startScriptedAws } from './scripted-aws.ts';
import { StepClock } from './step-clock.ts';

const KEY = { account: '123456789012', region: 'us-east-1', function: 'orders', alias: 'live' };
const open = (scripted: ScriptedAws, clock = new StepClock()) =>
  createAws({ endpointUrl: scripted.endpointUrl, region: 'us-east-1' }, clock);
const missing = (what: string): AwsError =>
  new AwsError('ResourceNotFoundException', `Cannot find ${what}`, { Type: 'User' });

test('reads an alias with its weight in percent', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('lambda', 'GetAlias', () => ({
    FunctionVersion: '6',
    Description: 'the shop',
    RevisionId: 'r1',
    RoutingConfig: { AdditionalVersionWeights: { 7: 0.1 } },
  }));
  assert.deepEqual(await open(scripted).aliases.get(KEY), {
    version: '6',
    second: { version: '7', weightPercent: 10 },
    revisionId: 'r1',
    description: 'the shop',
  });
  assert.deepEqual(scripted.inputs('GetAlias'), [{ FunctionName: 'orders', Name: 'live' }]);
});

test('a weight of zero is no second version', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('lambda', 'GetAlias', () => ({
    FunctionVersion: '6',
    RevisionId: 'r1',
    RoutingConfig: { AdditionalVersionWeights: { 7: 0 } },
  }));
  assert.equal((await open(scripted).aliases.get(KEY))?.second, null);
});

test('an alias that does not exist is undefined', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('lambda', 'GetAlias', () => {
    throw missing('alias arn');
  });
  assert.equal(await open(scripted).aliases.get(KEY), undefined);
});

test('an update sends the revision, the description and the weights, also where there are none', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('lambda', 'UpdateAlias', ({ FunctionVersion }) => ({ FunctionVersion, RevisionId: 'r2' }));
  const { aliases } = open(scripted);
  await aliases.update(KEY, { version: '6', second: { version: '7', weightPercent: 33 }, description: 'd' }, 'r1');
  const answer = await aliases.update(KEY, { version: '7', second: null, description: '' }, 'r2');
  assert.deepEqual(answer, { version: '7', second: null, revisionId: 'r2', description: '' });
  assert.deepEqual(scripted.inputs('UpdateAlias'), [
    {
      FunctionName: 'orders',
      Name: 'live',
      FunctionVersion: '6',
      Description: 'd',
      RevisionId: 'r1',
      RoutingConfig: { AdditionalVersionWeights: { 7: 0.33 } },
    },
    {
      FunctionName: 'orders',
      Name: 'live',
      FunctionVersion: '7',
      Description: '',
      RevisionId: 'r2',
      RoutingConfig: { AdditionalVersionWeights: {} },
    },
  ]);
});

test('a weight survives the way to AWS and back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), (hundredths) => {
      const percent = hundredths / 100;
      assert.equal(percentOf(fractionOf(percent)), percent);
      assert.ok(String(fractionOf(percent)).length <= 6, `${percent} % became ${fractionOf(percent)}`);
    }),
  );
});

test('an alias that is created points to one version', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('lambda', 'CreateAlias', () => ({ FunctionVersion: '1', RevisionId: 'r1', Description: 'd' }));
  await open(scripted).aliases.create(KEY, '1', 'd');
  assert.deepEqual(scripted.inputs('CreateAlias'), [
    { FunctionName: 'orders', Name: 'live', FunctionVersion: '1', Description: 'd' },
  ]);
});

const PROBLEMS: readonly (readonly [code: string, members: object, status: number, kind: string, message: RegExp])[] = [
  ['PreconditionFailedException', {}, 412, 'precondition', /UpdateAlias: PreconditionFailedException/],
  ['TooManyRequestsException', { Reason: 'CallerRateLimitExceeded' }, 429, 'throttled', /Rate/],
  ['ThrottlingException', {}, 400, 'throttled', /Rate/],
  ['ServiceException', {}, 500, 'unavailable', /UpdateAlias: ServiceException/],
  ['AccessDeniedException', {}, 403, 'denied', /this identity needs lambda:UpdateAlias/],
  ['ExpiredTokenException', {}, 403, 'unauthenticated', /sign in again/],
  ['UnrecognizedClientException', {}, 403, 'unauthenticated', /aws sts get-caller-identity/],
  ['ResourceNotFoundException', {}, 404, 'missing', /ResourceNotFoundException/],
  ['InvalidParameterValueException', {}, 400, 'invalid', /InvalidParameterValueException/],
  ['ValidationException', {}, 400, 'invalid', /ValidationException/],
  ['NotImplemented', {}, 501, 'invalid', /NotImplemented/],
];

test('an error of AWS says what the caller can do about it', async () => {
  await using scripted = await startScriptedAws();
  const clients = createClients({ endpointUrl: scripted.endpointUrl }, { AWS_MAX_ATTEMPTS: '1' });
  const aliases = createAliases(clients);
  scripted.on('lambda', 'UpdateAlias', ({ Name }) => {
    const [code, members, status] = PROBLEMS.find(([name]) => name === Name)!;
    throw new AwsError(code, 'Rate exceeded', { ...members }, status);
  });
  const check = async ([code, , , kind, message]: (typeof PROBLEMS)[number]): Promise<void> => {
    const update = aliases.update({ ...KEY, alias: code }, { version: '7', second: null, description: '' }, 'r1');
    await assert.rejects(update, (error) => {
      assert.ok(error instanceof AwsProblem);
      assert.deepEqual([error.kind, error.code, error.operation], [kind, code, 'UpdateAlias']);
      assert.match(error.message, message);
      return true;
    });
  };
  await Promise.all(PROBLEMS.map(check));
});

test('an AWS that cannot be reached is unavailable', async () => {
  const scripted = await startScriptedAws();
  await scripted[Symbol.asyncDispose]();
  await assert.rejects(open(scripted).aliases.get(KEY), { kind: 'unavailable', code: 'ECONNREFUSED' });
});

const CONFIGURATION = {
  FunctionName: 'orders',
  Version: '7',
  CodeSha256: 'abc=',
  Runtime: 'nodejs24.x',
  State: 'Active',
  LastUpdateStatus: 'Successful',
  Timeout: 30,
  MemorySize: 512,
  Role: 'arn:aws:iam::123456789012:role/orders',
  Description: 'seventh',
  LastModified: '2026-11-21T12:00:00.000+0000',
  LoggingConfig: { LogFormat: 'JSON', LogGroup: '/shop/orders' },
};

test('reads a version, and where it logs', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('lambda', 'GetFunctionConfiguration', () => CONFIGURATION);
  const facts = await open(scripted).versions.get('orders', '7');
  const { configHash, ...rest } = facts!;
  assert.match(configHash, /^[0-9a-f]{64}$/);
  assert.deepEqual(rest, {
    version: '7',
    codeSha256: 'abc=',
    runtime: 'nodejs24.x',
    state: 'Active',
    lastUpdateStatus: 'Successful',
    timeoutMs: 30_000,
    memoryMb: 512,
    role: 'arn:aws:iam::123456789012:role/orders',
    logGroup: '/shop/orders',
    logFormat: 'JSON',
    description: 'seventh',
    publishedAt: '2026-11-21T12:00:00.000+0000',
  });
  assert.deepEqual(scripted.inputs('GetFunctionConfiguration'), [{ FunctionName: 'orders', Qualifier: '7' }]);
});

test('without a logging configuration a function logs in text to its own group', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('lambda', 'GetFunctionConfiguration', () => ({ FunctionName: 'orders', Version: '7' }));
  const facts = await open(scripted).versions.get('orders', '7');
  assert.deepEqual([facts?.logGroup, facts?.logFormat], ['/aws/lambda/orders', 'Text']);
});

test('the configuration is hashed without what publishing itself changes, and whatever the order of its names', async () => {
  await using scripted = await startScriptedAws();
  const { versions } = open(scripted);
  const hashOf = async (more: object): Promise<string | undefined> => {
    scripted.on('lambda', 'GetFunctionConfiguration', () => ({ ...CONFIGURATION, Handler: 'a.b', ...more }));
    return (await versions.get('orders', '7'))?.configHash;
  };
  const base = await hashOf({ Environment: { Variables: { A: '1', B: '2' } } });
  assert.equal(await hashOf({ Environment: { Variables: { B: '2', A: '1' } }, Description: 'x', Version: '8' }), base);
  assert.notEqual(await hashOf({ Environment: { Variables: { A: '1', B: '3' } } }), base);
  assert.notEqual(await hashOf({ Environment: { Variables: { A: '1', B: '2' } }, Handler: 'c.d' }), base);
  assert.equal(await hashOf({ Layers: [], Environment: { Variables: {} } }), await hashOf({}));
});

test('lists published versions newest first, over all pages', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('lambda', 'ListVersionsByFunction', ({ Marker }) =>
    Marker === undefined
      ? { Versions: ['$LATEST', '1', '2', '9'].map((Version) => ({ Version })), NextMarker: 'm' }
      : { Versions: ['10', '11'].map((Version) => ({ Version })) },
  );
  const listed = await open(scripted).versions.list('orders', 3);
  assert.deepEqual(
    listed.map(({ version }) => version),
    ['11', '10', '9'],
  );
});

test('publishing is guarded by the code hash and waits until the version is active', async () => {
  await using scripted = await startScriptedAws();
  const clock = new StepClock();
  scripted.on('lambda', 'PublishVersion', () => ({ ...CONFIGURATION, State: 'Pending' }));
  let asked = 0;
  scripted.on('lambda', 'GetFunctionConfiguration', () => ({
    ...CONFIGURATION,
    State: ++asked < 2 ? 'Pending' : 'Active',
  }));
  const published = open(scripted, clock).versions.publish('orders', 'abc=', 'seventh');
  await clock.sleepingWithin(50);
  clock.advance(50);
  assert.equal((await published).state, 'Active');
  assert.deepEqual(scripted.inputs('PublishVersion'), [
    { FunctionName: 'orders', CodeSha256: 'abc=', Description: 'seventh' },
  ]);
});

test('a version that fails to start says why', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('lambda', 'PublishVersion', () => ({ ...CONFIGURATION, State: 'Pending' }));
  scripted.on('lambda', 'GetFunctionConfiguration', () => ({
    ...CONFIGURATION,
    State: 'Failed',
    StateReason: 'the image is gone',
  }));
  await assert.rejects(open(scripted).versions.publish('orders', 'abc=', ''), {
    kind: 'invalid',
    message: /orders:7 is in state Failed: the image is gone/,
  });
});

test('a version that never becomes active is given up after ten minutes', async () => {
  await using scripted = await startScriptedAws();
  const clock = new StepClock();
  scripted.on('lambda', 'PublishVersion', () => ({ ...CONFIGURATION, State: 'Pending' }));
  scripted.on('lambda', 'GetFunctionConfiguration', () => ({ ...CONFIGURATION, State: 'Pending' }));
  const published = open(scripted, clock).versions.publish('orders', 'abc=', '');
  await clock.sleepingWithin(50);
  clock.advance(600_000);
  await assert.rejects(published, { kind: 'unavailable', code: 'NotReadyInTime' });
});

test('code is uploaded once the last update is over, and is there when the call returns', async () => {
  await using scripted = await startScriptedAws();
  const clock = new StepClock();
  const statuses = ['InProgress', 'Successful', 'InProgress', 'Successful'];
  scripted.on('lambda', 'GetFunctionConfiguration', () => ({
    ...CONFIGURATION,
    Version: '$LATEST',
    LastUpdateStatus: statuses.shift(),
  }));
  scripted.on('lambda', 'UpdateFunctionCode', () => CONFIGURATION);
  const uploaded = open(scripted, clock).versions.uploadCode('orders', new Uint8Array([1, 2, 3]));
  await clock.sleepingWithin(50);
  assert.equal(scripted.inputs('UpdateFunctionCode').length, 0);
  clock.advance(50);
  await scripted.called('UpdateFunctionCode', 1);
  await clock.sleepingWithin(50);
  clock.advance(50);
  assert.equal((await uploaded).version, '$LATEST');
  const [sent] = scripted.inputs('UpdateFunctionCode');
  assert.deepEqual(Buffer.from(sent?.ZipFile as Uint8Array), Buffer.from([1, 2, 3]));
});

test('a zip above 50 MB is refused before it is sent', async () => {
  await using scripted = await startScriptedAws();
  const zip = new Uint8Array(50 * 1024 * 1024 + 1);
  await assert.rejects(open(scripted).versions.uploadCode('orders', zip), {
    kind: 'invalid',
    message: /52428801 bytes/,
  });
  assert.equal(scripted.calls.length, 0);
});
