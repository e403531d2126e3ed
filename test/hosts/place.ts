import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/aws/clock.ts';
import { openSqliteHost } from '../../src/hosts/sqlite.ts';
import { commandOf, counterLogic } from './counter.ts';
import type { MovablePlace } from './moving.ts';

/** A state file of its own, in real time. */
export async function newFile(): Promise<MovablePlace> {
  const directory = await mkdtemp(join(tmpdir(), 'switchback-move-'));
  const file = join(directory, 'state.sqlite');
  return {
    name: file,
    open: (options) => openSqliteHost({ file, logic: counterLogic, commandOf, clock: systemClock, ...options }),
    remove: () => rm(directory, { recursive: true }),
  };
}
