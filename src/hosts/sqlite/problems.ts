import { StateProblem, type StateProblemKind } from '../problems.ts';

/** SQLite's primary result codes, https://www.sqlite.org/rescode.html */
const CODES: Readonly<Record<number, StateProblemKind>> = {
  3: 'unreadable',
  5: 'locked',
  6: 'locked',
  8: 'readOnly',
  10: 'unreadable',
  11: 'corrupt',
  13: 'full',
  14: 'unreadable',
  26: 'foreign',
};

const SENTENCES: Readonly<Partial<Record<StateProblemKind, string>>> = {
  locked: 'another process holds it: find it with "lsof FILE", or wait',
  readOnly: 'it cannot be written: check the owner and the mode of the file and its directory',
  corrupt: 'its content is damaged: restore a copy, or use another file with --state',
  full: 'the disk is full: free some space; nothing of this change was stored',
  foreign: 'it is not a Switchback state file: use another with --state',
  unreadable: 'the operating system refused to read or write it',
};

/** The primary result code of an error that SQLite threw; undefined for any other error. */
function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}

/** True where somebody else holds a lock just now, so that trying again can help. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code === 5 || code === 6;
}

/** What SQLite threw as a {@link StateProblem} that says what to do; anything else as it is. */
export function explain(error: unknown, file: string): unknown {
  const code = codeOf(error);
  const kind = code === undefined ? undefined : CODES[code];
  if (kind === undefined || !(error instanceof Error)) return error;
  return new StateProblem(kind, file, `state file ${file}: ${SENTENCES[kind]} (SQLite: ${error.message})`, error);
}
