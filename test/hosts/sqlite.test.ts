import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteHost } from '../../src/hosts/sqlite.ts';
import { hostConformance } from './conformance.ts';
import { commandOf, counterLogic } from './counter.ts';

hostConformance('sqlite', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'switchback-host-'));
  const file = join(directory, 'state', 'switchback.db');
  return {
    open: (options) => openSqliteHost({ file, logic: counterLogic, commandOf, ...options }),
    remove: () => rm(directory, { recursive: true }),
  };
});
