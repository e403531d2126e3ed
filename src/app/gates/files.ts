import { createHash } from 'node:crypto';
import type { GateFiles } from '../ports/gate-files.ts';
import type { Shelf } from '../ports/shelf.ts';

const MAX_BYTES = 30_000_000;
/** Reports of gates that are kept: of some hundred releases. */
export const MAX_REPORTS = 1_000;

export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Gate files as texts on two shelves: what gates need, and what they found. */
export function gateFilesOn(needed: Shelf, reports: Shelf): GateFiles {
  return {
    async keep(files) {
      for (const [sha256, text] of files) await needed.write(nameOf(sha256), text);
    },
    async read(sha256, name) {
      const text = await needed.read(nameOf(sha256), MAX_BYTES);
      if (text === undefined) throw new Error(`file "${name}" was not kept beside the state`);
      if (sha256Of(text) !== sha256) throw new Error(`file "${name}" is not the one that was planned with`);
      return text;
    },
    async report(name, text) {
      await reports.write(name, text);
      // Their names begin with the release's, which sorts by age.
      const names = await reports.list();
      for (const old of names.slice(0, Math.max(0, names.length - MAX_REPORTS))) await reports.remove(old);
      return sha256Of(text);
    },
  };
}

function nameOf(sha256: string): string {
  return `${sha256}.json`;
}
