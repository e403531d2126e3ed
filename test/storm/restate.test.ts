import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SKIPPED } from '../hosts/restate-server.ts';
import { startServed } from './restate.ts';
import { FAULTS } from './storm.ts';
import { survives } from './survives.ts';

const COMMON = { processes: 2, leaseMs: 1_000 };

test('releases in Restate survive kill -9 of those who start them and of whoever serves', {
  skip: SKIPPED,
}, async () => {
  const served = await startServed({ seed: 3, kills: 15 });
  try {
    const { state, beside } = served;
    await survives({ ...COMMON, seed: 3, releases: 100, kills: 10, state, beside, faults: FAULTS });
  } finally {
    await served.close();
  }
});

test('releases go on in Restate after a move in the middle of the storm', { skip: SKIPPED }, async () => {
  const served = await startServed({ seed: 4, kills: 5 });
  const directory = await mkdtemp(join(tmpdir(), 'switchback-storm-'));
  try {
    const { state: moveTo, beside } = served;
    const state = join(directory, 'state.sqlite');
    await survives({ ...COMMON, seed: 4, releases: 40, kills: 5, state, moveTo, beside });
  } finally {
    await rm(directory, { recursive: true });
    await served.close();
  }
});
