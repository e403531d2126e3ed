import { aliasActor } from '../../src/app/alias-actor.ts';
import { commandOf } from '../../src/app/perform.ts';
import { systemClock } from '../../src/aws/clock.ts';
import { actorOf } from '../../src/core/release/alias.ts';
import type { Command } from '../../src/core/release/commands.ts';
import type { AliasEvent } from '../../src/core/release/events.ts';
import type { AliasDoc } from '../../src/core/release/release.ts';
import { SYSTEM } from '../../src/core/who.ts';
import { openSqliteHost } from '../../src/hosts/sqlite.ts';
import { DAY_MS, keyOf, planFor, releaseIdOf } from './world.ts';

/** So long ago they began: what is minutes old is looked at more closely than what has stood for long. */
const HOUR_MS = 3_600_000;

/** Fills a state file with releases that hold at 10 %, by the engine's own turns, without any AWS. */
export async function seed(file: string, releases: number): Promise<void> {
  const host = openSqliteHost<AliasDoc, AliasEvent, Command>({
    file,
    logic: aliasActor,
    clock: systemClock,
    commandOf,
    report: (problem) => console.error(problem),
    // Every write is answered as done, as the AWS of this benchmark shows it.
    perform: async (_actor, command, { release }) => {
      if (command.kind !== 'setAlias' || !release) return undefined;
      const description = `what customers call [switchback ${release.id}#1]`;
      const snapshot = { ...command.target, revisionId: 'revision-1', description };
      const result = { outcome: 'aliasSet', snapshot, sentAt: Date.now() } as const;
      return { kind: 'result', releaseId: release.id, command: command.key, at: Date.now(), who: SYSTEM, result };
    },
  });
  try {
    for (let n = 0; n < releases; n += 1) {
      const key = keyOf(n);
      const alias = { version: '1', second: null, revisionId: 'revision-0', description: 'what customers call' };
      const reading = { state: 'OK', reason: 'fine', sinceMs: 0, actionsEnabled: true } as const;
      await host.deliver(actorOf(key), {
        kind: 'start',
        at: Date.now() - HOUR_MS,
        who: SYSTEM,
        releaseId: releaseIdOf(n),
        // Spread over a day, so that no two end their step at once.
        plan: planFor(key, DAY_MS + n * 1_000),
        readings: { alias, alarms: [{ name: `errors of ${key.function}`, ...reading }] },
      });
    }
    await host.idle();
  } finally {
    await host.close();
  }
}
