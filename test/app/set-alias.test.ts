import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PATIENCE_MS } from '../../src/app/perform/patience.ts';
import { createPerform, type PerformPorts } from '../../src/app/perform.ts';
import {
  type AliasKey,
  type AliasSnapshot,
  alone,
  type OwnerTag,
  type Routing,
  sameRouting,
  writeDescription,
} from '../../src/core/release/alias.ts';
import type { AwsCommand, CommandResult } from '../../src/core/release/commands.ts';
import { TestClock } from './clock.ts';
import { FakeAliases, type Fault } from './fake-aliases.ts';
import { followNothing } from './fake-follow.ts';

type SetAlias = Extract<AwsCommand, { kind: 'setAlias' }>;

const KEY: AliasKey = { account: '123456789012', region: 'eu-west-1', function: 'checkout', alias: 'live' };
const STABLE = alone('41');
const TEN: Routing = { version: '41', second: { version: '42', weightPercent: 10 } };
const FIFTY: Routing = { version: '41', second: { version: '42', weightPercent: 50 } };
const CANDIDATE = alone('42');
const tagged = (fence: number, releaseId = 'r-1') => writeDescription('the shop', { releaseId, fence });

function write(changes: Partial<SetAlias>): SetAlias {
  return {
    kind: 'setAlias',
    key: `r-1#${changes.fence ?? 1}`,
    alias: KEY,
    target: TEN,
    fence: 1,
    releaseId: 'r-1',
    keepTag: true,
    description: 'the shop',
    untagged: [STABLE],
    last: null,
    ...changes,
  };
}

/** One alias, and everything that a write of it needs. */
function world(routing: Routing = STABLE, description = 'the shop') {
  const aliases = new FakeAliases();
  const clock = new TestClock();
  const first = aliases.put(KEY, routing, description);
  const unused = () => Promise.reject(new Error('not part of this story'));
  const perform = (command: AwsCommand, ports: Partial<PerformPorts> = {}): Promise<CommandResult> =>
    clock.runUntil(
      createPerform({
        aliases,
        clock,
        random: () => 0.5,
        signals: { look: unused, follow: followNothing },
        hooks: { invoke: unused },
        ...ports,
      })(command),
    );
  return { aliases, clock, first, perform };
}

function assertSet(result: CommandResult, now: AliasSnapshot): void {
  assert.equal(result.outcome, 'aliasSet', JSON.stringify(result));
  assert.deepEqual(result.outcome === 'aliasSet' && result.snapshot, now);
}

describe('a write of the alias', () => {
  it('takes one call and a read-back where the alias is as it was last read', async () => {
    const { aliases, first, perform, clock } = world();
    const sentAt = clock.now();
    const result = await perform(write({ last: first }));
    assert.deepEqual(aliases.calls, ['UpdateAlias', 'GetAlias']);
    assertSet(result, aliases.now(KEY));
    assert.ok(result.outcome === 'aliasSet' && result.sentAt === sentAt);
    assert.ok(sameRouting(aliases.now(KEY), TEN));
    assert.equal(aliases.now(KEY).description, tagged(1));
  });

  it('reads first where the alias was never read', async () => {
    const { aliases, perform } = world();
    assertSet(await perform(write({ last: null })), aliases.now(KEY));
    assert.deepEqual(aliases.calls, ['GetAlias', 'UpdateAlias', 'GetAlias']);
  });

  it('removes the tag and keeps the text that the user has edited meanwhile', async () => {
    const { aliases, perform } = world(CANDIDATE, writeDescription('the new shop', { releaseId: 'r-1', fence: 3 }));
    const result = await perform(write({ fence: 4, target: CANDIDATE, keepTag: false, untagged: [] }));
    assertSet(result, aliases.now(KEY));
    assert.equal(aliases.now(KEY).description, 'the new shop');
  });

  it('tells which revision it has replaced, where AWS has said so', async () => {
    const over = (result: CommandResult) => (result.outcome === 'aliasSet' ? result.over : result);
    const { aliases, first, perform } = world();
    assert.equal(over(await perform(write({ last: first }))), first.revisionId);
    // Found done: by whom, and over what, nobody knows.
    assert.equal(over(await perform(write({ last: first }))), undefined);
    const second = aliases.now(KEY);
    const untag = write({ fence: 2, keepTag: false, last: second });
    aliases.faults.update.push('lostAfter');
    assert.equal(over(await perform(untag)), undefined);
    aliases.put(KEY, second, second.description);
    assert.equal(over(await perform({ ...untag, last: aliases.now(KEY) })), aliases.writes.at(-1)?.before.revisionId);
  });

  it('does not say that it has replaced what may have come after it', async () => {
    const { aliases, perform } = world(TEN, tagged(1));
    const rollback = write({ fence: 2, target: STABLE, last: aliases.now(KEY) });
    // A process that died has made this very write, and then somebody moved the alias.
    aliases.put(KEY, STABLE, tagged(2));
    const now = aliases.foreign(KEY, STABLE, 'moved by hand');
    aliases.faults.update.push(undefined, 'lostBefore');
    aliases.faults.get.push(undefined, 'stale');
    const result = await perform(rollback);
    assert.ok(result.outcome === 'aliasSet' && result.snapshot.description === tagged(2), JSON.stringify(result));
    assert.equal(aliases.now(KEY), now);
    assert.equal(result.over, undefined);
  });

  it('counts only once it is read back, and reads again where the read is older than the write', async () => {
    const { aliases, first, perform } = world();
    aliases.faults.get.push('stale', 'lostBefore', 'stale', 'throttled');
    assertSet(await perform(write({ last: first })), aliases.now(KEY));
    assert.equal(aliases.writes.length, 1);
  });

  it('takes nobody for a stranger while it reads a revision that was replaced, however often', async () => {
    const { aliases, first, perform } = world();
    await perform(write({ last: first }));
    aliases.faults.update.push('lostBefore');
    aliases.faults.get.push(...Array.from<Fault>({ length: 8 }).fill('stale'));
    const rollback = write({ fence: 2, target: STABLE, last: aliases.now(KEY), replaced: [first.revisionId] });
    assertSet(await perform(rollback), aliases.now(KEY));
    assert.ok(sameRouting(aliases.now(KEY), STABLE));
  });

  it('is made over an alias that was seen before, where what was read last is the older of two', async () => {
    const { aliases, perform } = world(STABLE, tagged(3, 'r-0'));
    const old = aliases.now(KEY);
    const now = aliases.foreign(KEY, STABLE, 'the shop');
    const first = { last: old, untagged: [] };
    // The same without having seen it: somebody has edited the alias meanwhile.
    assert.equal((await perform(write(first))).outcome, 'aliasForeign');
    aliases.faults.update.push('lostBefore');
    assertSet(await perform(write({ ...first, doubted: [now.revisionId] })), aliases.now(KEY));
    assert.ok(sameRouting(aliases.now(KEY), TEN));
  });

  it('is not made over an alias that sends traffic elsewhere than was read last, seen before or not', async () => {
    const { aliases, first, perform } = world();
    const now = aliases.foreign(KEY, CANDIDATE, 'the shop');
    const result = await perform(write({ last: first, untagged: [], doubted: [now.revisionId] }));
    assert.equal(result.outcome, 'aliasForeign');
    assert.deepEqual(aliases.now(KEY), now);
  });

  it('says failed, and that it may be tried again, where no read ever confirms it', async () => {
    const { aliases, first, perform, clock } = world();
    aliases.faults.get.push(...Array.from<Fault>({ length: 1_000 }).fill('stale'));
    const startedAt = clock.now();
    const result = await perform(write({ last: first }));
    assert.ok(result.outcome === 'failed' && result.retryable);
    assert.match(
      result.error,
      /was to send version 41 90 % and version 42 10 %; as last read it sends version 41 alone/,
    );
    assert.ok(clock.now() - startedAt <= PATIENCE_MS);
  });

  const lostAnswers: readonly { name: string; update: (Fault | undefined)[]; get?: (Fault | undefined)[] }[] = [
    { name: 'before it was done', update: ['lostBefore'] },
    { name: 'after it was done', update: ['lostAfter'] },
    {
      name: 'twice, and the reads too',
      update: ['lostBefore', 'lostAfter'],
      get: ['lostBefore', undefined, 'throttled'],
    },
    { name: 'after it was done, and the read is outdated', update: ['lostAfter'], get: ['stale'] },
    { name: 'to throttling', update: ['throttled', 'throttled', 'throttled'], get: ['throttled'] },
  ];
  for (const { name, update, get = [] } of lostAnswers) {
    for (const [kind, command] of [
      ['a shift', write({})],
      ['the last write', write({ fence: 2, target: CANDIDATE, keepTag: false, untagged: [] })],
      ['a rollback', write({ fence: 2, target: STABLE })],
    ] as const) {
      it(`is made exactly once where its answer is lost ${name}: ${kind}`, async () => {
        const { aliases, first, perform } = command.fence === 1 ? world() : world(TEN, tagged(1));
        aliases.faults.update.push(...update);
        aliases.faults.get.push(...get);
        assertSet(await perform({ ...command, last: first }), aliases.now(KEY));
        assert.ok(sameRouting(aliases.now(KEY), command.target));
        assert.equal(aliases.writes.length, 1);
      });
    }
  }

  it('recognises after a crash what it had done before', async () => {
    const { aliases, first, perform } = world();
    await perform(write({ last: first }));
    assertSet(await perform(write({ last: first })), aliases.now(KEY));
    assert.equal(aliases.writes.length, 1);
  });

  it('leaves alone what a later write of the same release has set', async () => {
    const { aliases, perform } = world(FIFTY, tagged(3));
    const by: OwnerTag = { releaseId: 'r-1', fence: 3 };
    assert.deepEqual(await perform(write({ fence: 2 })), { outcome: 'superseded', by });
    assert.deepEqual(aliases.writes, []);
  });

  const foreign: readonly [name: string, routing: Routing, description: string, command?: Partial<SetAlias>][] = [
    ['another version, without a tag', alone('9'), 'the shop'],
    ['a weight, without a tag', FIFTY, 'the shop'],
    ['the very target, without a tag', TEN, 'the shop'],
    ["another release's tag", STABLE, tagged(1, 'r-2')],
    ['our tag with this fence, but a routing we never asked for', FIFTY, tagged(1)],
    ['a tag that is not at the end', TEN, `${tagged(1)} edited`],
    ['our tag, the traffic taken back', STABLE, tagged(1), { fence: 2, target: FIFTY, last: read(TEN, tagged(1)) }],
    [
      'our tag, the traffic moved on',
      FIFTY,
      tagged(1),
      { fence: 2, target: STABLE, keepTag: false, last: read(TEN, tagged(1)) },
    ],
    [
      "another release's tag, changed since it was looked at",
      STABLE,
      tagged(7, 'r-0'),
      { last: read(STABLE, 'the shop') },
    ],
  ];
  for (const [name, routing, description, changes = {}] of foreign) {
    it(`is not made over a change by somebody else: ${name}`, async () => {
      const { aliases, first, perform } = world(routing, description);
      assert.deepEqual(await perform(write(changes)), { outcome: 'aliasForeign', found: first });
      assert.deepEqual(aliases.writes, []);
    });
  }

  it('is not made over a change by somebody else that came a moment before it', async () => {
    const { aliases, first, perform } = world();
    aliases.onUpdate = () => {
      aliases.onUpdate = () => undefined;
      aliases.foreign(KEY, alone('40'), 'back to what worked');
    };
    const result = await perform(write({ last: first }));
    assert.deepEqual(result, { outcome: 'aliasForeign', found: aliases.now(KEY) });
    assert.deepEqual(
      aliases.writes.map(({ by }) => by),
      ['somebody else'],
    );
  });

  it('is not repeated where somebody takes it back before it was read back', async () => {
    for (const fault of [undefined, 'lostAfter'] as const) {
      const { aliases, first, perform } = world();
      aliases.faults.update.push(fault);
      const result = await perform(write({ last: first }), {
        aliases: {
          update: (...args) => aliases.update(...args).finally(() => aliases.foreign(KEY, STABLE, 'the shop')),
          get: (key) => aliases.get(key),
        },
      });
      assert.deepEqual(result, { outcome: 'aliasForeign', found: aliases.now(KEY) });
      assert.equal(aliases.writes.length, 2);
    }
  });

  it('is made by a rollback whose answer was lost while the last write, which removes the tag, landed', async () => {
    for (const description of ['the shop', 'moved by hand']) {
      const { aliases, first, perform } = world(CANDIDATE, tagged(1));
      aliases.faults.update.push('lostBefore');
      const rollback = write({ fence: 3, target: STABLE, untagged: [STABLE, CANDIDATE], last: first });
      const result = await perform(rollback, {
        aliases: {
          update: (...args) =>
            aliases.update(...args).catch((error: unknown) => {
              aliases.foreign(KEY, CANDIDATE, description);
              throw error;
            }),
          get: (key) => aliases.get(key),
        },
      });
      if (description === 'the shop') assertSet(result, aliases.now(KEY));
      else assert.deepEqual(result, { outcome: 'aliasForeign', found: aliases.now(KEY) });
    }
  });

  it('says that the alias is gone, or that the version is', async () => {
    const gone = world();
    gone.aliases.remove(KEY);
    assert.deepEqual(await gone.perform(write({})), { outcome: 'aliasForeign', found: null });
    assert.deepEqual(await gone.perform(write({ last: gone.first })), { outcome: 'aliasForeign', found: null });
    const { aliases, perform } = world();
    aliases.faults.update.push('missing');
    const result = await perform(write({}));
    assert.ok(result.outcome === 'failed' && !result.retryable);
  });

  it('fails for good where AWS refuses for good, and says what AWS said', async () => {
    for (const kind of ['denied', 'invalid'] as const) {
      for (const operation of ['get', 'update'] as const) {
        const { aliases, perform } = world();
        aliases.faults[operation].push(kind);
        const result = await perform(write({}));
        assert.ok(result.outcome === 'failed' && !result.retryable);
        assert.match(result.error, /as arranged/);
      }
    }
  });

  it('gives up after ten seconds of throttling, and says that it may be tried again', async () => {
    const { aliases, perform, clock } = world();
    aliases.faults.update.push(...Array.from<Fault>({ length: 1_000 }).fill('throttled'));
    const startedAt = clock.now();
    const result = await perform(write({}));
    assert.ok(result.outcome === 'failed' && result.retryable);
    assert.ok(clock.now() - startedAt <= PATIENCE_MS);
    assert.ok(aliases.calls.length < 60, `${aliases.calls.length} calls`);
  });

  it('is made over the tag that an ended release left behind, where nobody has touched the alias since', async () => {
    const { aliases, first, perform } = world(STABLE, tagged(7, 'r-0'));
    assertSet(await perform(write({ untagged: [], last: first })), aliases.now(KEY));
    assert.equal(aliases.now(KEY).description, tagged(1));
  });

  it('is made by a rollback even where stable is alone, so that a shift still under way is refused', async () => {
    const { aliases, first, perform } = world();
    const shift = () => aliases.update(KEY, { ...TEN, description: tagged(1) }, first.revisionId);
    await perform(write({ fence: 2, target: STABLE }));
    await assert.rejects(shift(), /PreconditionFailed/);
  });

  it('is not made by a process that slept through a later order', async () => {
    const newest: OwnerTag = { releaseId: 'r-2', fence: 1 };
    const { aliases, perform } = world();
    const result = await perform(write({}), { newest: async () => newest });
    assert.deepEqual(result, { outcome: 'superseded', by: newest });
    const unknown = await perform(write({}), { newest: () => Promise.reject(new Error('locked')) });
    assert.ok(unknown.outcome === 'failed' && unknown.retryable);
    assert.deepEqual(aliases.writes, []);
  });
});

function read(routing: Routing, description: string): AliasSnapshot {
  return { version: routing.version, second: routing.second, description, revisionId: 'revision-of-then' };
}

describe('an alias with provisioned concurrency', () => {
  /** As Lambda shows it after our write, until the target is warm. */
  const warming: Routing = { version: '42', second: { version: '41', weightPercent: 100 } };
  const command = write({ target: CANDIDATE, fence: 2 });
  const inState = (status: string) => ({
    traffic: { concurrency: async () => ({ provisioned: { requested: 5, status } }) },
  });

  it('is waited for while Lambda itself moves it, and is done when the weights are gone', async () => {
    const { aliases, perform } = world(warming, tagged(2));
    let asked = 0;
    const concurrency = async () => {
      asked += 1;
      if (asked === 3) aliases.put(KEY, CANDIDATE, tagged(2));
      return { provisioned: { requested: 5, status: 'IN_PROGRESS' } };
    };
    const result = await perform(command, { traffic: { concurrency } });
    assert.equal(result.outcome, 'aliasSet');
    assert.equal(aliases.writes.length, 0, 'it is not written again');
  });

  it('that takes longer than a command may is neither foreign nor done: it is tried again, and says why', async () => {
    const { perform } = world(warming, tagged(2));
    const result = await perform(command, inState('IN_PROGRESS'));
    assert.deepEqual(result, {
      outcome: 'failed',
      error:
        'Lambda itself keeps 100 % of the traffic on version 41 until version 42 is warm (provisioned concurrency, IN_PROGRESS)',
      retryable: true,
    });
  });

  it('that is warm has no weights of its own: such weights are somebody’s', async () => {
    const { perform } = world(warming, tagged(2));
    assert.equal((await perform(command, inState('READY'))).outcome, 'aliasForeign');
    const none = { traffic: { concurrency: async () => ({}) } };
    assert.equal((await perform(command, none)).outcome, 'aliasForeign');
  });

  it('is written over by a later write of the same release: a rollback need not wait for it', async () => {
    const { aliases, perform } = world(warming, tagged(2));
    const rollback = write({ target: STABLE, fence: 3, urgent: true });
    assert.equal((await perform(rollback, inState('IN_PROGRESS'))).outcome, 'aliasSet');
    assert.deepEqual(aliases.now(KEY).second, null);
    assert.equal(aliases.writes.length, 1);
  });
});
