import type { Flags } from './context.ts';
import { usage } from './failure.ts';
import type { Io } from './io.ts';
import { stateFile } from './run.ts';

/** Restate on this machine, with its own default port. */
const RESTATE_HERE = 'restate://127.0.0.1:8080';

/** The state that one word means: `restate`, `sqlite` for the usual state file, or a state as `--state` takes it. */
export function stateNamed(word: string, io: Pick<Io, 'env' | 'cwd'>): string {
  if (word === 'restate') return RESTATE_HERE;
  if (word === 'sqlite') return stateFile({}, { env: { ...io.env, SWITCHBACK_STATE: undefined }, cwd: io.cwd });
  return stateFile({ state: word }, io);
}

/** `--host` is the short way to say `--state`; both at once must agree. */
export function withHost(flags: Flags): Flags {
  const { host, state } = flags;
  if (host === undefined) return flags;
  if (host !== 'restate' && host !== 'sqlite') throw usage(`--host "${host}" is not known: restate or sqlite`);
  const isRestate = state?.startsWith('restate') ?? host === 'restate';
  if (isRestate !== (host === 'restate')) throw usage(`--host ${host} does not fit --state ${state}`);
  return host === 'restate' && state === undefined ? { ...flags, state: RESTATE_HERE } : flags;
}
