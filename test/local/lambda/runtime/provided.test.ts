import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { deploy } from './harness.ts';

const CURL = spawnSync('curl', ['--version']).status === 0 ? {} : { skip: 'curl is not on the PATH' };
const provided = { runtime: 'provided.al2023', handler: 'function.handler' };

test('a shell script is a runtime', CURL, async (t) => {
  const bootstrap = `#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  headers=$(mktemp)
  event=$(curl -sS -D "$headers" "$api/next")
  id=$(sed -n 's/^Lambda-Runtime-Aws-Request-Id: *\\([^ \\r]*\\).*/\\1/p' "$headers")
  rm "$headers"
  echo "serving $id"
  curl -sS -X POST "$api/$id/response" -d "{\\"event\\":$event,\\"handler\\":\\"$_HANDLER\\"}" > /dev/null
done
`;
  const { call } = await deploy(t, { bootstrap }, provided);
  for (const n of [1, 2]) {
    const outcome = await call({ n });
    assert.deepEqual(outcome.json, { event: { n }, handler: 'function.handler' });
    assert.ok(outcome.log.includes(`serving ${outcome.requestId}\n`));
  }
});

test('what a runtime of its own kind reports is passed on as it is', async (t) => {
  const bootstrap = `#!${process.execPath}
    const api = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime/invocation/';
    (async () => {
      for (;;) {
        const next = await fetch(api + 'next');
        const id = next.headers.get('lambda-runtime-aws-request-id');
        const headers = { 'Lambda-Runtime-Function-Error-Type': 'Extension.Odd' };
        await fetch(api + id + '/error', { method: 'POST', headers, body: '{"errorMessage":"Error: \\\\"some_error_msg\\\\""}' });
      }
    })()`;
  const { call } = await deploy(t, { bootstrap }, { ...provided, logFormat: 'JSON' });
  const outcome = await call();
  assert.equal(outcome.text, '{"errorMessage":"Error: \\"some_error_msg\\""}');
  assert.equal(JSON.parse(outcome.log.trim().split('\n').at(-1) ?? '').record.errorType, 'Extension.Odd');
});

test('a package without a bootstrap, and one that cannot be executed', async (t) => {
  const { call, codeDir } = await deploy(t, {}, provided);
  const missing = await call();
  assert.deepEqual(missing.json, {
    errorType: 'Runtime.InvalidEntrypoint',
    errorMessage: `RequestId: ${missing.requestId} Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]`,
  });
  assert.equal(missing.status, 'failure');
  const other = await deploy(t, { bootstrap: '#!/bin/sh\n' }, provided);
  await chmod(path.join(other.codeDir, 'bootstrap'), 0o644);
  assert.match((await other.call()).text, /bootstrap: permission denied/);
  assert.notEqual(codeDir, other.codeDir);
});

test('a bootstrap that the system cannot run says why', async (t) => {
  const { call } = await deploy(t, { bootstrap: '#!/no/such/interpreter\n' }, provided);
  const outcome = await call();
  assert.equal(outcome.status, 'failure');
  assert.match(outcome.text, /"errorType":"Runtime\.InvalidEntrypoint".*ENOENT/);
});

test('what the system refuses to start is a failure with its reason', async (t) => {
  const files = { 'index.js': 'exports.handler = async () => 1' };
  const nowhere = await (await deploy(t, files, { codeDir: '/no/such/folder' })).call();
  assert.equal(nowhere.status, 'failure');
  assert.match(nowhere.text, /Runtime\.InvalidWorkingDir.*\/no\/such\/folder, cannot be read/);
  const odd = await (await deploy(t, files, { environment: { ODD: 'nul \0 byte' } })).call();
  assert.equal(odd.status, 'failure');
  assert.match(odd.text, /Runtime\.InvalidEntrypoint.*null bytes/);
});

test('a runtime that is not there is refused with its name', async (t) => {
  const { call } = await deploy(t, {}, { runtime: 'java21' });
  assert.match((await call()).text, /Runtime\.NotSupported.*the local AWS does not run java21/);
});

test('a wrapper script starts the runtime', async (t) => {
  const files = {
    'environment_wrapper.sh': '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n',
    'index.js': 'exports.handler = async () => process.env.WRAPPED',
  };
  const environment = { AWS_LAMBDA_EXEC_WRAPPER: '/var/task/environment_wrapper.sh' };
  const { call } = await deploy(t, files, { environment });
  assert.equal((await call()).json, 'yes');
});
