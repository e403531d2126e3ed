import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, unwatchFile, watchFile, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { archive, archiveWithLink, bomb } from './archives.ts';
import { freePort } from './processes.ts';
import { good, ROLE, Site, zipOf } from './site.ts';

let site: Site;
before(async () => {
  site = await Site.open();
});
after(() => site.close());

const MEGABYTE = 1024 * 1024;

interface BadCode {
  readonly what: string;
  readonly zip: () => Uint8Array;
  /** What the command says before anything is sent, or what AWS says where only it can know. */
  readonly says: RegExp;
}

// biome-ignore format: one row, one archive
const archives: readonly BadCode[] = [
  { what: 'a path above its root', zip: () => archive({ 'index.mjs': good('x'), '../evil.mjs': 'x' }), says: /"\.\.\/evil\.mjs", which would be written outside/ },
  { what: 'a path above its root in the middle', zip: () => archive({ 'a/../../evil.mjs': 'x' }), says: /outside its folder/ },
  { what: 'an absolute path', zip: () => archive({ '/tmp/evil.mjs': 'x' }), says: /"\/tmp\/evil\.mjs"/ },
  { what: 'a path with a drive', zip: () => archive({ 'C:\\evil.mjs': 'x' }), says: /outside its folder/ },
  { what: 'a path with backslashes', zip: () => archive({ '..\\evil.mjs': 'x' }), says: /outside its folder/ },
  { what: 'a name with a NUL', zip: () => archive({ 'a\u0000b': 'x' }), says: /outside its folder/ },
  { what: 'a link to a file of this machine', zip: () => archiveWithLink('secrets', '/etc/passwd'), says: /Could not unzip uploaded file/ },
  { what: 'a link above its root', zip: () => archiveWithLink('up', '../../..'), says: /Could not unzip uploaded file/ },
  { what: 'a bomb that says so', zip: () => bomb(MEGABYTE, 300 * MEGABYTE), says: /unpacks to 300\.0 MB: Lambda allows 250\.0 MB/ },
  { what: 'a bomb that lies', zip: () => bomb(30 * MEGABYTE, 1_000), says: /Could not unzip uploaded file/ },
  { what: 'no files', zip: () => archive({}), says: /is an empty zip file/ },
  { what: 'only its beginning', zip: () => zipOf(good('x')).subarray(0, 60), says: /is a broken zip file/ },
  { what: 'only its name', zip: () => Buffer.from('PK\u0003\u0004 and the rest is a story'), says: /is a broken zip file/ },
];

describe('an archive with', { concurrency: 3 }, () => {
  for (const [index, { what, zip, says }] of archives.entries()) {
    test(`${what} is refused by the command and by the local AWS`, async () => {
      const service = await site.service(good('one'));
      const ZipFile = zip();
      const file = path.join(site.folder, `archive-${index}.zip`);
      writeFileSync(file, ZipFile);
      const { code, stderr } = await service.run('deploy', '--zip', file);
      // What only AWS can see is AWS's refusal.
      assert.ok(code === 2 || (code === 1 && /InvalidParameterValueException/.test(stderr)), `${code}: ${stderr}`);
      assert.match(stderr, says);
      await assert.rejects(
        site.lambda.createFunction({
          FunctionName: `archive-${index}`,
          Role: ROLE,
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
          Code: { ZipFile },
        }),
        { name: 'InvalidParameterValueException' },
      );
      await service.assertLive('1');
      assert.ok(!existsSync('/tmp/evil.mjs') && !readdirSync(site.folder).includes('evil.mjs'));
    });
  }
});

describe('a payload of 7 MB', { concurrency: 2 }, () => {
  test('is refused on the way in', async () => {
    const { name: FunctionName } = await site.service(good('one'));
    const Payload = Buffer.from(JSON.stringify('x'.repeat(7 * MEGABYTE)));
    await assert.rejects(site.lambda.invoke({ FunctionName, Payload }), {
      name: 'RequestEntityTooLargeException',
      message: /7340034 byte payload is too large for the RequestResponse invocation type/,
    });
    await assert.rejects(site.lambda.invoke({ FunctionName, Payload, InvocationType: 'Event' }), {
      name: 'RequestEntityTooLargeException',
    });
    assert.equal((await site.lambda.invoke({ FunctionName })).StatusCode, 200);
  });

  test('is a function error on the way out', async () => {
    const { name: FunctionName } = await site.service(
      `export const handler = async () => 'x'.repeat(7 * ${MEGABYTE});`,
    );
    const { FunctionError, Payload } = await site.lambda.invoke({ FunctionName });
    assert.equal(FunctionError, 'Unhandled');
    assert.match(Buffer.from(Payload ?? []).toString(), /Function\.ResponseSizeTooLarge/);
  });
});

interface Garbage {
  readonly what: string;
  readonly bytes: string | Uint8Array;
  /** What comes back; undefined where the connection may only be closed. */
  readonly status?: RegExp;
  /** The request ends before the sender said it would. */
  readonly half?: true;
}

const SIGNED =
  'authorization: AWS4-HMAC-SHA256 Credential=mallory/20260101/eu-central-1/lambda/aws4_request, SignedHeaders=host, Signature=0';
const FUNCTIONS = '/2015-03-31/functions';

function raw(line: string, headers: readonly string[] = [], body = ''): string {
  const length = `content-length: ${Buffer.byteLength(body)}`;
  const all = ['host: localhost', SIGNED, ...headers, ...(/length|transfer/i.test(headers.join()) ? [] : [length])];
  return `${line} HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n${body}`;
}

// biome-ignore format: one row, one request
const garbage: readonly Garbage[] = [
  { what: 'no HTTP at all', bytes: Buffer.from([0x16, 0x03, 0x01, 0x00, 0xa5, 0x01, 0x00, 0x00]), status: /^HTTP\/1\.1 400/ },
  { what: 'a verb that does not exist', bytes: raw('STEAL / '.trim()), status: /^HTTP\/1\.1 4\d\d/ },
  { what: 'an HTTP version that does not exist', bytes: 'GET / HTTP/9.9\r\n\r\n', status: /^HTTP\/1\.1 (400|505)/ },
  { what: 'headers without end', bytes: raw('GET /', [`x-large: ${'a'.repeat(100_000)}`]), status: /^HTTP\/1\.1 431/ },
  { what: 'thousands of headers', bytes: raw('GET /', Array.from({ length: 5_000 }, (_, index) => `x-${index}: y`)), status: /^HTTP\/1\.1 4\d\d/ },
  { what: 'two different lengths', bytes: raw('POST /', ['content-length: 3', 'content-length: 4'], 'abcd'), status: /^HTTP\/1\.1 400/ },
  { what: 'a length and chunks', bytes: raw('POST /', ['content-length: 3', 'transfer-encoding: chunked'], '0\r\n\r\n'), status: /^HTTP\/1\.1 400/ },
  { what: 'a length that is no number', bytes: raw('POST /', ['content-length: many'], 'abc'), status: /^HTTP\/1\.1 400/ },
  { what: 'a chunk that is none', bytes: raw('POST /', ['transfer-encoding: chunked'], 'zz\r\nabc\r\n'), status: /^HTTP\/1\.1 400/ },
  { what: 'a header with a line break', bytes: raw('GET /', ['x-split: a\rset-cookie: b']), status: /^HTTP\/1\.1 400/ },
  { what: 'a path out of the bucket', bytes: raw('GET /../../../../etc/passwd'), status: /^HTTP\/1\.1 4\d\d/ },
  { what: 'a path out of the code store', bytes: raw('GET /_local/code/..%2f..%2f..%2fetc%2fpasswd'), status: /^HTTP\/1\.1 4\d\d/ },
  { what: 'a path that is no path', bytes: raw('GET http://[::bad/'), status: /^HTTP\/1\.1 4\d\d/ },
  { what: 'a target of garbage', bytes: raw('POST /', ['x-amz-target: ../../__proto__.constructor', 'content-type: application/x-amz-json-1.1'], '{}'), status: /^HTTP\/1\.1 (4\d\d|501)/ },
  { what: 'a function name of garbage', bytes: raw(`GET ${FUNCTIONS}/%00%ff%2f..`), status: /^HTTP\/1\.1 4\d\d/ },
  { what: 'a body of the wrong kind', bytes: raw(`POST ${FUNCTIONS}`, ['content-type: text/html'], '<html>'), status: /^HTTP\/1\.1 4\d\d/ },
  { what: 'a body that is cut short', bytes: raw(`POST ${FUNCTIONS}`, ['content-type: application/json', 'content-length: 500'], '{"FunctionName": "cut'), half: true },
  { what: 'only half of the headers', bytes: `POST ${FUNCTIONS} HTTP/1.1\r\nhost: local`, half: true },
  { what: 'nothing but a connection', bytes: '', half: true },
  { what: 'chunks that never end', bytes: raw(`POST ${FUNCTIONS}`, ['transfer-encoding: chunked'], '5\r\nabc'), half: true },
];

/** Sends bytes as they are; answers what came back until the other side closed, or, for half a request, nothing. */
async function sendRaw(port: number, { bytes, half }: Garbage): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => undefined);
  await once(socket, 'connect');
  if (half) {
    await new Promise((sent) => socket.write(bytes, sent));
    socket.destroy();
    return '';
  }
  socket.write(bytes);
  await new Promise<void>((answered) => {
    socket.once('data', () => answered()).once('close', () => answered());
  });
  socket.destroy();
  return Buffer.concat(chunks).toString('latin1');
}

describe('the local AWS, sent', { concurrency: 3 }, () => {
  for (const each of garbage) {
    test(`${each.what}, goes on serving`, async () => {
      const answer = await sendRaw(site.local.port, each);
      if (each.status) assert.match(answer, each.status);
      assert.doesNotMatch(answer, /root:x:/);
      assert.ok((await site.lambda.listFunctions()).Functions);
    });
  }

  test('a hundred connections that never speak, goes on serving', async () => {
    const silent = Array.from({ length: 100 }, () => connect(site.local.port, '127.0.0.1'));
    await Promise.all(silent.map((socket) => once(socket, 'connect')));
    for (const socket of silent) socket.write('POST / HTTP/1.1\r\ncontent-length: 10\r\n\r\n');
    assert.ok((await site.lambda.listFunctions()).Functions);
    for (const socket of silent) socket.destroy();
  });
});

describe('Switchback, where it waits for a hook, sent', () => {
  const TARGET = 'x-amz-target: CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus';
  const call = (body: string) => raw('POST /', [TARGET, 'content-type: application/x-amz-json-1.1'], body);
  const answerOf = (fields: object) => call(JSON.stringify(fields));

  test('garbage and forged answers, refuses each and goes on waiting for the right one', async () => {
    const service = await site.service(good('one'));
    await service.publish(good('two'));
    const note = path.join(site.folder, 'called-with.json');
    const writes = `import { writeFileSync } from 'node:fs';
      export const handler = async (event) => writeFileSync(process.env.NOTE, JSON.stringify(event));`;
    const silent = await site.service(writes, { alias: null, environment: { NOTE: note } });
    const port = await freePort();
    const deploy = service.start(
      'deploy',
      ...['--version', '2', '--strategy', 'all-at-once', '--bake', '0s', '--hook-timeout', '1m'],
      ...['--pre-traffic', silent.name, '--callback-port', String(port)],
    );
    await deploy.says(/hooks may answer at/);
    const called = new Promise((written) => {
      watchFile(note, { interval: 50 }, ({ size }) => size > 0 && written(size));
    });
    await called.finally(() => unwatchFile(note));
    const { DeploymentId, LifecycleEventHookExecutionId } = JSON.parse(readFileSync(note, 'utf8'));

    const forged = `123456789012:eu-central-1:${service.name}:live:r-0000000000:preTraffic:0000`;
    const status = 'Succeeded';
    const refusals: readonly Garbage[] = [
      ...garbage.filter(({ what }) => /HTTP|headers|lengths|chunk|half|connection|cut/.test(what)),
      {
        what: 'another operation',
        bytes: raw('POST /', ['x-amz-target: Lambda.Invoke'], '{}'),
        status: /^HTTP\/1\.1 400/,
      },
      { what: 'a GET', bytes: raw('GET /'), status: /^HTTP\/1\.1 400/ },
      { what: 'no JSON', bytes: call('status=Succeeded'), status: /^HTTP\/1\.1 400[\s\S]*SerializationException/ },
      { what: 'a list', bytes: call('[]'), status: /^HTTP\/1\.1 400[\s\S]*SerializationException/ },
      { what: 'too much', bytes: call(`"${'x'.repeat(100_000)}"`), status: /^HTTP\/1\.1 413/ },
      { what: 'nothing', bytes: answerOf({}), status: /DeploymentIdRequiredException/ },
      {
        what: 'numbers',
        bytes: answerOf({ deploymentId: 1, lifecycleEventHookExecutionId: 2, status: 3 }),
        status: /^HTTP\/1\.1 400/,
      },
      {
        what: 'a guess',
        bytes: answerOf({ deploymentId: 'd-ABCDEFGHI', lifecycleEventHookExecutionId: 'x', status }),
        status: /InvalidLifecycleEventHookExecutionIdException/,
      },
      {
        what: 'a forged id',
        bytes: answerOf({ deploymentId: 'd-ABCDEFGHI', lifecycleEventHookExecutionId: forged, status }),
        status: /InvalidLifecycleEventHookExecutionIdException/,
      },
      {
        what: 'a prototype',
        bytes: call('{"__proto__":{"status":"Succeeded"},"deploymentId":"d-ABCDEFGHI"}'),
        status: /^HTTP\/1\.1 400/,
      },
    ];
    for (const each of refusals) {
      const answer = await sendRaw(port, each);
      if (each.status) assert.match(answer, each.status, each.what);
    }
    const open = await service.json('status');
    assert.deepEqual({ code: open.code, weight: open.json.weightPercent }, { code: 0, weight: 0 });

    const right = {
      deploymentId: DeploymentId,
      lifecycleEventHookExecutionId: LifecycleEventHookExecutionId,
      status,
    };
    const others = { deploymentId: 'd-ABCDEFGHI' };
    assert.match(
      await sendRaw(port, { what: 'a wrong deployment', bytes: answerOf({ ...right, ...others }) }),
      /DeploymentDoesNotExistException/,
    );
    assert.match(await sendRaw(port, { what: 'the answer', bytes: answerOf(right) }), /^HTTP\/1\.1 200/);
    const { code, stderr } = await deploy.ended;
    assert.equal(code, 0, stderr);
    await service.assertLive('2');
  });
});
