import { resolve } from 'node:path';
import type { Wired } from '../wire.ts';
import type { Context, Flags } from './context.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { explain } from './failure.ts';
import type { Io } from './io.ts';
import { Output } from './output.ts';
import type { Verb } from './verbs.ts';

const STATE_FILE = 'state.sqlite';

/** Runs one command to its exit code. Whatever goes wrong is told as a sentence with a next command. */
export async function runVerb(verb: Verb, flags: Flags, argument: string | undefined, io: Io): Promise<ExitCode> {
  const output = new Output(io, flags);
  let wired: Promise<Wired> | undefined;
  const context: Context = {
    io,
    flags,
    argument,
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

function wireOptions(flags: Flags, io: Io, output: Output): Parameters<Io['wire']>[0] {
  const { region, profile, endpointUrl } = flags;
  return {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpointUrl === undefined ? {} : { endpointUrl }),
    stateFile: stateFile(flags, io),
    report: (problem) => output.note(`switchback: ${problem}`),
  };
}

/** `--state`, SWITCHBACK_STATE, or the user's own state folder by the XDG rules. A folder holds the file by its usual name. */
export function stateFile(flags: Pick<Flags, 'state'>, { env, cwd }: Pick<Io, 'env' | 'cwd'>): string {
  const given = flags.state ?? env.SWITCHBACK_STATE;
  // A name without an ending is a folder: nobody calls a database just "state".
  if (given) return /\.[a-z0-9]+$/i.test(given) ? resolve(cwd, given) : resolve(cwd, given, STATE_FILE);
  const home = env.XDG_STATE_HOME || resolve(env.HOME ?? cwd, '.local/state');
  return resolve(home, 'switchback', STATE_FILE);
}

export { EXIT };
