/** A state file on a disk that becomes full and then read-only; run in a mount namespace of its own by `full-disk.test.ts`. */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/aws/clock.ts';
import { StateProblem } from '../../src/hosts/problems.ts';
import { openSqliteHost } from '../../src/hosts/sqlite.ts';
import { type CounterEvent, commandOf, counterLogic, resultOf } from './counter.ts';

const [directory = ''] = process.argv.slice(2);
const ballast = join(directory, 'ballast');
const performed: string[] = [];
const open = () =>
  openSqliteHost({
    file: join(directory, 'state.db'),
    logic: counterLogic,
    commandOf,
    clock: systemClock,
    report: () => undefined,
    perform: async (_actor, command) => {
      performed.push(command.key);
      return resultOf(command, Date.now());
    },
  });
const stamp = () => ({ at: Date.now(), who: { name: 'alice', provedBy: 'os-user' } as const });
const add = (id: string): CounterEvent => ({ kind: 'add', id, amount: 1, why: 'w'.repeat(5_000), ...stamp() });
const ask = (command: string): CounterEvent => ({ kind: 'ask', command, why: 'w'.repeat(5_000), ...stamp() });

async function problemOf(attempt: () => unknown): Promise<{ kind: string; message: string } | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    if (!(error instanceof StateProblem)) throw error;
    return { kind: error.kind, message: error.message };
  }
}

writeFileSync(ballast, Buffer.alloc(300_000));
const host = open();
let stored = 0;
let full: Awaited<ReturnType<typeof problemOf>>;
while (!full && stored < 1_000) {
  full = await problemOf(() => host.deliver('a', add(String(stored))));
  if (!full) stored += 1;
}
const refused = await problemOf(() => host.deliver('a', ask('never')));
const readable = (await host.read('a'))?.sequence;
rmSync(ballast);
await host.deliver('a', ask('later'));
await host.idle();
const verdict = await host.verify();
await host.close();
execFileSync('mount', ['-o', 'remount,ro', directory]);
const readOnly = await problemOf(async () => {
  const again = open();
  await again.deliver('a', add('last')).finally(() => again.close());
});
process.stdout.write(JSON.stringify({ stored, full, refused, readable, performed, verdict, readOnly }));
