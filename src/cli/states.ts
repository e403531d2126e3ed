import { kindOf } from '../hosts/kind.ts';
import type { Flags } from './context.ts';
import { usage } from './failure.ts';
import type { Io } from './io.ts';
import { ownStateFile, stateFile } from './run.ts';

/** Restate on this machine, with its own default port. */
const RESTATE_HERE = 'restate://127.0.0.1:8080';

/** The state that one word means: `restate`, `sqlite` for the usual state file, or a state as `--state` takes it. */
export function stateNamed(word: string, io: Pick<Io, 'env' | 'cwd'>): string {
  if (word === 'restate') return RESTATE_HERE;
  if (word === 'sqlite') return ownStateFile(io);
  return stateFile({ state: word }, io);
}

/**
 * `--host` says which kind of state is meant. `--state` must be of that kind; SWITCHBACK_STATE, like every default, is passed
 * over where it is of another.
 */
export function withHost(flags: Flags, io: Pick<Io, 'env' | 'cwd'>): Flags {
  const { host, state } = flags;
  if (host === undefined) return flags;
  if (host !== 'restate' && host !== 'sqlite') throw usage(`--host "${host}" is not known: restate or sqlite`);
  const isMeant = (place: string): boolean => kindOf(place) === (host === 'sqlite' ? 'file' : host);
  if (state !== undefined && !isMeant(state)) throw usage(`--host ${host} does not fit --state ${state}`);
  const usual = io.env.SWITCHBACK_STATE;
  if (state !== undefined || (usual && isMeant(usual))) return flags;
  return { ...flags, state: stateNamed(host, io) };
}
