/**
 * A process that takes turns on a state file, for the tests that need one: `child.ts FILE add ACTOR COUNT` counts and
 * ends; `child.ts FILE ask ACTOR EFFECTS` asks for commands until it is killed, writes every effect as a line to the file
 * EFFECTS, and every committed turn as a line to its output; `child.ts FILE lock` becomes the runner and stays it.
 */
import { appendFileSync } from 'node:fs';
import { systemClock } from '../../src/aws/clock.ts';
import { SYSTEM } from '../../src/core/who.ts';
import { openSqliteHost } from '../../src/hosts/sqlite.ts';
import { commandOf, counterLogic, resultOf } from './counter.ts';

const [file, verb, actor, argument] = process.argv.slice(2);
if (!file || !verb) throw new Error('FILE and a verb are expected');

const host = openSqliteHost({
  file,
  logic: counterLogic,
  commandOf,
  clock: systemClock,
  report: (problem) => console.error(problem),
  perform: async (of, command) => {
    if (argument) appendFileSync(argument, `${of} ${command.key}\n`);
    return resultOf(command, Date.now());
  },
});
const stamp = () => ({ at: Date.now(), who: SYSTEM });

switch (verb) {
  case 'add':
    for (let i = 0; i < Number(argument); i += 1) {
      await host.deliver(actor!, { kind: 'add', id: `${process.pid}-${i}`, amount: 1, ...stamp() });
    }
    await host.close();
    break;
  case 'ask':
    for (let i = 0; ; i += 1) {
      const command = `${process.pid}-${i}`;
      await host.deliver(actor!, { kind: 'ask', command, ...stamp() });
      process.stdout.write(`${command}\n`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  case 'lock':
    console.log((await host.tryBecomeRunner()) ? 'runner' : 'refused');
    setInterval(() => undefined, 60_000);
    break;
}
