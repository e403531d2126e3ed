import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { diagnose } from '../../src/core/doctor/rules.ts';
import { hookGate } from '../../src/core/gates/upgrade.ts';
import { consequence } from '../../src/core/history/consequence.ts';
import { aliasStanding, outcomeOf } from '../../src/core/history/outcome.ts';
import type { PastRelease } from '../../src/core/history/replay.ts';
import type { Told } from '../../src/core/history/told.ts';
import { zeroCounts } from '../../src/core/judge/counts.ts';
import { alone } from '../../src/core/release/alias.ts';
import type { AliasEvent } from '../../src/core/release/events.ts';
import { type AliasDoc, type Phase, type Release, stateOf } from '../../src/core/release/release.ts';
import { parseThreshold } from '../../src/core/release/threshold.ts';
import { SYSTEM } from '../../src/core/who.ts';
import { releaseJson } from '../../src/present/json/release.ts';
import { diagnosisText } from '../../src/present/text/diagnose.ts';
import { historyText } from '../../src/present/text/history.ts';
import { cut, type Line, line, wrap } from '../../src/present/text/line.ts';
import { planText } from '../../src/present/text/plan.ts';
import { releaseScreen } from '../../src/present/text/release.ts';
import { rollbackText } from '../../src/present/text/rollback.ts';
import { scoreboard } from '../../src/present/text/scoreboard.ts';
import { storyOf } from '../../src/present/text/story.ts';
import { ALICE, KEY, plan, Story, snapshot, T0 } from '../core/release/builders.ts';
import fc from '../property.ts';

const WIDTH = 110;

function golden(t: TestContext, name: string, lines: readonly Line[]): void {
  const text = `${wrap(lines, WIDTH).join('\n')}\n`;
  t.assert.fileSnapshot(text, join(import.meta.dirname, '../golden/text', `${name}.txt`), {
    serializers: [(value) => value],
  });
}

function threshold(text: string) {
  const read = parseThreshold(text);
  assert.ok(read.ok);
  return read.threshold;
}

const COUNTS = { timeouts: 0, throttles: 0, coldStarts: 0, slow: [] };

/** A release in its first step with guards, hooks and some traffic. */
function holding(): Story {
  const story = new Story().start({
    thresholds: [threshold('error rate > 5% for 2 minutes')],
    alarms: [{ name: 'checkout-errors' }],
    gates: [hookGate('postTraffic', 'afterTraffic', 'check', 600_000)],
  });
  story.write();
  story.at += 12_000;
  const logs = {
    cursor: 'c',
    sampled: false,
    counts: { '41': { invocations: 90, errors: 1, ...COUNTS }, '42': { invocations: 10, errors: 0, ...COUNTS } },
  };
  const alarm = { name: 'checkout-errors', state: 'OK' as const, reason: 'fine', sinceMs: T0, actionsEnabled: true };
  return story.observe({ logs, alarms: [alarm], blind: ['CloudWatch metrics cannot be read (AccessDenied)'] });
}

/** The same release, ended by a person, with what traffic showed. */
function rolledBack(): Story {
  const story = holding().order('rollback', 'customers call');
  while (story.commands.some(({ kind }) => kind === 'setAlias')) {
    story.at += 40;
    story.write();
  }
  story.at += 10_000;
  return story.result(story.take('verify').key, {
    outcome: 'verified',
    verification: {
      waitedMs: 10_000,
      stable: { invocations: 88, errors: 1 },
      candidate: { invocations: 0 },
      notes: ['log records may be late'],
    },
  });
}

/** Ten seconds of failures of which more land on the candidate than should. */
function suspected(): Story {
  const served = (invocations: number, errors: number) => ({ ...zeroCounts(), invocations, errors });
  const story = new Story().start({ judge: { alpha: 0.01 } }).write();
  for (let i = 0; i < 10; i += 1) {
    story.at += 1_000;
    const counts = { '41': served(90, i === 4 ? 1 : 0), '42': served(10, i === 2 || i === 7 ? 1 : 0) };
    story.observe({ logs: { cursor: 'c', sampled: false, counts } });
  }
  return story;
}

test('the plan is printed with its steps, its guards and what it cannot see', (t) => {
  const full = plan({
    gates: [
      hookGate('preTraffic', 'beforeTraffic', 'smoke', 3_600_000),
      hookGate('postTraffic', 'afterTraffic', 'check', 600_000),
    ],
    alarms: [{ name: 'checkout-errors' }, { name: 'old', allowed: 'this is the fix' }],
    thresholds: [threshold('error rate > 5% for 2 minutes')],
    judge: { alpha: 0.01 },
    blindSpots: ['the function logs plain text: handled errors are recognised by the runtime’s own error lines only'],
    warnings: ['event source mapping uses $LATEST instead of alias live: this release neither moves nor protects it'],
  });
  golden(t, 'plan', planText(full));
  golden(t, 'plan-unguarded', planText(plan({ signals: { logs: false, metrics: false } })));
});

test('a release in mid-step shows what is live, what is next and when, and each guard with its numbers', (t) => {
  const story = holding();
  golden(t, 'release-holding', releaseScreen(story.release, story.at));
  const steps = [{ weightPercent: 10, holdMs: 30_000, enoughInvocations: 300 }, ...story.release.plan.steps.slice(1)];
  const byEvidence = { ...story.release, plan: { ...story.release.plan, steps } };
  golden(t, 'release-by-evidence', releaseScreen(byEvidence, story.at));
  golden(t, 'release-paused', releaseScreen(story.order('pause', 'looking at a log line').release, story.at));
});

test('a release under suspicion shows how far the evidence has come', (t) => {
  const { release, at } = suspected();
  golden(t, 'release-suspected', releaseScreen(release, at));
  const tally = { requests: 1_000, hurt: 3, byVersion: { '42': { requests: 100, hurt: 3 } }, firstHurtAt: undefined };
  golden(t, 'scoreboard', scoreboard({ ...tally, release, expected: 'rolledBack', ledgerPath: 'game-day.sqlite' }));
});

test('a release that was rolled back shows why, and what traffic showed afterwards', (t) => {
  const story = rolledBack();
  golden(t, 'release-rolled-back', releaseScreen(story.release, story.at));
});

test('a rollback tells from, to, who, why, how long, what was read back, and the undo', (t) => {
  const { release } = rolledBack();
  const report = {
    key: KEY,
    from: { version: '41', second: { version: '42', weightPercent: 10 } },
    to: '41',
    because: 'it is the stable version of the open release r-1',
    who: ALICE,
    why: 'customers call',
    tookMs: 312,
    readBack: alone('41'),
    release,
  };
  golden(t, 'rollback', rollbackText(report));
  golden(t, 'rollback-failed', rollbackText({ ...report, readBack: alone('42'), release: null, why: null }));
});

test('history and diagnosis tell the same release from its ledger', (t) => {
  const { release, at } = rolledBack();
  const past: PastRelease[] = [{ release, rolledBackBy: null }];
  golden(t, 'history', historyText(KEY, past, true));
  golden(t, 'history-empty', historyText(KEY, [], false));
  const empty = new Story().doc;
  const start: AliasEvent = {
    kind: 'start',
    at: T0,
    who: ALICE,
    releaseId: 'r-1',
    plan: release.plan,
    readings: { alias: snapshot(alone('41')), alarms: [] },
  };
  const outcome = (before: AliasDoc, after: AliasDoc) => outcomeOf(aliasStanding(before, after), []);
  const turns: Told[] = [
    { event: start, outcome: outcome(empty, new Story().start().doc) },
    {
      event: { kind: 'rollback', at, who: ALICE, why: 'customers call', releaseId: 'r-1' },
      outcome: outcome(holding().doc, { ...empty, release }),
    },
  ];
  golden(t, 'diagnosis', diagnosisText({ release, ...diagnose(release, at), turns, logGroup: '/shop/checkout' }));
});

const PHASES: readonly Phase[] = ['gating', 'shifting', 'holding', 'checking', 'finishing', 'rollingBack', 'ended'];

test('every phase and state has a screen, a diagnosis and a JSON form', () => {
  const cause = { at: T0, who: ALICE, reason: 'because' };
  for (const phase of PHASES) {
    for (const change of [
      {},
      { paused: cause },
      { held: { ...cause, by: 'judge' } },
      { held: { ...cause, by: 'blindness' } },
      { rollback: cause },
      { seen: null },
      { step: -1 },
    ] as Partial<Release>[]) {
      for (const state of ['promoted', 'rolledBack', 'halted'] as const) {
        const outcome = phase === 'ended' ? { ...cause, state } : null;
        const release: Release = { ...holding().release, ...change, phase, outcome };
        const screen = cut(releaseScreen(release, T0 + 5_000), 80);
        assert.ok(screen.length >= 4, `${phase} ${stateOf(release)}`);
        assert.ok(
          screen.every((text) => [...text].length <= 80 && !/undefined|NaN|\[object/.test(text)),
          screen.join('\n'),
        );
        assert.doesNotThrow(() => diagnosisText({ release, ...diagnose(release, T0), turns: [], logGroup: null }));
        assert.equal(releaseJson(release, T0).state, stateOf(release));
      }
    }
  }
});

test('every kind of event and of result has a sentence', () => {
  const { release } = holding();
  const stamp = { at: T0, who: SYSTEM, releaseId: 'r-1' };
  const alias = snapshot(alone('41'));
  const verification = { waitedMs: 1, stable: { invocations: 1, errors: 0 }, candidate: { invocations: 0 }, notes: [] };
  const results = [
    { outcome: 'aliasSet', snapshot: alias, sentAt: T0 },
    { outcome: 'aliasForeign', found: alias },
    { outcome: 'aliasForeign', found: null },
    { outcome: 'superseded', by: { releaseId: 'r-1', fence: 2 } },
    { outcome: 'hookInvoked' },
    { outcome: 'hookReturned', status: 'Failed' },
    { outcome: 'hookFailed', error: 'it crashed' },
    { outcome: 'observed', observation: {} },
    { outcome: 'verified', verification },
    { outcome: 'failed', error: 'throttled', retryable: true },
  ] as const;
  const events: AliasEvent[] = [
    { kind: 'start', plan: release.plan, readings: { alias, alarms: [] }, ...stamp },
    { kind: 'startRollback', plan: release.plan, readings: { alias, alarms: [] }, ...stamp },
    { kind: 'promote', full: true, ...stamp },
    { kind: 'pause', ...stamp, why: 'because' },
    { kind: 'resume', ...stamp },
    { kind: 'rollback', ...stamp },
    { kind: 'observed', observation: { alias: null, blind: ['logs'], minutes: [] }, ...stamp },
    { kind: 'hookAnswered', executionId: 'x', status: 'Succeeded', via: 'codedeploy', ...stamp },
    { kind: 'tick', ...stamp },
    ...results.map((result): AliasEvent => ({ kind: 'result', command: 'r-1#1', result, ...stamp })),
  ];
  for (const event of events) {
    const { text } = storyOf(event, consequence(null, release));
    assert.ok(text.length > 5 && !/undefined|\[object/.test(text), `${event.kind}: ${text}`);
  }
});

test('lines are cut to the width before they are painted, and wrapped without losing a word', () => {
  const paint = (_tone: string, text: string) => `<${text}>`;
  assert.deepEqual(cut([line('123456789012345', ['good', '67890123'])], 20, paint), ['123456789012345<6789>…']);
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 30 }), { maxLength: 20 }),
      fc.integer({ min: 0, max: 120 }),
      (words, width) => {
        const text = words.join(' ');
        const spans = line('  label     ', ['bad', text]);
        assert.ok(cut([spans], width).every((each) => [...each].length <= Math.max(20, width)));
        const letters = (value: string) => value.replace(/\s+/g, '');
        assert.equal(letters(wrap([spans], width).join('')), letters(`label${text}`));
      },
    ),
  );
});
