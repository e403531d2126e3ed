/**
 * Makes the stored states that `past-states.test.ts` opens: what a version of Switchback leaves behind when its process ends
 * in the middle of a release. To be run once for each version that changes what is stored, with that version's own code:
 *
 *     node test/hosts/testdata/make-state.ts sqlite SOURCE-TREE test/hosts/testdata/schema-N.db
 *     node test/hosts/testdata/make-state.ts s3 SOURCE-TREE test/hosts/testdata/s3-document-N.json
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from '../../../src/core/release/commands.ts';
import type { AliasEvent } from '../../../src/core/release/events.ts';
import type { HostOptions } from '../../../src/hosts/host-options.ts';
import { TestClock } from '../../app/clock.ts';
import { MemoryObjects } from '../memory-objects.ts';

const [kind = '', tree = '', target = ''] = process.argv.slice(2);
const from = (path: string) => import(pathToFileURL(resolve(tree, path)).href);
const [{ aliasActor }, { plan, KEY, ALICE, T0, snapshot }, { actorOf, alone }] = await Promise.all([
  from('src/app/alias-actor.ts'),
  from('test/core/release/builders.ts'),
  from('src/core/release/alias.ts'),
]);

/** Alias writes are answered as AWS would, until the one that the process does not live to perform. */
async function perform(_actor: string, command: Command): Promise<AliasEvent | undefined> {
  if (command.kind !== 'setAlias' || command.key === 'r-2#2') throw new Error('the process ends before');
  const { target: routing, releaseId, key, fence } = command;
  const snapshotSet = snapshot(routing, command.keepTag ? `the shop [switchback ${releaseId}#${fence}]` : 'the shop');
  const result = { outcome: 'aliasSet', snapshot: { ...snapshotSet, revisionId: `rev-${key}` }, sentAt: T0 } as const;
  return { kind: 'result', at: T0 + 2_000, who: ALICE, releaseId, command: key, result };
}

const clock = new TestClock();
const options: HostOptions<unknown, AliasEvent, Command> = {
  logic: aliasActor,
  perform,
  commandOf: (event) => (event.kind === 'result' ? event.command : undefined),
  clock,
  report: () => undefined,
};

const objects = new MemoryObjects();
const { openSqliteHost, openS3Host } = await from(kind === 'sqlite' ? 'src/hosts/sqlite.ts' : 'src/hosts/s3.ts');
const host =
  kind === 'sqlite'
    ? openSqliteHost({ file: resolve(target), ...options })
    : openS3Host({ objects: objects.client(), place: 's3://memory/state', ...options });

const actor: string = actorOf(KEY);
const start = (releaseId: string, at: number) => ({
  ...{ kind: 'start', at, who: ALICE, why: `ticket for ${releaseId}`, releaseId },
  ...{ plan: plan({ candidate: releaseId === 'r-1' ? '42' : '43' }), readings: { alias: snapshot(alone('41')), alarms: [] } },
});
await host.deliver(actor, start('r-1', T0));
await host.idle();
await host.deliver(actor, { kind: 'rollback', at: T0 + 5_000, who: ALICE, why: 'customers call', releaseId: 'r-1' });
await host.idle();
await host.deliver(actor, start('r-2', T0 + 60_000));
await host.idle();
await host.deliver(actor, { kind: 'promote', at: T0 + 70_000, who: ALICE, full: false, releaseId: 'r-2' });
await host.close();
if (kind === 's3') {
  const stored = Object.fromEntries(objects.keys('').map((key) => [key, objects.body(key)]));
  writeFileSync(resolve(target), `${JSON.stringify(stored, null, 1)}\n`);
}
