import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functional } from '../../../src/app/gates/functional.ts';
import type { Invocation } from '../../../src/app/ports/invoker.ts';
import type { FunctionalCase } from '../../../src/core/gates/checks.ts';
import { FastClock, LIVE, MemoryFiles, order } from './order.ts';

async function run(
  given: (files: MemoryFiles) => Partial<FunctionalCase>,
  answer: Partial<Invocation> = {},
  tookMs = 5,
) {
  const files = new MemoryFiles();
  const clock = new FastClock();
  const asked: string[] = [];
  const each: FunctionalCase = { name: 'a', event: files.ref('event.json', { id: 1 }), expect: [], ...given(files) };
  const check = { kind: 'functional' as const, cases: [each] };
  const invoker = {
    async invokeVersion(fn: string, version: string, payload: string): Promise<Invocation> {
      asked.push(`${fn}:${version} ${payload}`);
      await clock.sleep(tookMs);
      return { outcome: 'answered', payload: '{"total":12.5,"items":[{"sku":"a"},{"sku":"b"}]}', ...answer };
    },
  };
  const { verdict, evidence } = await functional({ check, order: order(check) }, { invoker, files, clock }, LIVE);
  return { ...verdict, asked, evidence };
}

test('the candidate is invoked by its version, with the event as it is', async () => {
  const { outcome, asked } = await run(() => ({}));
  assert.equal(outcome, 'pass');
  assert.deepEqual(asked, ['checkout:42 {"id":1}']);
});

test('answers are compared as each case says', async () => {
  const schema = (files: MemoryFiles, total: object, $schema?: string) => ({
    schema: files.ref('answer.schema.json', {
      ...($schema ? { $schema } : {}),
      type: 'object',
      properties: { total },
      required: ['total'],
    }),
  });
  const table: [string, (files: MemoryFiles) => Partial<FunctionalCase>, Partial<Invocation>, number, RegExp | null][] =
    [
      ['exact', (f) => ({ exact: f.ref('x', { items: [{ sku: 'a' }, { sku: 'b' }], total: 12.5 }) }), {}, 5, null],
      ['not exact', (f) => ({ exact: f.ref('x', { total: 12 }) }), {}, 5, /it answered .*12\.5.*, not \{"total":12\}/],
      ['fits the schema', (f) => schema(f, { type: 'number' }), {}, 5, null],
      ['draft 7', (f) => schema(f, { type: 'number' }, 'http://json-schema.org/draft-07/schema#'), {}, 5, null],
      [
        'does not fit',
        (f) => schema(f, { type: 'integer' }),
        {},
        5,
        /does not fit answer\.schema\.json: \/total must be integer/,
      ],
      ['path', () => ({ expect: [{ path: '$.total', equals: 12.5 }] }), {}, 5, null],
      ['path in depth', () => ({ expect: [{ path: '$.items[?@.sku == "b"].sku', equals: 'b' }] }), {}, 5, null],
      [
        'every node counts',
        () => ({ expect: [{ path: '$.items[*].sku', equals: 'a' }] }),
        {},
        5,
        /\$\.items\[\*\]\.sku is "b", not "a"/,
      ],
      ['nothing selected', () => ({ expect: [{ path: '$.gone', equals: 1 }] }), {}, 5, /\$\.gone selects nothing/],
      ['must be absent', () => ({ expect: [{ path: '$.total', exists: false }] }), {}, 5, /should select nothing/],
      ['matches', () => ({ expect: [{ path: '$.items[*].sku', matches: '^[ab]$' }] }), {}, 5, null],
      ['does not match', () => ({ expect: [{ path: '$.items[0].sku', matches: '^b' }] }), {}, 5, /does not match \^b/],
      ['in time', () => ({ maxMs: 10 }), {}, 10, null],
      ['too slow', () => ({ maxMs: 10 }), {}, 11, /it took 11 ms, more than 10 ms/],
      [
        'fails',
        () => ({}),
        { outcome: 'functionError', errorType: 'TypeError', errorMessage: 'x' },
        5,
        /it failed: "TypeError: x"/,
      ],
      ['is throttled', () => ({}), { outcome: 'throttled' }, 5, /throttled/],
      ['no JSON', () => ({}), { payload: '<html>' }, 5, /is not JSON/],
      ['nothing is null', (f) => ({ exact: f.ref('x', null) }), { payload: '' }, 5, null],
      ['meant to fail', () => ({ failsWith: 'Bad' }), { outcome: 'functionError', errorType: 'Bad' }, 5, null],
      [
        'fails otherwise',
        () => ({ failsWith: 'Bad' }),
        { outcome: 'functionError', errorType: 'Worse' },
        5,
        /failed with Worse, not Bad/,
      ],
      ['should have failed', () => ({ failsWith: 'Bad' }), {}, 5, /should have failed with Bad/],
    ];
  for (const [what, given, answer, tookMs, problem] of table) {
    const { outcome, reason } = await run(given, answer, tookMs);
    assert.equal(outcome, problem === null ? 'pass' : 'fail', `${what}: ${reason}`);
    if (problem) assert.match(reason, problem, what);
  }
});

test('what an answer gives away is not kept', async () => {
  const payload = '{"password":"hunter2hunter2","key":"AKIAABCDEFGHIJKLMNOP"}';
  const { reason, evidence } = await run((f) => ({ exact: f.ref('x', {}) }), { payload });
  for (const text of [reason, JSON.stringify(evidence)]) assert.doesNotMatch(text, /hunter2|AKIAABCD/);
});

test('a file that lies nowhere makes the gate an error, not a failure', async () => {
  const { outcome, reason } = await run(() => ({ event: { name: 'gone.json', sha256: 'x', bytes: 1 } }));
  assert.equal(outcome, 'error');
  assert.match(reason, /"gone\.json" was not kept/);
});
