import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SHIM = fileURLToPath(new URL('../../src/hooks/sdk-v2.cjs', import.meta.url));
const SDK = fileURLToPath(new URL('../../tools/sdk-v2/node_modules/aws-sdk', import.meta.url));
const skip =
  process.env.SWITCHBACK_REQUIRE_ALL !== '1' &&
  !existsSync(SDK) &&
  'AWS SDK v2 is not installed here: tools/sdk-v2/install fetches it';

test('every way to load SDK v2 gets the endpoint, and only CodeDeploy’s', { skip }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'switchback-sdk-v2-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(SDK, join(folder, 'node_modules', 'aws-sdk'));
  const say = `console.log(new aws.CodeDeploy({ region: 'x-1' }).endpoint.href)`;
  const table: [string, string, string | undefined, string][] = [
    ['a.cjs', `const aws = require('aws-sdk'); ${say}`, 'http://127.0.0.1:9', 'http://127.0.0.1:9/'],
    [
      'b.cjs',
      `const aws = { CodeDeploy: require('aws-sdk/clients/codedeploy') }; ${say}`,
      'http://127.0.0.1:9',
      'http://127.0.0.1:9/',
    ],
    ['c.mjs', `import aws from 'aws-sdk'; ${say}`, 'http://127.0.0.1:9', 'http://127.0.0.1:9/'],
    ['d.cjs', `const aws = require('aws-sdk'); ${say}`, undefined, 'https://codedeploy.x-1.amazonaws.com/'],
    [
      'e.cjs',
      `const aws = require('aws-sdk'); console.log(new aws.Lambda({ region: 'x-1' }).endpoint.href)`,
      'http://127.0.0.1:9',
      'https://lambda.x-1.amazonaws.com/',
    ],
    [
      'f.cjs',
      `try { require('aws-sdk-mock-of-another-name') } catch (error) { console.log(error.code) }`,
      'http://127.0.0.1:9',
      'MODULE_NOT_FOUND',
    ],
  ];
  for (const [file, source, endpoint, expected] of table) {
    writeFileSync(join(folder, file), source);
    const { stdout, stderr } = spawnSync(process.execPath, [`--require=${SHIM}`, join(folder, file)], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...(endpoint ? { AWS_ENDPOINT_URL_CODEDEPLOY: endpoint } : {}) },
    });
    assert.equal(stdout.trim(), expected, `${file}: ${stderr}`);
  }
});
