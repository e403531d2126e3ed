import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Objects } from '../../src/app/ports/objects.ts';
import { AwsProblem } from '../../src/app/ports/problem.ts';
import { createAws } from '../../src/aws/index.ts';
import { openS3Host } from '../../src/hosts/s3.ts';
import { type LocalAws, startLocalAws } from '../../src/local/main.ts';
import { TestClock } from '../app/clock.ts';
import { commandOf, counterLogic, resultOf } from '../hosts/counter.ts';

describe('objects in S3', () => {
  let local: LocalAws;
  let aws: ReturnType<typeof createAws>;
  let objects: Objects;

  before(async () => {
    local = await startLocalAws();
    aws = createAws({ endpointUrl: local.endpoint, region: 'eu-west-1' });
    await fetch(`${local.endpoint}/state`, { method: 'PUT' });
    objects = aws.objects('state', 'team/');
  });
  after(async () => {
    aws.close();
    await local.close();
  });
  const faults = (rules: readonly object[]) =>
    fetch(`${local.endpoint}/_local/faults`, { method: 'PUT', body: JSON.stringify(rules) });
  afterEach(() => fetch(`${local.endpoint}/_local/faults`, { method: 'DELETE' }));

  it('come back as they were put, under the prefix that callers do not see', async () => {
    const etag = await objects.put('a', '{"text":"ü"}', null);
    assert.deepEqual(await objects.get('a'), { body: '{"text":"ü"}', etag });
    assert.deepEqual(await aws.objects('state', '').list('', '', 10), [{ key: 'team/a', etag }]);
    assert.equal(await objects.get('b'), undefined);
  });

  it('are written only where nobody wrote meanwhile', async () => {
    const first = await objects.put('c', '1', null);
    assert.ok(first);
    assert.equal(await objects.put('c', '2', null), undefined, 'there is one already');
    const second = await objects.put('c', '2', first);
    assert.ok(second);
    assert.equal(await objects.put('c', '3', first), undefined, 'it has another etag by now');
    assert.equal(await objects.put('none', '3', first), undefined, 'there is none any more');
    await objects.delete('c', first);
    assert.equal((await objects.get('c'))?.body, '2');
    await objects.delete('c', second);
    assert.equal(await objects.get('c'), undefined);
    await objects.delete('c', second);
  });

  it('are listed by prefix, in order, page by page', async () => {
    for (const key of ['l/c', 'l/a', 'm/x', 'l/b']) await objects.put(key, 'x', null);
    const keys = async (after: string, limit: number) => (await objects.list('l/', after, limit)).map(({ key }) => key);
    assert.deepEqual(await keys('', 2), ['l/a', 'l/b']);
    assert.deepEqual(await keys('l/b', 2), ['l/c']);
    assert.deepEqual(await keys('l/c', 2), []);
  });

  it('are refused as AWS refuses them', async () => {
    await assert.rejects(aws.objects('nowhere', '').get('a'), (error: unknown) => {
      assert.ok(error instanceof AwsProblem);
      assert.deepEqual([error.kind, error.code, error.operation], ['missing', 'NoSuchBucket', 'GetObject']);
      return true;
    });
    await faults([{ service: 's3', operation: '*', kind: 'error', status: 403, code: 'AccessDenied' }]);
    await assert.rejects(objects.put('d', '1', null), /PutObject: AccessDenied: .*this identity needs s3:PutObject/);
    await assert.rejects(objects.list('', '', 1), /this identity needs s3:ListBucket/);
  });

  it('carry a host that loses no turn and doubles none while S3 fails, dawdles and loses answers', async () => {
    await faults([
      { service: 's3', operation: 'PutObject', kind: 'lostAnswer', probability: 0.15, seed: 1 },
      { service: 's3', operation: 'GetObject', kind: 'error', status: 503, probability: 0.1, seed: 2 },
      { service: 's3', operation: 'PutObject', kind: 'reset', probability: 0.1, seed: 3 },
      { service: 's3', operation: '*', kind: 'slow', delayMs: 5, probability: 0.2, seed: 4 },
    ]);
    const problems: string[] = [];
    const clock = new TestClock();
    const open = () =>
      openS3Host({
        objects: aws.objects('state', 'faults/'),
        place: 's3://state/faults',
        logic: counterLogic,
        commandOf,
        clock,
        perform: async (_actor, command) => resultOf(command, clock.now()),
        report: (problem) => problems.push(problem),
      });
    const both = [open(), open()] as const;
    const stamp = { at: 5, who: { name: 'alice', provedBy: 'os-user' } } as const;
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        both[n % 2 ? 1 : 0].deliver('a', { kind: 'ask', command: `c${n}`, ...stamp }),
      ),
    );
    await Promise.all(both.map((host) => host.idle()));
    const kinds = (await both[0].ledger('a', { after: 0, limit: 100 })).map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === 'ask').length, 20);
    assert.equal(kinds.filter((kind) => kind === 'result').length, 20);
    assert.deepEqual(await both[1].verify(), { ok: true, entries: 40 });
    await Promise.all(both.map((host) => host.close()));
    assert.deepEqual(problems, []);
  });
});
