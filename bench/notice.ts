/** How soon a process that follows a state file hears of another process's commit. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { aliasActor } from '../src/app/alias-actor.ts';
import { commandOf } from '../src/app/perform.ts';
import { systemClock } from '../src/aws/clock.ts';
import { alone } from '../src/core/release/alias.ts';
import { SYSTEM } from '../src/core/who.ts';
import { openSqliteHost } from '../src/hosts/sqlite.ts';
import { plan, snapshot } from '../test/core/release/builders.ts';
import { quantile, round } from './figures.ts';

const COMMITS = 200;
const HERE = fileURLToPath(import.meta.url);

function open(file: string) {
  return openSqliteHost({
    ...{ file, logic: aliasActor, commandOf, clock: systemClock, report: () => undefined },
    perform: () => new Promise(() => undefined),
  });
}

const now = (): number => performance.timeOrigin + performance.now();

/** Commits every few milliseconds in a process of its own, and listens in this one. */
export async function measureNotice(
  file: string,
): Promise<{ foreignCommitNoticedP50Ms: number; foreignCommitNoticedP99Ms: number }> {
  const host = open(file);
  const heard = new Map<string, number>();
  const stop = host.onChange((actors) => {
    for (const actor of actors) if (!heard.has(actor)) heard.set(actor, now());
  });
  const child = spawn(process.execPath, [HERE, 'commit', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const waits: number[] = [];
  const committed: { actor: string; at: number }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => committed.push(JSON.parse(line)));
  await once(child, 'close');
  await pause(100);
  for (const { actor, at } of committed) waits.push((heard.get(actor) ?? Number.POSITIVE_INFINITY) - at);
  stop();
  await host.close();
  return {
    foreignCommitNoticedP50Ms: round(quantile(waits, 0.5)),
    foreignCommitNoticedP99Ms: round(quantile(waits, 0.99)),
  };
}

if (process.argv[1] === HERE && process.argv[2] === 'commit') {
  const host = open(process.argv[3]!);
  for (let n = 0; n < COMMITS; n += 1) {
    await pause(5 + Math.random() * 20);
    const actor = `123456789012/eu-west-1/noticed-${n}/live`;
    const readings = { alias: snapshot(alone('41')), alarms: [] };
    await host.deliver(actor, { kind: 'start', at: Date.now(), who: SYSTEM, releaseId: 'r-1', plan: plan(), readings });
    process.stdout.write(`${JSON.stringify({ actor, at: now() })}\n`);
  }
  process.exit(0);
}
