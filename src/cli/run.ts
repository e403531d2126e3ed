import { dirname, resolve } from 'node:path';
import type { Wired } from '../wire.ts';
import type { Context, Flags } from './context.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { explain } from './failure.ts';
import type { Io } from './io.ts';
import { Output } from './output.ts';
import type { Verb } from './verbs/verb.ts';

const STATE_FILE = 'state.sqlite';

/** What was written behind the command besides flags. */
export type Words = Pick<Context, 'argument' | 'operands'>;

/** Runs one command to its exit code. Whatever goes wrong is told as a sentence with a next command. */
export async function runVerb(verb: Verb, flags: Flags, words: Words, io: Io): Promise<ExitCode> {
  const output = new Output(io, flags);
  let wired: Promise<Wired> | undefined;
  const context: Context = {
    io,
    flags,
    ...words,
    output,
    wired() {
      wired ??= io.wire(wireOptions(flags, io, output));
      return wired;
    },
  };
  try {
    const { run } = await verb.load();
    return await run(context);
  } catch (error) {
    const explained = explain(error, flags.endpointUrl ?? io.env.AWS_ENDPOINT_URL);
    output.failure(explained);
    if (flags.debug && error instanceof Error) output.note(error.stack ?? error.message);
    return explained.exit;
  } finally {
    await (await wired?.catch(() => undefined))?.close();
  }
}

/** What the adapters are made of; `flags.state` says where the state lies. */
export function wireOptions(
  flags: Pick<Flags, 'region' | 'profile' | 'endpointUrl' | 'state' | 'config'>,
  io: Pick<Io, 'env' | 'cwd'>,
  output: Output,
): Parameters<Io['wire']>[0] {
  const { region, profile, endpointUrl } = flags;
  const restateToken = io.env.SWITCHBACK_RESTATE_TOKEN;
  return {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpointUrl === undefined ? {} : { endpointUrl }),
    stateFile: stateFile(flags, io),
    shelfFolder: dirname(ownStateFile(io)),
    ...(restateToken ? { restateToken } : {}),
    async channels() {
      const { readConfigFile } = await import('./config-file.ts');
      const read = await readConfigFile({ io, flags });
      return read && { configs: read.channels, secrets: { env: io.env, folder: read.folder } };
    },
    async pages() {
      const { readConfigFile } = await import('./config-file.ts');
      const read = await readConfigFile({ io, flags });
      return read?.statusPage && { config: read.statusPage, folder: read.folder };
    },
    async incidents() {
      const { incidentSettings } = await import('./incident/settings.ts');
      return incidentSettings({ io, flags });
    },
    report: (problem) => output.note(`switchback: ${problem}`),
  };
}

/** A state that is no file: `s3://bucket/prefix`, `restate://host:port`. */
const SHARED_STATE = /^[a-z][a-z0-9]*:\/\//;

/** `--state`, SWITCHBACK_STATE, or the user's own state folder by the XDG rules. A folder holds the file by its usual name. */
export function stateFile(flags: Pick<Flags, 'state'>, { env, cwd }: Pick<Io, 'env' | 'cwd'>): string {
  const given = flags.state ?? env.SWITCHBACK_STATE;
  if (given && SHARED_STATE.test(given)) return given;
  // A name without an ending is a folder: nobody calls a database just "state".
  if (given) return /\.[a-z0-9]+$/i.test(given) ? resolve(cwd, given) : resolve(cwd, given, STATE_FILE);
  return ownStateFile({ env, cwd });
}

/** The state file in the user's own state folder, whatever SWITCHBACK_STATE says. */
export function ownStateFile({ env, cwd }: Pick<Io, 'env' | 'cwd'>): string {
  const home = env.XDG_STATE_HOME || resolve(env.HOME ?? cwd, '.local/state');
  return resolve(home, 'switchback', STATE_FILE);
}

export { EXIT };
