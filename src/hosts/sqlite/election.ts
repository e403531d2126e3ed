import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { explain, isBusy } from './problems.ts';

/**
 * Takes the lock file for as long as the answer is not called; undefined where another process (or another host in this
 * one) has it. The kernel frees it when the process dies, however it dies.
 */
export function takeLock(file: string): (() => void) | undefined {
  let db: DatabaseSync | undefined;
  try {
    createOnce(file);
    db = new DatabaseSync(file, { timeout: 0 });
    db.exec('begin exclusive');
  } catch (error) {
    db?.close();
    if (isBusy(error)) return undefined;
    throw explain(error, file);
  }
  const lock = db;
  return () => lock.close();
}

function createOnce(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
  }
}
