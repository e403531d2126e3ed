import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { SignatureV4 } from '@smithy/signature-v4';
import { type Answer, codeDeploySender, endpointOf } from '../../src/hooks/answer.ts';
import { type HookOptions, type Validation, type Verdict, validationHook } from '../../src/hooks/index.ts';
import { signed } from '../../src/hooks/sign.ts';
import fc from '../property.ts';
import { Sha256 } from './sha256.ts';

const BY_CODEDEPLOY = { DeploymentId: 'd-ABCDEFGHI', LifecycleEventHookExecutionId: 'x-1' };
const BY_SWITCHBACK = {
  ...BY_CODEDEPLOY,
  FunctionName: 'checkout',
  Alias: 'live',
  StableVersion: '41',
  CandidateVersion: '42',
  CandidateWeightPercent: 10,
  Hook: 'BeforeStep',
  Step: 2,
  ReleaseId: 'r-1',
  IdempotencyKey: 'r-1/smoke@2',
};

async function run(
  handler: (validation: Validation) => Promise<Verdict> | Verdict,
  { event = BY_CODEDEPLOY as unknown, leftMs, ...options }: HookOptions & { event?: unknown; leftMs?: number } = {},
) {
  const sent: Answer[] = [];
  const log: string[] = [];
  const send = async (answer: Answer): Promise<void> => void sent.push(answer);
  const hook = validationHook(handler, { send, env: {}, log: (problem) => log.push(problem), ...options });
  const context = leftMs === undefined ? {} : { getRemainingTimeInMillis: () => leftMs };
  return { returned: await hook(event, context), sent, log, context };
}

test('the handler is told what is released, and its verdict is sent once and returned', async () => {
  let told: Validation | undefined;
  const { returned, sent } = await run(
    (validation) => {
      told = validation;
    },
    { event: BY_SWITCHBACK },
  );
  assert.deepEqual(returned, { status: 'Succeeded' });
  assert.deepEqual(sent, [{ deploymentId: 'd-ABCDEFGHI', lifecycleEventHookExecutionId: 'x-1', status: 'Succeeded' }]);
  const { signal: _signal, ...rest } = told!;
  assert.deepEqual(rest, {
    deploymentId: 'd-ABCDEFGHI',
    executionId: 'x-1',
    function: 'checkout',
    alias: 'live',
    stable: '41',
    candidate: '42',
    weightPercent: 10,
    hook: 'BeforeStep',
    step: 2,
    releaseId: 'r-1',
    idempotencyKey: 'r-1/smoke@2',
  });
});

test('every way to answer has one meaning, and is sent exactly once', async () => {
  const table: [string, (validation: Validation) => Promise<Verdict> | Verdict, string][] = [
    ['nothing', () => undefined, 'Succeeded'],
    ['true', () => true, 'Succeeded'],
    ['false', () => false, 'Failed'],
    ['a word', () => 'Failed', 'Failed'],
    ['an object', async () => ({ status: 'Succeeded' }), 'Succeeded'],
    ['another word', () => 'fine' as 'Failed', 'Failed'],
    ['an empty object', () => ({}) as { status: 'Failed' }, 'Failed'],
    [
      'throws',
      () => {
        throw new Error('no database');
      },
      'Failed',
    ],
    ['rejects', async () => Promise.reject(new Error('no database')), 'Failed'],
    ['throws nothing', () => Promise.reject(undefined), 'Failed'],
  ];
  for (const [what, handler, status] of table) {
    const { returned, sent } = await run(handler);
    assert.deepEqual([returned.status, sent.length, sent[0]?.status], [status, 1, status], what);
  }
});

test('a handler that takes too long is answered for, before Lambda ends the function, and its late word is not sent', async () => {
  let finish: (() => void) | undefined;
  let aborted = false;
  const { returned, sent, log, context } = await run(
    ({ signal }) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise((given) => {
        finish = () => given(true);
      });
    },
    { leftMs: 60, marginMs: 40 },
  );
  assert.deepEqual([returned.status, sent.map(({ status }) => status)], ['Failed', ['Failed']]);
  assert.equal(aborted, true, 'the handler is told to stop');
  assert.match(log[0] ?? '', /did not answer before its function's time was over/);
  assert.equal('callbackWaitsForEmptyEventLoop' in context && context.callbackWaitsForEmptyEventLoop, false);
  finish?.();
  await new Promise((next) => setImmediate(next));
  assert.equal(sent.length, 1);
});

test('CodeDeploy is called always; for Switchback only where an endpoint is configured, and what fails loses nothing', async () => {
  const failing = async (): Promise<void> => Promise.reject(new Error('no route'));
  await assert.rejects(
    run(() => true, { send: failing }),
    /no route/,
  );
  const kept = await run(() => true, { event: BY_SWITCHBACK, send: failing });
  assert.deepEqual(kept.returned, { status: 'Succeeded' });
  assert.match(kept.log[0] ?? '', /could not be delivered; it is returned instead/);
  // Without a sender of its own and without an endpoint nothing is called: this would reach for AWS.
  const hook = validationHook(() => true, { env: { AWS_REGION: 'eu-west-1' } });
  assert.deepEqual(await hook(BY_SWITCHBACK), { status: 'Succeeded' });
});

test('an event that is no validation is refused', async () => {
  for (const event of [null, 'text', {}, { DeploymentId: 'd-1' }])
    await assert.rejects(
      run(() => true, { event }),
      /is no validation/,
    );
});

test('the endpoint is the one that AWS’s own variables name', () => {
  const table: [Record<string, string>, string, boolean][] = [
    [{ AWS_REGION: 'eu-west-1' }, 'https://codedeploy.eu-west-1.amazonaws.com/', false],
    [{ AWS_REGION: 'cn-north-1' }, 'https://codedeploy.cn-north-1.amazonaws.com.cn/', false],
    [{ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, 'http://127.0.0.1:1/', true],
    [{ AWS_ENDPOINT_URL: 'http://a', AWS_ENDPOINT_URL_CODEDEPLOY: 'http://b' }, 'http://b/', true],
    [
      { AWS_ENDPOINT_URL: 'http://a', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true', AWS_REGION: 'us-east-1' },
      'https://codedeploy.us-east-1.amazonaws.com/',
      false,
    ],
  ];
  for (const [env, url, configured] of table) {
    const found = endpointOf(env);
    assert.deepEqual([found.url.href, found.configured], [url, configured]);
  }
});

test('what is sent is CodeDeploy’s own call; busy answers are tried again, refusals are not', async () => {
  const seen: { headers: IncomingHttpHeaders; body: string }[] = [];
  const script: [number, string][] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    seen.push({ headers: request.headers, body });
    const [status, text] = script.shift() ?? [200, '{"lifecycleEventHookExecutionId":"x-1"}'];
    response.writeHead(status).end(text);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const env = {
    AWS_ENDPOINT_URL_CODEDEPLOY: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'session',
  };
  const send = codeDeploySender(env);
  const answer: Answer = { deploymentId: 'd-1', lifecycleEventHookExecutionId: 'x-1', status: 'Failed' };
  await send(answer);
  assert.equal(seen[0]?.headers['x-amz-target'], 'CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus');
  assert.deepEqual(JSON.parse(seen[0]!.body), answer);
  assert.match(
    seen[0]?.headers.authorization ?? '',
    /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/codedeploy\/aws4_request/,
  );
  script.push([503, ''], [429, '']);
  await send(answer);
  assert.equal(seen.length, 4);
  script.push([400, '{"__type":"LifecycleEventAlreadyCompletedException"}']);
  await send(answer);
  script.push([400, '{"__type":"DeploymentDoesNotExistException"}']);
  await assert.rejects(send(answer), /CodeDeploy answered 400: .*DeploymentDoesNotExist/);
  assert.equal(seen.length, 6, 'a refusal is not tried again');
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

test('the signature is AWS’s own, for every body, key and time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ minLength: 1, maxLength: 40 }).filter((text) => /^[!-~]+$/.test(text)),
      fc.option(fc.stringMatching(/^[A-Za-z0-9+/=]{10,60}$/), { nil: undefined }),
      fc.date({ min: new Date('2001-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }),
      async (body, secretAccessKey, sessionToken, at) => {
        const url = new URL('https://codedeploy.eu-west-1.amazonaws.com/');
        const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'T' };
        const credentials = { accessKeyId: 'AKID', secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
        const ours = signed({ url, body, headers, region: 'eu-west-1', service: 'codedeploy', credentials, at });
        const signer = new SignatureV4({
          service: 'codedeploy',
          region: 'eu-west-1',
          credentials,
          sha256: Sha256,
          applyChecksum: false,
        });
        const theirs = await signer.sign(
          {
            method: 'POST',
            protocol: 'https:',
            hostname: url.host,
            path: '/',
            headers: { ...headers, host: url.host },
            body,
            query: {},
          },
          { signingDate: at },
        );
        assert.equal(ours.authorization, theirs.headers.authorization);
      },
    ),
  );
});
