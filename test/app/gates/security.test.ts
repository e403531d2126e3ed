import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { cycloneDx, readLockfile } from '../../../src/app/gates/sbom.ts';
import { auditVerdict, type SecurityPorts, security } from '../../../src/app/gates/security.ts';
import type { SecurityCheck } from '../../../src/core/gates/checks.ts';
import { adminPowers } from '../../../src/core/gates/role.ts';
import { redacted, suspectedSecrets } from '../../../src/core/gates/secrets.ts';
import { FastClock, LIVE, MemoryFiles, order } from './order.ts';

const CHECK: SecurityCheck = {
  kind: 'security',
  parts: ['audit', 'sbom', 'signing', 'secrets', 'role'],
  lockfile: null,
  failFrom: 'high',
  requireSigning: false,
  allowVariables: [],
};
const LOCK = {
  name: 'shop',
  version: '1.0.0',
  lockfileVersion: 3,
  packages: {
    '': { name: 'shop', version: '1.0.0', dependencies: { a: '^1.0.0', '@s/b': '2.0.0' }, devDependencies: { d: '1' } },
    'node_modules/a': {
      version: '1.2.3',
      integrity: `sha512-${Buffer.from('x'.repeat(64)).toString('base64')}`,
      license: 'MIT',
      dependencies: { c: '1' },
    },
    'node_modules/@s/b': { version: '2.0.0', license: '(MIT OR Apache-2.0)', dependencies: { c: '2' } },
    'node_modules/c': { version: '1.0.0' },
    'node_modules/@s/b/node_modules/c': { version: '2.0.0', optional: true },
    'node_modules/d': { version: '1.0.0', dev: true },
  },
};
const REPORT = (counts: object) => JSON.stringify({ auditReportVersion: 2, metadata: { vulnerabilities: counts } });

async function run(changes: Partial<SecurityCheck> = {}, ports: Partial<SecurityPorts> = {}) {
  const files = new MemoryFiles();
  const check: SecurityCheck = { ...CHECK, lockfile: files.ref('package-lock.json', LOCK), ...changes };
  const all: SecurityPorts = {
    files,
    clock: new FastClock(),
    programs: { run: async () => ({ code: 0, signal: null, output: '', stdout: REPORT({ low: 2 }) }) },
    security: {
      version: async () => ({
        role: 'arn:aws:iam::123456789012:role/shop',
        environment: { STAGE: 'prod' },
        signature: null,
      }),
      signing: async () => null,
      policies: async () => [],
    },
    ...ports,
  };
  return { ...(await security({ check, order: order(check) }, all, LIVE)), files };
}

test('every part is looked into, and the reports lie beside the state', async () => {
  const { verdict, evidence, files } = await run();
  assert.equal(verdict.outcome, 'pass', verdict.reason);
  assert.deepEqual(
    evidence.facts.map(({ name }) => name),
    ['audit', 'sbom', 'signing', 'secrets', 'role'],
  );
  assert.deepEqual([...files.reports.keys()], ['r-1-gate-audit.json', 'r-1-gate-sbom.cdx.json']);
  assert.equal(evidence.files?.length, 2);
});

test('what is known to be bad speaks first; what could not be checked is an error, never a pass', async () => {
  const base = {
    version: async () => ({
      role: 'arn:aws:iam::123456789012:role/shop',
      environment: { DB_PASSWORD: 'tr0ub4dor&3x' },
      signature: null,
    }),
    signing: async () => null,
    policies: async () => Promise.reject(new Error('iam:ListRolePolicies: iam is not emulated by the local AWS')),
  };
  const bad = await run({}, { security: base });
  assert.equal(bad.verdict.outcome, 'fail');
  assert.match(bad.verdict.reason, /^secrets: DB_PASSWORD is named like a secret/);
  assert.doesNotMatch(JSON.stringify(bad), /tr0ub4dor/);
  const unread = await run({ parts: ['role'] }, { security: base });
  assert.equal(unread.verdict.outcome, 'error');
  assert.match(unread.verdict.reason, /role: could not be checked: .*not emulated/);
});

test('npm’s report: the counts decide, and a registry that was not reached says nothing', () => {
  const table: [string, SecurityCheck['failFrom'], string, RegExp][] = [
    [REPORT({ low: 3, moderate: 1 }), 'high', 'pass', /1 moderate, 3 low; from high on/],
    [REPORT({ low: 3, high: 1 }), 'high', 'fail', /1 high, 3 low/],
    [REPORT({ critical: 1 }), 'low', 'fail', /1 critical/],
    [REPORT({}), 'low', 'pass', /none/],
    [
      '{"error":{"code":"ENOAUDIT","summary":"offline"}}',
      'high',
      'inconclusive',
      /could not be asked for advisories: offline/,
    ],
    ['{"message":"request to https://registry failed"}', 'high', 'inconclusive', /request to/],
    ['{"message":"405 Method Not Allowed","error":{"summary":""}}', 'high', 'inconclusive', /405 Method/],
    ['', 'high', 'inconclusive', /no report/],
  ];
  for (const [stdout, from, outcome, reason] of table) {
    const verdict = auditVerdict(stdout, from);
    assert.equal(verdict.outcome, outcome, stdout);
    assert.match(verdict.reason, reason);
  }
});

test('code signing: a configuration without a signature fails, none at all only where it is required', async () => {
  const signature = { profile: 'arn:aws:signer:p', job: 'arn:aws:signer:j' };
  const config = { arn: 'arn:c', untrusted: 'Enforce' as const };
  const table: [boolean, typeof signature | null, typeof config | null, string][] = [
    [false, null, null, 'pass'],
    [true, null, null, 'fail'],
    [false, null, config, 'fail'],
    [true, signature, config, 'pass'],
  ];
  for (const [requireSigning, signed, configured, outcome] of table) {
    const { verdict } = await run(
      { parts: ['signing'], requireSigning },
      {
        security: {
          version: async () => ({ role: '', environment: {}, signature: signed }),
          signing: async () => configured,
          policies: async () => [],
        },
      },
    );
    assert.equal(verdict.outcome, outcome, `${requireSigning} ${signed} ${configured}: ${verdict.reason}`);
  }
});

test('the bill of materials lists production’s packages, with whom each depends on where Node would find it', () => {
  const lock = readLockfile(JSON.stringify(LOCK));
  assert.ok(typeof lock === 'object');
  const bom = cycloneDx(lock, '00000000-0000-4000-8000-000000000000', '2026-01-05T12:00:00.000Z') as {
    specVersion: string;
    components: {
      name: string;
      group?: string;
      version: string;
      purl: string;
      'bom-ref': string;
      hashes?: { alg: string; content: string }[];
      licenses?: object[];
    }[];
    dependencies: { ref: string; dependsOn: string[] }[];
  };
  assert.equal(bom.specVersion, '1.6');
  assert.deepEqual(bom.components.map(({ purl }) => purl).sort(), [
    'pkg:npm/%40s/b@2.0.0',
    'pkg:npm/a@1.2.3',
    'pkg:npm/c@1.0.0',
    'pkg:npm/c@2.0.0',
  ]);
  const b = bom.components.find(({ name }) => name === 'b');
  assert.equal(b?.group, '@s');
  assert.deepEqual(b?.licenses, [{ expression: '(MIT OR Apache-2.0)' }]);
  const a = bom.components.find(({ name }) => name === 'a')!;
  assert.deepEqual(a.hashes, [{ alg: 'SHA-512', content: '78'.repeat(64) }]);
  const dependsOn = (start: string) => bom.dependencies.find(({ ref }) => ref.startsWith(start))?.dependsOn;
  assert.deepEqual(dependsOn('pkg:npm/shop'), [
    'pkg:npm/%40s/b@2.0.0#node_modules/@s/b',
    'pkg:npm/a@1.2.3#node_modules/a',
  ]);
  assert.deepEqual(dependsOn('pkg:npm/%40s/b'), ['pkg:npm/c@2.0.0#node_modules/@s/b/node_modules/c']);
  assert.deepEqual(dependsOn('pkg:npm/a'), ['pkg:npm/c@1.0.0#node_modules/c']);
  const refs = bom.components.map((each) => each['bom-ref']);
  assert.equal(new Set(refs).size, refs.length, 'every reference is one component');
});

test('this project’s own lockfile is read whole', () => {
  const lock = readLockfile(readFileSync('package-lock.json', 'utf8'));
  assert.ok(typeof lock === 'object');
  assert.ok(lock.packages.some(({ name }) => name === 'zod'));
  assert.ok(!lock.packages.some(({ name }) => name === 'typescript'), 'development is left out');
  for (const text of ['', '[]', '{"lockfileVersion":1,"dependencies":{}}', 'not json'])
    assert.equal(typeof readLockfile(text), 'string', text);
});

test('variables: secrets by form, name and randomness; references and settings are none', () => {
  const yes: [string, string, RegExp][] = [
    ['KEY', 'AKIAIOSFODNN7EXAMPLE', /AWS access key/],
    ['DATABASE_URL', 'postgres://app:s3cret!@db.internal/shop', /URL with a password/],
    ['X', '-----BEGIN RSA PRIVATE KEY-----\nMIIE', /private key/],
    ['JWT', `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.${'c'.repeat(20)}`, /JSON web token/],
    ['GITHUB', `ghp_${'a1B2'.repeat(9)}`, /GitHub token/],
    ['API_TOKEN', 'k3J9-xPq2-77Zt', /named like a secret/],
    ['BLOB', 'q8Zr1Lx0Vt7Kc4Ny9Bw2Hs5Jd3Fg6MpQeUaXiTo', /random/],
  ];
  for (const [name, value, why] of yes) {
    const [found] = suspectedSecrets({ [name]: value }, []);
    assert.match(found?.why ?? 'nothing', why, name);
    assert.doesNotMatch(JSON.stringify(found), new RegExp(value.slice(0, 6).replace(/[^\w]/g, '.')));
    assert.deepEqual(suspectedSecrets({ [name]: value }, [name]), []);
  }
  const no: Record<string, string> = {
    STAGE: 'production',
    DB_SECRET_ARN: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf',
    API_KEY: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:k',
    TOKEN_PARAMETER: '/shop/prod/token',
    DB_PASSWORD: '{{resolve:secretsmanager:db:SecretString:password}}',
    TOKEN_TTL_SECONDS: '3600000000',
    SECRET_NAME: 'shop/production/database',
    TOKEN_URL: 'https://login.example/oauth/token',
    ENABLE_TOKENS: 'true',
    QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/orders-production-queue',
    TABLE: 'shop-orders-production-table-eu-west-1',
    NODE_OPTIONS: '--enable-source-maps',
  };
  assert.deepEqual(suspectedSecrets(no, []), []);
});

test('what is kept of any text is free of what looks like a secret', () => {
  const text =
    'Authorization: Bearer abcdef123456789 token=abcdefgh postgres://u:pw123@h/ AKIAIOSFODNN7EXAMPLE "password": "hunter22"';
  const clean = redacted(text);
  assert.doesNotMatch(clean, /abcdef|pw123|AKIAIOS|hunter22/);
  assert.equal(redacted('12 of 12 tests passed in 3.4 s'), '12 of 12 tests passed in 3.4 s');
});

test('roles: an administrator by policy or by statement', () => {
  const inline = (statement: object) => [{ name: 'inline', arn: null, document: { Statement: statement } }];
  const table: [Parameters<typeof adminPowers>[0], boolean][] = [
    [[{ name: 'a', arn: 'arn:aws:iam::aws:policy/AdministratorAccess', document: {} }], true],
    [[{ name: 'a', arn: 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole', document: {} }], false],
    [inline({ Effect: 'Allow', Action: '*', Resource: '*' }), true],
    [inline([{ Effect: 'Allow', Action: ['s3:GetObject', '*:*'], Resource: ['*'] }]), true],
    [inline({ Effect: 'Allow', Action: 'iam:*', Resource: '*' }), true],
    [inline({ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }), true],
    [inline({ Effect: 'Deny', Action: '*', Resource: '*' }), false],
    [inline({ Effect: 'Allow', Action: '*', Resource: 'arn:aws:s3:::x' }), false],
    [inline({ Effect: 'Allow', Action: 's3:*', Resource: '*' }), false],
    [inline({ Effect: 'Allow', Action: '*', Resource: '*', Condition: { Bool: {} } }), false],
    [[{ name: 'odd', arn: null, document: 'text' }], false],
  ];
  for (const [policies, admin] of table)
    assert.equal(adminPowers(policies).length > 0, admin, JSON.stringify(policies));
});
