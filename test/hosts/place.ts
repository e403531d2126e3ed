import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/aws/clock.ts';
import { openS3Host } from '../../src/hosts/s3.ts';
import { openSqliteHost } from '../../src/hosts/sqlite.ts';
import { commandOf, counterLogic } from './counter.ts';
import { MemoryObjects } from './memory-objects.ts';
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

/** A place in S3 of its own. */
export async function newBucket(): Promise<MovablePlace> {
  const objects = new MemoryObjects();
  const place = `s3://bucket-${randomUUID()}/state`;
  return {
    name: place,
    open: (options) =>
      openS3Host({
        ...{ objects: objects.client(), place, logic: counterLogic, commandOf, clock: systemClock, pollMs: 20 },
        ...options,
      }),
    remove: async () => undefined,
  };
}
