import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { askedOf } from '../../src/app/approve.ts';
import { digestOf } from '../../src/core/gates/approval.ts';
import type { GateCheck } from '../../src/core/gates/checks.ts';
import type { Gate, GatePlace } from '../../src/core/gates/gate.ts';
import { hookGate } from '../../src/core/gates/upgrade.ts';
import { approvalJson } from '../../src/present/json/approval.ts';
import { releaseJson } from '../../src/present/json/release.ts';
import { approvalText } from '../../src/present/text/approval.ts';
import { type Line, wrap } from '../../src/present/text/line.ts';
import { planText } from '../../src/present/text/plan.ts';
import { releaseScreen } from '../../src/present/text/release.ts';
import { plan, Story } from '../core/release/builders.ts';

const WIDTH = 110;

function golden(t: TestContext, name: string, lines: readonly Line[]): void {
  const text = `${wrap(lines, WIDTH).join('\n')}\n`;
  const serializers = [(value: string) => value];
  t.assert.fileSnapshot(text, join(import.meta.dirname, '../golden/text', `${name}.txt`), { serializers });
}

const FILE = { name: 'events/order.json', sha256: 'a'.repeat(64), bytes: 12 };
const CHECKS: Readonly<Record<string, GateCheck>> = {
  orders: {
    kind: 'data',
    change: 'orders gets a column "currency"',
    back: { by: 'command', command: 'npm run migrate:down' },
  },
  smoke: { kind: 'functional', cases: [{ name: 'order', event: FILE, expect: [] }] },
  load: {
    kind: 'load',
    perSecond: 50,
    forMs: 30_000,
    maxInFlight: 100,
    event: null,
    p95Ms: 300,
    p99Ms: 800,
    maxErrorPercent: 1,
    minAnswers: 50,
  },
  scan: {
    kind: 'security',
    parts: ['audit', 'secrets'],
    lockfile: FILE,
    failFrom: 'high',
    requireSigning: false,
    allowVariables: [],
  },
  uat: { kind: 'approval', title: 'UAT', people: ['bob'], roles: ['qa'], fourEyes: true },
  contract: { kind: 'command', command: ['npm', 'run', 'contract'], folder: '/srv/checkout' },
  health: {
    kind: 'url',
    url: 'https://shop.example/health',
    method: 'GET',
    status: 200,
    expect: [],
    allowPrivate: false,
  },
};

function gate(id: string, at: GatePlace, rules: Partial<Gate> = {}): Gate {
  return { id, at, check: CHECKS[id]!, timeoutMs: 60_000, onFail: 'rollback', onSilence: 'rollback', ...rules };
}

const GATES: readonly Gate[] = [
  gate('orders', 'beforeTraffic'),
  gate('smoke', 'beforeTraffic'),
  gate('load', 'beforeTraffic', { onFail: 'hold', timeoutMs: 90_000 }),
  gate('scan', 'beforeTraffic', { onSilence: 'continue' }),
  gate('uat', 'beforeTraffic', { timeoutMs: 86_400_000, onSilence: 'hold' }),
  hookGate('everyStep', 'everyStep', 'checkout-check', 600_000),
  gate('contract', { step: 2 }),
  gate('health', 'beforePromotion'),
];

/** A release whose first gates have run, each with another end, up to the approval. */
function asking(): Story {
  const story = new Story().start({ gates: GATES });
  const answer = (outcome: 'pass' | 'error', reason: string, facts: { name: string; value: string }[]): void => {
    story.at += 2_500;
    const evidence = {
      facts,
      files: outcome === 'error' ? [{ name: 'r-1-scan-audit.json', sha256: 'b'.repeat(64) }] : [],
    };
    story.result(story.take('runGate').key, { outcome: 'gateDone', verdict: { outcome, reason }, evidence });
  };
  answer('pass', '1 of 1 cases answered as expected', [{ name: 'order', value: 'as expected, 12 ms' }]);
  answer('pass', '1500 answers; p95 120 ms (limit 300 ms), p99 240 ms (limit 800 ms); 0 of 1500 requests failed', [
    { name: 'requests', value: '1500 of 1500 sent, 1500 answered, 50.0 a second' },
  ]);
  answer('error', 'audit: the registry could not be asked for advisories: offline', []);
  return story;
}

test('a plan shows each gate where it runs, with its criteria and rules', (t) => {
  golden(t, 'plan-gates', planText(plan({ gates: GATES })));
});

test('a release that waits for an approval says for whom, until when, and with which command', (t) => {
  const story = asking();
  golden(t, 'release-approval', releaseScreen(story.release, story.at));
});

test('what a person approves is the plan and all that the gates have said', (t) => {
  const { release, name, gate: asked, run, shown } = askedOf(asking().release)!;
  golden(t, 'approval', approvalText(release, name, asked, run));
  assert.equal(digestOf(shown), run.digest, 'what is shown is what the digest is made of');
  const json = JSON.stringify(approvalJson(release, name, asked, run, shown));
  assert.doesNotMatch(json, /"secret"/);
});

test('a gate that holds says how to run it again, and how to go past it', (t) => {
  const story = new Story().start({ gates: [gate('load', 'beforeTraffic', { onFail: 'hold' })] });
  story.at += 31_000;
  const verdict = { outcome: 'fail' as const, reason: 'p99 1200 ms (limit 800 ms); 0 of 1500 requests failed' };
  story.result(story.take('runGate').key, { outcome: 'gateDone', verdict, evidence: { facts: [] } });
  story.at += 5_000;
  golden(t, 'release-gate-held', releaseScreen(story.release, story.at));
});

test('a rollback says which data it did not take back', (t) => {
  const story = new Story()
    .start({ gates: [gate('orders', 'beforeTraffic')] })
    .look()
    .write();
  story.order('rollback', 'customers call');
  while (story.commands.some(({ kind }) => kind === 'setAlias')) story.write();
  golden(t, 'release-data-left', releaseScreen(story.release, story.at));
});

test('scripts see every gate with its runs, and never an execution id', () => {
  const story = asking();
  const digest = story.release.gates.uat!.digest!;
  const bob = { name: 'bob', provedBy: 'token' as const };
  const word = {
    kind: 'approve',
    at: story.at,
    who: bob,
    roles: [],
    releaseId: 'r-1',
    gate: 'uat',
    why: 'fine',
    digest,
  } as const;
  story.tell({ ...word, decision: 'approve' });
  const hook = story.release.gates['everyStep@1']!;
  assert.equal(hook.status, 'waiting');
  const json = releaseJson(story.release, story.at);
  const scan = json.gates.find(({ id }) => id === 'scan')!;
  assert.deepEqual(
    { kind: scan.kind, at: scan.at, place: scan.place, onFail: scan.onFail, onSilence: scan.onSilence },
    { kind: 'security', at: 'beforeTraffic', place: 'before any traffic', onFail: 'rollback', onSilence: 'continue' },
  );
  assert.deepEqual(
    scan.runs.map(({ run, status, attempt, verdict }) => [run, status, attempt, verdict?.outcome]),
    [['scan', 'continued', 1, 'error']],
  );
  assert.equal(json.gates.find(({ id }) => id === 'uat')?.runs[0]?.decidedBy, 'bob');
  assert.deepEqual(Object.keys(json.hooks), ['everyStep@1']);
  const text = JSON.stringify(json);
  assert.ok(hook.executionId && !text.includes(hook.executionId) && !text.includes('"secret"'));
});
