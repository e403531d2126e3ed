import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { aliasActor } from '../../src/app/alias-actor.ts';
import { aliasPerform, commandOf, createPerform } from '../../src/app/perform.ts';
import type { Aliases } from '../../src/app/ports/aliases.ts';
import type { AliasHost } from '../../src/app/ports/index.ts';
import { releasesTold, tell, toldOf } from '../../src/core/history/told.ts';
import { type AliasSnapshot, actorOf } from '../../src/core/release/alias.ts';
import { isOpen } from '../../src/core/release/release.ts';
import { watchOf } from '../../src/core/release/watch.ts';
import { openS3Host } from '../../src/hosts/s3.ts';
import { SCHEMA_VERSION } from '../../src/hosts/sqlite/database.ts';
import { openSqliteHost } from '../../src/hosts/sqlite.ts';
import { storyOf } from '../../src/present/text/story.ts';
import { TestClock } from '../app/clock.ts';
import { followNothing } from '../app/fake-follow.ts';
import { KEY, T0 } from '../core/release/builders.ts';
import { MemoryObjects } from './memory-objects.ts';

const testdata = (name: string) => fileURLToPath(new URL(`testdata/${name}`, import.meta.url));
const actor = actorOf(KEY);

/**
 * Every form that state was ever stored in, left by a process that ended between the decision to shift and the shift
 * (`testdata/make-state.ts`). Today's code must take it over, carry the release to its end, and tell what went before.
 */
const PAST = [
  'schema-1.db',
  'schema-2.db',
  'schema-3.db',
  'schema-4.db',
  's3-document-1.json',
  's3-document-2.json',
] as const;

/** The alias as the process that ended left it, behind Lambda's rule for revisions. */
function lambda(): { aliases: Pick<Aliases, 'get' | 'update'>; routing: () => AliasSnapshot } {
  let alias: AliasSnapshot = {
    version: '41',
    second: { version: '43', weightPercent: 10 },
    description: 'the shop [switchback r-2#1]',
    revisionId: 'rev-r-2#1',
  };
  const aliases: Pick<Aliases, 'get' | 'update'> = {
    get: async () => alias,
    update: async (_key, to, revisionId) => {
      assert.equal(revisionId, alias.revisionId);
      alias = { ...to, revisionId: `${revisionId}'` };
      return alias;
    },
  };
  return { aliases, routing: () => alias };
}

async function opened(name: string, directory: string) {
  const clock = new TestClock();
  clock.advance(T0 + 100_000 - clock.now());
  const { aliases, routing } = lambda();
  const perform = createPerform({
    aliases,
    clock,
    signals: {
      look: async () => ({ logs: { cursor: 'c', counts: {}, sampled: false } }),
      follow: followNothing,
    },
    hooks: { invoke: async () => undefined },
  });
  const problems: string[] = [];
  const options = {
    logic: aliasActor,
    perform: aliasPerform(perform, clock),
    commandOf,
    clock,
    report: (problem: string) => problems.push(problem),
  };
  if (name.endsWith('.db')) {
    const file = join(directory, name);
    await copyFile(testdata(name), file);
    return { host: openSqliteHost({ file, ...options }), clock, routing, problems, file };
  }
  const objects = new MemoryObjects();
  const stored: Record<string, string> = JSON.parse(await readFile(testdata(name), 'utf8'));
  for (const [key, body] of Object.entries(stored)) objects.tamper(key, () => body);
  const host = openS3Host({ objects: objects.client(), place: 's3://memory/state', ...options });
  return { host, clock, routing, problems, file: undefined };
}

async function toldBy(host: AliasHost) {
  return tell(KEY, await host.ledger(actor, { after: 0, limit: 100 }));
}

describe('state of the past', () => {
  for (const name of PAST) {
    it(`${name}: the release that was open goes on to its end, and what went before is told`, async (t) => {
      const directory = await mkdtemp(join(tmpdir(), 'switchback-past-'));
      t.after(() => rm(directory, { recursive: true }));
      const { host, clock, routing, problems, file } = await opened(name, directory);
      assert.equal((await host.read(actor))?.state.release?.phase, 'shifting');
      assert.deepEqual(await host.briefs({ limit: 10 }), [
        { actor, brief: JSON.parse(JSON.stringify(watchOf((await host.read(actor))!.state))) },
      ]);
      assert.ok((await host.recover()) >= 1);
      await host.idle();
      assert.equal(routing().version, '43');
      for (let turns = 0; turns < 10 && isOpen((await host.read(actor))!.state.release); turns += 1) {
        clock.advance(61_000);
        await host.deliver(actor, aliasActor.tick(clock.now()));
        await host.idle();
      }
      const { state } = (await host.read(actor))!;
      assert.equal(state.release?.outcome?.state, 'promoted');
      assert.deepEqual([routing().version, routing().second, routing().description], ['43', null, 'the shop']);

      const told = await toldBy(host);
      assert.deepEqual(
        releasesTold(told, state).map(({ release }) => [release.id, release.outcome?.state, release.started.reason]),
        [
          ['r-2', 'promoted', 'ticket for r-2'],
          ['r-1', 'rolledBack', 'ticket for r-1'],
        ],
      );
      const first = toldOf(told, 'r-1').map(({ event, outcome }) => storyOf(event, outcome.followed ?? null).text);
      assert.match(first.join('\n'), /alice ordered a rollback: customers call; rolling back to version 41/);
      const verdict = await host.verify();
      assert.deepEqual([verdict.ok, verdict.ok && verdict.entries], [true, told.length]);
      assert.deepEqual(problems, []);
      await host.close();
      if (file) {
        const db = new DatabaseSync(file, { readOnly: true });
        assert.equal(Object.values(db.prepare('pragma user_version').get()!)[0], SCHEMA_VERSION);
        db.close();
      }
    });
  }

  it('the present schema is among them', () => {
    assert.ok(PAST.some((name) => name === `schema-${SCHEMA_VERSION}.db`));
  });
});
