import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemText, readConfig } from '../../../src/app/config.ts';
import { sha256Of } from '../../../src/app/gates/files.ts';
import { withFiles } from '../../../src/app/gates/read.ts';
import { DEFAULTS } from '../../../src/app/settings.ts';
import { wantedFrom } from '../../../src/app/wanted.ts';

const HEAD = 'function: checkout\nalias: live\n';

/** The gates of a file, as a plan would have them but for their files. */
function gatesOf(text: string) {
  const read = readConfig(`${HEAD}${text}`, 'switchback.yaml');
  assert.ok(read.ok, read.ok ? '' : read.problems.map(problemText).join('\n'));
  const wish = wantedFrom({ ...DEFAULTS, ...read.functions[0]!.settings }, { kind: 'latest' });
  assert.ok(wish.ok, wish.ok ? '' : wish.refusal.message);
  return wish.value.gates;
}

test('gates come in the order of the file, behind the hooks before traffic and before the approvals', () => {
  const gates = gatesOf(`
hooks: { preTraffic: smoke, postTraffic: check, everyStep: each, timeout: 5m }
approvals: [bob, "role:qa"]
gates:
  - { name: contract, command: [npm, run, contract] }
  - { name: health, at: step 2, url: { address: "https://shop.example/health" }, onFailure: hold, onSilence: continue, within: 30s }
`);
  assert.deepEqual(
    gates.map(({ id, at, check, timeoutMs, onFail, onSilence }) => [id, at, check.kind, timeoutMs, onFail, onSilence]),
    [
      ['preTraffic', 'beforeTraffic', 'hook', 300_000, 'rollback', 'rollback'],
      ['everyStep', 'everyStep', 'hook', 300_000, 'rollback', 'rollback'],
      ['contract', 'beforeTraffic', 'command', 600_000, 'rollback', 'rollback'],
      ['health', { step: 2 }, 'url', 30_000, 'hold', 'continue'],
      ['postTraffic', 'afterTraffic', 'hook', 300_000, 'rollback', 'rollback'],
      ['approval', 'beforeTraffic', 'approval', 86_400_000, 'rollback', 'rollback'],
    ],
  );
  const approval = gates.at(-1)!.check;
  assert.deepEqual(approval.kind === 'approval' && [approval.people, approval.roles], [['bob'], ['qa']]);
});

test('every kind has its criteria, and what is not said is the safe thing', () => {
  const [load, security, data, url] = gatesOf(`
gates:
  - { name: load, load: { perSecond: 20, for: 30s, p99: 800ms } }
  - { name: scan, security: {} }
  - { name: orders, data: { change: "drops a column", back: { command: "npm run down" } } }
  - { name: health, url: { address: "https://a.example" } }
`);
  assert.deepEqual(load?.check, {
    kind: 'load',
    perSecond: 20,
    forMs: 30_000,
    maxInFlight: 100,
    event: null,
    p99Ms: 800,
    maxErrorPercent: 1,
    minAnswers: 50,
  });
  assert.equal(load?.timeoutMs, 90_000, 'its own time, and a minute');
  assert.deepEqual(security?.check.kind === 'security' && security.check.parts, ['signing', 'secrets', 'role']);
  assert.deepEqual(data?.check.kind === 'data' && data.check.back, { by: 'command', command: 'npm run down' });
  assert.equal(url?.check.kind === 'url' && url.check.allowPrivate, false);
});

test('a mistake is told with its line, its value and what is possible', () => {
  const table: [string, RegExp][] = [
    ['gates: [{ name: a }]', /gates\[0\]: say what it checks: hook, functional, load, command/],
    ['gates: [{ name: a, hook: x, command: [y] }]', /gates\[0\]: hook and command are two gates: write each by itself/],
    [
      'gates:\n  - { name: a, hook: x }\n  - { name: a, hook: y }',
      /:5:\d+: gates\[1\]\.name: there is a gate a already/,
    ],
    ['gates: [{ name: 1st, hook: x }]', /gates\[0\]\.name: .*begins with a letter.*\(is "1st"\)/],
    ['gates: [{ name: a, hook: x, at: "step two" }]', /gates\[0\]\.at: write "before traffic".*\(is "step two"\)/],
    ['gates: [{ name: a, hook: x, within: soon }]', /gates\[0\]\.within: "soon" is not a time/],
    ['gates: [{ name: a, hook: x, onFailiure: hold }]', /onFailiure: there is no such key.*did you mean "onFailure"\?/],
    [
      'gates: [{ name: a, load: { perSecond: 1, for: 1s, p9: 1s } }]',
      /load\.p9: there is no such key.*did you mean "p9\d"\?/,
    ],
    ['gates: [{ name: a, load: { perSecond: 0, for: 1s } }]', /load\.perSecond/],
    ['gates: [{ name: a, load: { perSecond: 1, for: 1s, errors: lots } }]', /load\.errors: write a percentage/],
    [
      'gates: [{ name: a, functional: { cases: [{ event: e, expects: [] }] } }]',
      /expects: there is no such key.*"expect"/,
    ],
    [
      'gates: [{ name: a, functional: { cases: [{ event: e, expect: [{ path: $ }] }] } }]',
      /expect\[0\]: write one of equals, exists or matches/,
    ],
    ['gates: [{ name: a, url: { address: "ftp://a" } }]', /url\.address/],
    ['gates: [{ name: a, security: { checks: [virus] } }]', /security\.checks\[0\]/],
    ['gates: [{ name: a, data: { change: x } }]', /data\.back: /],
    ['gates: [{ name: a, data: { change: x, back: maybe } }]', /data\.back: write expandContract.*\(is "maybe"\)/],
  ];
  for (const [text, expected] of table) {
    const read = readConfig(`${HEAD}${text}\n`, 'switchback.yaml');
    assert.equal(read.ok, false, text);
    if (!read.ok) assert.match(read.problems.map(problemText).join('\n'), expected, text);
  }
});

test('files are read when the plan is made, once each, and are named by what is in them', async () => {
  const gates = gatesOf(`
gates:
  - name: smoke
    functional: { cases: [{ event: a.json, exact: b.json }, { event: a.json, schema: b.json }] }
`);
  const disk: Record<string, string> = { 'a.json': '{"a":1}', 'b.json': '{}' };
  const read = await withFiles(gates, async (name) => disk[name], sha256Of);
  assert.ok(read.ok);
  assert.deepEqual([...read.value.files.keys()].sort(), [sha256Of('{"a":1}'), sha256Of('{}')].sort());
  const check = read.value.gates[0]!.check;
  assert.ok(check.kind === 'functional');
  assert.deepEqual(check.cases[0]?.event, { name: 'a.json', sha256: sha256Of('{"a":1}'), bytes: 7 });

  const table: [string, string | undefined, RegExp][] = [
    ['a.json', undefined, /gate smoke: file "a\.json" does not exist/],
    ['a.json', 'not json', /gate smoke: file "a\.json" is not JSON/],
    ['b.json', `"${'x'.repeat(1_000_001)}"`, /gate smoke: file "b\.json" has 1000003 bytes: at most 1000000/],
  ];
  for (const [name, text, message] of table) {
    const refused = await withFiles(gates, async (asked) => (asked === name ? text : disk[asked]), sha256Of);
    assert.ok(!refused.ok);
    assert.match(refused.refusal.message, message);
  }
});

test('a path or a pattern that cannot be read is told before anything is released', async () => {
  for (const expect of ['{ path: "$.[", equals: 1 }', '{ path: $.a, matches: "(" }']) {
    const gates = gatesOf(`gates: [{ name: a, url: { address: "https://a.example", expect: [${expect}] } }]\n`);
    const read = await withFiles(gates, async () => undefined, sha256Of);
    assert.ok(!read.ok, expect);
    assert.match(read.refusal.message, /gate a: ".*" cannot be read: /);
  }
});
