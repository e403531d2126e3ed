import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aliasPerform, createPerform, newestWrite, type PerformPorts } from '../../src/app/perform.ts';
import { AwsProblem } from '../../src/app/ports/problem.ts';
import { fingerprint } from '../../src/core/fingerprint.ts';
import type { AwsCommand, HookPayload } from '../../src/core/release/commands.ts';
import type { CountsByVersion, Observation, Watch } from '../../src/core/release/observation.ts';
import { emptyDoc } from '../../src/core/release/release.ts';
import { KEY, Story } from '../core/release/builders.ts';
import { TestClock } from './clock.ts';
import { FakeAliases } from './fake-aliases.ts';
import { followNothing, unfollowable } from './fake-follow.ts';

const WATCH: Watch = {
  function: 'checkout',
  alias: 'live',
  stable: '41',
  candidate: '42',
  sinceMs: 0,
  logs: true,
  metrics: true,
  limitsMs: [],
  alarms: [],
};

function served(counts: Readonly<Record<string, readonly [invocations: number, errors: number]>>): CountsByVersion {
  return Object.fromEntries(
    Object.entries(counts).map(([version, [invocations, errors]]) => [
      version,
      { invocations, errors, timeouts: 0, throttles: 0, coldStarts: 0, slow: [] },
    ]),
  );
}

const logs = (counts: CountsByVersion, sampled = false): Observation => ({ logs: { cursor: 'c', counts, sampled } });

function world(ports: Partial<PerformPorts> = {}) {
  const clock = new TestClock();
  const unused = () => Promise.reject(new Error('not part of this story'));
  const perform = createPerform({
    aliases: new FakeAliases(),
    clock,
    random: () => 0.5,
    signals: { look: unused, follow: followNothing },
    hooks: { invoke: unused },
    ...ports,
  });
  return { clock, perform: (command: AwsCommand) => clock.runUntil(perform(command)), performNow: perform };
}

describe('calling a hook', () => {
  const payload = { ReleaseId: 'r-1' } as HookPayload;
  const command: AwsCommand = {
    kind: 'invokeHook',
    key: 'r-1/preTraffic',
    hook: 'preTraffic',
    function: 'check',
    payload,
  };
  const lost = new AwsProblem('unavailable', 'Invoke', 'TimeoutError', 'lost');
  const busy = new AwsProblem('throttled', 'Invoke', 'TooManyRequestsException', 'slow down');
  const denied = new AwsProblem('denied', 'Invoke', 'AccessDeniedException', 'no');

  const cases: readonly [string, (Error | 'Succeeded' | 'Failed' | undefined)[], object][] = [
    ['its answer comes by callback', [undefined], { outcome: 'hookInvoked' }],
    ['it returned its answer', ['Failed'], { outcome: 'hookReturned', status: 'Failed' }],
    ['it crashed', [new Error('boom')], { outcome: 'hookFailed', error: 'boom' }],
    ['it may not be called', [denied], { outcome: 'hookFailed', error: denied.message }],
    [
      'the first calls were lost or throttled',
      [lost, busy, 'Succeeded'],
      { outcome: 'hookReturned', status: 'Succeeded' },
    ],
    [
      'it can not be called for ten seconds',
      Array.from({ length: 100 }, () => busy),
      { outcome: 'hookFailed', error: `it could not be called: ${busy.message}` },
    ],
  ];
  for (const [name, answers, expected] of cases) {
    it(`tells the engine that ${name}`, async () => {
      const left = [...answers];
      const called: string[] = [];
      const { perform } = world({
        hooks: {
          invoke: async (functionName, given) => {
            called.push(functionName);
            assert.equal(given, payload);
            const answer = left.shift();
            if (answer instanceof Error) throw answer;
            return answer;
          },
        },
      });
      assert.deepEqual(await perform(command), expected);
      assert.deepEqual([...new Set(called)], ['check']);
    });
  }
});

describe('a look', () => {
  it('answers what was seen, and from which place on the log records were read', async () => {
    const { perform } = world({ signals: { look: async () => logs({}), follow: followNothing } });
    const result = await perform({ kind: 'observe', key: 'r-1/look/1', watch: { ...WATCH, logCursor: 'b' } });
    const observation = { logs: { cursor: 'c', since: fingerprint('b'), counts: {}, sampled: false } };
    assert.deepEqual(result, { outcome: 'observed', observation });
  });

  it('fails, to be tried again, where even the signals break', async () => {
    const { perform } = world();
    const result = await perform({ kind: 'observe', key: 'r-1/look/1', watch: WATCH });
    assert.deepEqual(result, { outcome: 'failed', error: 'not part of this story', retryable: true });
  });
});

describe('the proof of a rollback', () => {
  /** Tells each observation after its delay; follows until it is stopped. */
  function story(told: readonly (readonly [afterMs: number, observation: Observation])[], watch: Partial<Watch> = {}) {
    const clock = new TestClock();
    const perform = createPerform({
      aliases: new FakeAliases(),
      clock,
      hooks: { invoke: () => Promise.reject() },
      signals: {
        look: () => Promise.reject(),
        follow(reader) {
          const stop = new AbortController();
          const tellAll = async (): Promise<void> => {
            for (const [afterMs, observation] of told) {
              await clock.sleep(afterMs, stop.signal).catch(() => undefined);
              if (stop.signal.aborted) return;
              await reader.tell(observation);
            }
          };
          const done = tellAll();
          return {
            stop() {
              stop.abort();
              return done;
            },
          };
        },
      },
    });
    const restoredAt = clock.now();
    const command: AwsCommand = {
      kind: 'verify',
      key: 'r-1/verify',
      watch: { ...WATCH, ...watch },
      restoredAt,
      waitMs: 10_000,
    };
    return { restoredAt, result: async () => verificationOf(await clock.runUntil(perform(command))) };
  }
  function verificationOf(result: Awaited<ReturnType<ReturnType<typeof createPerform>>>) {
    assert.ok(result.outcome === 'verified', JSON.stringify(result));
    return result.verification;
  }

  it('ends as soon as stable has served and the candidate is silent', async () => {
    const verification = await story([
      [100, logs(served({ 41: [2, 0] }))],
      [100, logs(served({ 41: [3, 1] }))],
    ]).result();
    assert.deepEqual(verification.stable, { invocations: 5, errors: 1 });
    assert.deepEqual(verification.candidate, { invocations: 0 });
    assert.ok(verification.waitedMs >= 2_000 && verification.waitedMs < 2_500, `${verification.waitedMs} ms`);
    assert.deepEqual(verification.notes, []);
  });

  it('waits for the silence of a candidate whose records still arrive, and says so', async () => {
    const late = Array.from({ length: 4 }, () => [1_000, logs(served({ 41: [1, 0], 42: [1, 1] }))] as const);
    const verification = await story(late).result();
    assert.deepEqual(verification.candidate, { invocations: 4 });
    assert.ok(verification.waitedMs >= 6_000 && verification.waitedMs < 6_500, `${verification.waitedMs} ms`);
    assert.match(verification.notes.join(), /4 invocations of version 42 were still reported/);
  });

  it('says after the whole time that nothing proves it where there is no traffic', async () => {
    const verification = await story([[100, logs({})]]).result();
    assert.equal(verification.waitedMs, 10_000);
    assert.deepEqual(verification.notes, [
      'no invocation of version 41 was seen in 10 s: nothing proves yet that it serves',
    ]);
  });

  it('counts CloudWatch minutes that began after the switch where there are no log records', async () => {
    const { restoredAt } = story([]);
    const later = story(
      [
        [
          500,
          {
            minutes: [
              { minuteMs: restoredAt - 60_000, counts: served({ 41: [7, 0], 42: [7, 7] }) },
              { minuteMs: restoredAt, counts: served({ 41: [4, 0] }) },
            ],
          },
        ],
      ],
      { logs: false },
    );
    const verification = await later.result();
    assert.deepEqual([verification.stable.invocations, verification.candidate.invocations], [4, 0]);
    assert.match(verification.notes.join(), /the counts are CloudWatch minutes/);
  });

  it('passes on what could not be measured, and that the alias gives the candidate traffic again', async () => {
    const alias = { version: '41', second: { version: '42', weightPercent: 5 }, revisionId: 'r', description: '' };
    const verification = await story([
      [100, { ...logs(served({ 41: [1, 0] }), true), alias, blind: ['no access to the log group'] }],
    ]).result();
    assert.equal(verification.waitedMs, 10_000);
    assert.match(
      verification.notes.join('\n'),
      /sample.*no access to the log group.*version 42 5 % of the traffic again/s,
    );
  });

  it('ends at once where the signals cannot be followed at all', async () => {
    const { perform } = world({
      signals: { look: () => Promise.reject(), follow: unfollowable(new Error('no credentials')) },
    });
    const verification = verificationOf(
      await perform({ kind: 'verify', key: 'r-1/verify', watch: WATCH, restoredAt: 0, waitMs: 10_000 }),
    );
    assert.ok(verification.waitedMs < 1_000);
    assert.match(verification.notes.join(), /the signals could not be followed: no credentials/);
  });
});

describe('performing for the alias actor', () => {
  const story = () => new Story().start();

  it('answers with the result as an event of the release', async () => {
    const { doc, commands } = story();
    const clock = new TestClock();
    const perform = aliasPerform(async () => ({ outcome: 'hookInvoked' }), clock);
    const event = await perform('a', commands[0]!, doc);
    assert.deepEqual(event, {
      kind: 'result',
      at: clock.now(),
      who: { name: 'switchback', provedBy: 'system' },
      releaseId: 'r-1',
      command: 'r-1#1',
      result: { outcome: 'hookInvoked' },
    });
  });

  it('leaves undone what the release no longer waits for', async () => {
    const begun = story();
    const shift = begun.commands[0]!;
    const ordered = begun.order('rollback').doc;
    const perform = aliasPerform(() => assert.fail('performed'), new TestClock());
    assert.equal(await perform('a', shift, ordered), undefined);
    assert.equal(await perform('a', shift, emptyDoc(KEY)), undefined);
  });

  it('tells the newest write that the engine asked for', async () => {
    const { doc } = story().order('rollback');
    const newest = newestWrite({ read: async (actor) => ({ actor, sequence: 2, state: doc }) });
    assert.deepEqual(await newest(KEY), { releaseId: 'r-1', fence: 2 });
    assert.equal(await newestWrite({ read: async () => undefined })(KEY), undefined);
  });
});
