import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createPerform } from '../../src/app/perform.ts';
import type { Aliases } from '../../src/app/ports/aliases.ts';
import { type AliasKey, alone, type Routing, sameRouting, writeDescription } from '../../src/core/release/alias.ts';
import type { Command } from '../../src/core/release/commands.ts';
import fc from '../property.ts';
import { FakeAliases, type Fault } from './fake-aliases.ts';
import { followNothing } from './fake-follow.ts';

const KEY: AliasKey = { account: '123456789012', region: 'eu-west-1', function: 'checkout', alias: 'live' };
const STABLE = alone('41');
const share = (weightPercent: number): Routing => ({ version: '41', second: { version: '42', weightPercent } });

const faults = (...names: Fault[]) =>
  fc.array(fc.option(fc.constantFrom(...names), { nil: undefined }), { maxLength: 8 });

const story = fc.record({
  schedule: fc.scheduler(),
  update: faults('lostBefore', 'lostAfter', 'throttled'),
  get: faults('lostBefore', 'stale', 'throttled'),
  /** The first command is performed again: its process died, or seemed to. */
  doubled: fc.boolean(),
  /** The first write of the release finds the alias without a tag. */
  begins: fc.boolean(),
  later: fc.constantFrom<'rollback' | 'shift'>('rollback', 'shift'),
  foreign: fc.option(
    fc.record({
      routing: fc.constantFrom(alone('9'), share(77)),
      text: fc.constantFrom('edited', 'tag left', "another's tag"),
    }),
    { nil: undefined },
  ),
});

it('never overwrites a foreign change, and never undoes a later write, whatever happens in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(story, async ({ schedule, update, get, doubled, begins, later, foreign }) => {
      const aliases = new FakeAliases();
      const last = begins
        ? aliases.put(KEY, STABLE, 'the shop')
        : aliases.put(KEY, share(10), writeDescription('the shop', { releaseId: 'r-1', fence: 1 }));
      aliases.faults.update.push(...update);
      aliases.faults.get.push(...get);
      let newestFence = 2;
      let now = 0;
      const performer = (by: string) => {
        const own = aliases.as(by);
        const port: Pick<Aliases, 'get' | 'update'> = {
          get: async (key) => schedule.schedule(Promise.resolve(), `${by} reads`).then(() => own.get(key)),
          // On its way there and on its way back: a write can land long after it was sent.
          update: async (...args) => {
            await schedule.schedule(Promise.resolve(), `${by} writes`);
            return own.update(...args).finally(() => schedule.schedule(Promise.resolve(), `${by} is answered`));
          },
        };
        return createPerform({
          aliases: port,
          clock: {
            now: () => now,
            sleep: async (ms) => {
              await schedule.schedule(Promise.resolve(), `${by} waits`);
              now += ms / 4;
            },
          },
          random: () => 0,
          newest: async () => ({ releaseId: 'r-1', fence: newestFence }),
          signals: { look: () => Promise.reject(), follow: followNothing },
          hooks: { invoke: () => Promise.reject() },
        });
      };
      const first = setAlias({ fence: 2, target: share(50), keepTag: true, untagged: [], last });
      const second =
        later === 'rollback'
          ? setAlias({ fence: 3, target: STABLE, keepTag: true, untagged: [STABLE], last })
          : setAlias({ fence: 3, target: alone('42'), keepTag: true, untagged: [], last });
      const runs = [performer('first')(first), ...(doubled ? [performer('first')(first)] : [])];
      const ordered = schedule.schedule(Promise.resolve(), 'the later write is ordered').then(() => {
        newestFence = 3;
        return performer('second')(second);
      });
      const meddled = !foreign
        ? undefined
        : schedule.schedule(Promise.resolve(), 'somebody else').then(() => {
            // A tag that is left in place tells a foreign routing only from what was read back before.
            const text = foreign.text === 'tag left' && aliases.writes.length > 0 ? 'edited' : foreign.text;
            const other = writeDescription('the shop', { releaseId: 'r-2', fence: 1 });
            const description = text === 'tag left' ? aliases.now(KEY).description : text === 'edited' ? text : other;
            aliases.foreign(KEY, foreign.routing, description);
          });
      await schedule.waitFor(Promise.all([...runs, ordered, meddled]));

      const by = aliases.writes.map((write) => write.by);
      const foreignAt = by.indexOf('somebody else');
      if (foreignAt >= 0) assert.deepEqual(by.slice(foreignAt + 1), [], `written over a foreign change: ${by}`);
      const laterAt = by.indexOf('second');
      if (laterAt >= 0) assert.ok(!by.slice(laterAt).includes('first'), `a later write was undone: ${by}`);
      assert.ok(by.filter((name) => name === 'first').length <= 1, `doubled: ${by}`);
      const result = await ordered;
      if (result.outcome === 'aliasSet' && foreignAt < 0) assert.ok(sameRouting(aliases.now(KEY), second.target));
      for (const told of [...(await Promise.all(runs)), result]) {
        if (told.outcome !== 'aliasSet' || told.over === undefined) continue;
        assert.ok(
          aliases.writes.some(({ before }) => before.revisionId === told.over),
          `${told.over} was not replaced`,
        );
      }
    }),
    { numRuns: 500 },
  );
});

type SetAlias = Extract<Command, { kind: 'setAlias' }>;

function setAlias(write: Pick<SetAlias, 'fence' | 'target' | 'keepTag' | 'untagged' | 'last'>): SetAlias {
  return {
    kind: 'setAlias',
    key: `r-1#${write.fence}`,
    alias: KEY,
    releaseId: 'r-1',
    description: 'the shop',
    ...write,
  };
}
