import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import { readTokens } from '../../src/app/tokens.ts';
import { actorOf } from '../../src/core/release/alias.ts';
import { apiOf } from '../../src/web/api.ts';
import { type Callbacks, startCallbacks } from '../../src/web/callbacks.ts';
import { FLAGS, KEY, World } from '../cli/fakes.ts';

const open: Callbacks[] = [];
after(() => Promise.all(open.map((each) => each.close())));

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const BOB = 'bobs-token-of-many-characters';
const CAROL = 'carols-token-of-many-characters';
const OLD = 'an-old-token-of-many-characters';
const TOKENS = [
  { name: 'bob', roles: ['qa'], sha256: hash(BOB) },
  { name: 'carol', roles: ['dev'], sha256: hash(CAROL) },
  { name: 'dave', roles: ['qa'], sha256: hash(OLD), expires: '2026-01-01T00:00:00Z' },
];
const ADDRESS = `/api/v1/approvals/${KEY.account}/${KEY.region}/${KEY.function}/${KEY.alias}`;

async function waiting() {
  const world = new World();
  await world.run('deploy', ...FLAGS, '--version', '42', '--approval', 'role:qa', '--detach');
  const { host, clock } = world;
  const read = readTokens(JSON.stringify(TOKENS), 'tokens');
  assert.ok(read.ok);
  const callbacks = await startCallbacks({
    host,
    clock,
    port: 0,
    api: apiOf({ approvals: { host, clock, tokens: read.value } }),
  });
  open.push(callbacks);
  const ask = async (path: string, token: string | undefined, body?: unknown) => {
    const response = await fetch(`${callbacks.endpoint}${path}`, {
      ...(body === undefined ? {} : { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    return {
      status: response.status,
      json: (await response.json()) as Record<string, unknown> & { error?: { message: string } },
    };
  };
  const run = async () => (await host.read(actorOf(KEY)))!.state.release!.gates.approval!;
  return { ask, run, host };
}

test('a person with a token sees what is asked, and the answer is kept with the name and how it was proved', async () => {
  const { ask, run, host } = await waiting();
  const list = await ask('/api/v1/approvals', BOB);
  assert.equal(list.status, 200);
  const [first] = list.json.approvals as { gate: string; function: string; digest: string }[];
  assert.equal(first?.gate, 'approval');
  const one = await ask(ADDRESS, CAROL);
  assert.equal(one.json.digest, (await run()).digest);
  const answered = await ask(ADDRESS, BOB, { decision: 'approve', digest: one.json.digest, reason: 'UAT passed' });
  assert.equal(answered.status, 200, JSON.stringify(answered.json));
  assert.equal((await run()).status, 'passed');
  const entry = (await host.ledger(actorOf(KEY), { after: 0, limit: 100 })).find(({ kind }) => kind === 'approve');
  assert.deepEqual(entry?.who, { name: 'bob', provedBy: 'token' });
  assert.equal(entry?.why, 'UAT passed');
  const again = await ask(ADDRESS, BOB, { decision: 'deny', digest: one.json.digest, reason: 'too late' });
  assert.equal(again.status, 409);
});

test('everything else is refused, and nothing is changed', async () => {
  const { ask, run } = await waiting();
  const { digest } = await run();
  const word = { decision: 'approve', digest, reason: 'fine' };
  const table: [string | undefined, unknown, number, RegExp][] = [
    [undefined, word, 401, /a token is needed/],
    ['guessed-guessed-guessed', word, 401, /a token is needed/],
    [hash(BOB), word, 401, /a token is needed/],
    [OLD, word, 401, /a token is needed/],
    [CAROL, word, 409, /carol \(token\) may not decide gate approval/],
    [BOB, { ...word, digest: 'f'.repeat(64) }, 409, /what was shown is not what would be released/],
    [BOB, { ...word, digest: 'f' }, 422, /too short/],
    [BOB, { ...word, reason: ' ' }, 422, /reason: say why/],
    [BOB, { ...word, decision: 'maybe' }, 422, /decision/],
    [BOB, { ...word, who: 'alice' }, 422, /the body|who/],
    [BOB, 'not json', 422, /the body/],
    [BOB, { ...word, reason: 'x'.repeat(20_000) }, 413, /bytes/],
    [BOB, { ...word, gate: 'other' }, 409, /does not wait for an approval at gate other/],
  ];
  for (const [token, body, status, message] of table) {
    const answer = await ask(ADDRESS, token, body);
    assert.equal(answer.status, status, JSON.stringify(answer.json));
    assert.match(answer.json.error?.message ?? '', message);
  }
  assert.equal((await ask('/api/v1/approvals/1/2/3/4', BOB)).status, 409);
  assert.equal((await ask('/api/v1/nothing', BOB)).status, 404);
  assert.equal((await run()).status, 'waiting');
});

test('a list of tokens says what is wrong with it, and never holds a token', () => {
  const good = { name: 'bob', roles: ['qa'], sha256: hash(BOB) };
  const table: [unknown, RegExp | null][] = [
    [[good], null],
    [[{ name: 'bob', sha256: hash(BOB) }], null],
    [[{ ...good, sha256: BOB }], /0\.sha256: write the SHA-256/],
    [[{ ...good, token: BOB }], /0: .*token/],
    [[good, { ...good, name: 'eve' }], /eve has the token of another/],
    [[{ ...good, expires: 'tomorrow' }], /0\.expires/],
    [{ bob: good }, /the list/],
  ];
  for (const [given, problem] of table) {
    const read = readTokens(JSON.stringify(given), 'tokens.json');
    assert.equal(read.ok, problem === null, JSON.stringify(given));
    if (!read.ok) {
      assert.match(read.refusal.message, problem!);
      assert.doesNotMatch(read.refusal.message, new RegExp(BOB));
    }
  }
  assert.equal(readTokens('- name: bob\n  sha256: ${x', 'tokens.yaml').ok, false);
});
