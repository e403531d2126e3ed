import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FAULTS } from './storm.ts';
import { survives } from './survives.ts';

/** `npm run bench:storm` tells as much on S3 as well. */
const SIZE = { sqlite: { releases: 400, kills: 100 }, s3: { releases: 60, kills: 20 } };
const COMMON = { processes: 2, leaseMs: 1_000 };

test('releases in a state file survive kill -9 at random moments while AWS loses answers', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'switchback-storm-'));
  try {
    await survives({ ...COMMON, ...SIZE.sqlite, seed: 1, faults: FAULTS, state: join(directory, 'state.sqlite') });
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('releases in S3 survive their machines vanishing at random moments', async () => {
  await survives({ ...COMMON, ...SIZE.s3, seed: 2, state: 's3://storm/state' });
});
