import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose } from '../../../src/core/doctor/rules.ts';
import type { GateStatus } from '../../../src/core/gates/gate.ts';
import { hookGate } from '../../../src/core/gates/upgrade.ts';
import { alone } from '../../../src/core/release/alias.ts';
import type { Release } from '../../../src/core/release/release.ts';
import { parseThreshold } from '../../../src/core/release/threshold.ts';
import { SYSTEM } from '../../../src/core/who.ts';
import { ALICE, Story, snapshot, T0 } from '../release/builders.ts';

const COUNTS = { timeouts: 0, throttles: 0, coldStarts: 0, slow: [] };

function holding(): Story {
  return new Story().start().write();
}

/** A threshold that the candidate has broken for its whole time. */
function broken(): Story {
  const read = parseThreshold('errors >= 3 for 1s');
  assert.ok(read.ok);
  const story = new Story().start({ thresholds: [read.threshold], alarms: [{ name: 'checkout errors' }] }).write();
  for (let second = 0; second < 3 && !story.release.rollback; second += 1) {
    story.at += 1_000;
    story.observe({
      logs: { cursor: 'c', sampled: false, counts: { '42': { invocations: 9, errors: 9, ...COUNTS } } },
    });
  }
  return story;
}

function symptoms(release: Release, nowMs: number): string[] {
  return diagnose(release, nowMs).findings.map(({ symptom }) => symptom);
}

const APPROVAL = { kind: 'approval', title: 'UAT', people: [], roles: ['qa'], fourEyes: false } as const;

test('each way a release can stand is named by its symptom', () => {
  const cause = { at: T0, who: SYSTEM, reason: 'because' };
  const { release, at } = holding();
  const gate = hookGate('preTraffic', 'beforeTraffic', 'smoke', 1_000);
  const asked = { ...gate, id: 'uat', check: APPROVAL };
  const run = (of: string, status: GateStatus): Release['gates'] => ({
    [of]: { gate: of, attempt: 1, startedAt: T0, deadline: T0 + 1, status },
  });
  const at0 = { phase: 'gating', toward: 0, plan: { ...release.plan, gates: [gate, asked] } } as const;
  const cases: [Partial<Release>, number, string][] = [
    [{ paused: { ...cause, who: ALICE } }, at, 'the release is paused'],
    [{ held: { ...cause, by: 'judge' } }, at, 'the weight is held'],
    [{ rollback: { ...cause, who: ALICE } }, at, 'a person ended the release'],
    [{ outcome: { ...cause, state: 'halted' }, phase: 'ended' }, at, 'a person must act'],
    [{ ...at0, rollback: cause, gates: run('preTraffic', 'stopped') }, at, 'a gate stopped the release'],
    [{ ...at0, gates: run('preTraffic', 'waiting') }, at, 'a hook has not answered'],
    [{ ...at0, gates: run('uat', 'waiting') }, at, 'a person has to approve'],
    [{ ...at0, gates: run('uat', 'held'), held: { ...cause, by: 'gate' } }, at, 'a gate holds the release'],
    [{}, at + 600_000, 'nothing drives the release'],
    [{ seen: snapshot(alone('41')) }, at, 'the alias does not carry the weight that was set'],
    [{ guards: { ...release.guards, blind: ['logs cannot be read'] } }, at, 'a guard could not measure'],
    [{}, at, 'the candidate got no traffic'],
    [{ rollback: { ...cause, reason: 'setting 10 % failed after 40 tries: x' } }, at, 'a call to AWS kept failing'],
  ];
  for (const [change, nowMs, expected] of cases) {
    const found = symptoms({ ...release, ...change }, nowMs);
    assert.ok(found.includes(expected), `${expected}: ${found.join(', ') || 'nothing'}`);
  }
});

test('a guard’s verdict comes first, with the candidate’s logs and the alarms to look at', () => {
  const { release, at } = broken();
  const [first] = diagnose(release, at).findings;
  assert.equal(first?.symptom, 'a guard ended the release');
  assert.match(first.cause, /errors >= 3 for 1s: broken, \d+ of \d+ invocations/);
  assert.deepEqual(first.next[0]?.kind === 'logs' && first.next[0].version, '42');
  assert.equal(
    first.next[1]?.kind === 'command' && first.next[1].command,
    "aws cloudwatch describe-alarm-history --alarm-name 'checkout errors'",
  );
});

test('a release without a fault has nothing to diagnose', () => {
  const story = holding();
  story.observe({ logs: { cursor: 'c', sampled: false, counts: { '42': { invocations: 5, errors: 0, ...COUNTS } } } });
  assert.deepEqual(symptoms(story.release, story.at), []);
});
