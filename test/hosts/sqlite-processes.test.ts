import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../src/aws/clock.ts';
import { openSqliteHost, type SqliteHost } from '../../src/hosts/sqlite.ts';
import { until } from '../app/clock.ts';
import { type Counter, type CounterEvent, commandOf, counterLogic, resultOf } from './counter.ts';

const CHILD = join(import.meta.dirname, 'child.ts');

describe('several processes on one state file', () => {
  let directory: string;
  let file: string;
  let children: ChildProcess[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'switchback-processes-'));
    file = join(directory, 'state.db');
    children = [];
  });

  afterEach(async () => {
    await Promise.all(children.map((child) => end(child, 'SIGKILL')));
    await rm(directory, { recursive: true });
  });

  function start(...args: string[]): ChildProcess {
    const child = spawn(process.execPath, [CHILD, file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  }

  async function end(child: ChildProcess, signal?: NodeJS.Signals): Promise<number | null> {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, 'exit');
    if (signal) child.kill(signal);
    await exited;
    return child.exitCode;
  }

  function open(effects: string[] = []): SqliteHost<Counter, CounterEvent> {
    return openSqliteHost({
      file,
      logic: counterLogic,
      commandOf,
      clock: systemClock,
      report: (problem) => assert.fail(problem),
      perform: async (actor, command) => {
        effects.push(`${actor} ${command.key}`);
        return resultOf(command, Date.now());
      },
    });
  }

  it('take turns of one actor one after the other, from the very creation of the file on', async () => {
    const exits = await Promise.all(['a', 'a', 'a'].map((actor) => end(start('add', actor, '40'))));
    assert.deepEqual(exits, [0, 0, 0]);
    const host = open();
    const stored = await host.read('a');
    assert.deepEqual([stored?.state.total, stored?.sequence], [120, 120]);
    assert.deepEqual((await host.verify()).ok, true);
    await host.close();
  });

  it('lose nothing that was committed and leave no command unperformed, however often they are killed', async () => {
    const effectsFile = join(directory, 'effects');
    const committed: string[] = [];
    for (const turns of [1, 7, 3, 12]) {
      const child = start('ask', 'a', effectsFile);
      let count = 0;
      for await (const line of createInterface({ input: child.stdout! })) {
        committed.push(line);
        count += 1;
        if (count === turns) child.kill('SIGKILL');
      }
      await end(child);
    }
    const own: string[] = [];
    const heir = open(own);
    await heir.recover();
    await heir.idle();
    const entries = await heir.ledger('a', { after: 0, limit: 100_000 });
    const events = entries.map(({ event }) => event as CounterEvent);
    const asked = events.flatMap((event) => (event.kind === 'ask' ? [event.command] : []));
    const answered = events.flatMap((event) => (event.kind === 'result' ? [event.command] : []));
    for (const command of committed) assert.ok(asked.includes(command), `${command} was committed and is lost`);
    assert.deepEqual([...answered].sort(), [...asked].sort(), 'each command is answered exactly once');
    const effects = `${await readFile(effectsFile, 'utf8')}${own.join('\n')}`;
    for (const command of asked) assert.ok(effects.includes(`a ${command}\n`) || own.includes(`a ${command}`), command);
    assert.equal((await heir.verify()).ok, true);
    assert.equal(await heir.recover(), 0);
    await heir.close();
  });

  it('have one runner, and another as soon as that is killed', async () => {
    const host = open();
    const child = start('lock');
    const [line] = await once(createInterface({ input: child.stdout! }), 'line');
    assert.equal(line, 'runner');
    assert.equal(await host.tryBecomeRunner(), undefined);
    await end(child, 'SIGKILL');
    assert.ok(await host.tryBecomeRunner());
    await host.close();
  });

  it('tell each other of their commits', async () => {
    const host = open();
    const heard: string[] = [];
    host.onChange((actors) => heard.push(...actors));
    await end(start('add', 'from-afar', '1'));
    await until(() => heard.includes('from-afar'), 'word of the commit');
    await host.close();
  });
});
