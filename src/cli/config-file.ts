import { readFile, stat } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import type { ConfigResult } from '../app/config.ts';
import type { Flags } from './context.ts';
import { EXIT } from './exit.ts';
import { CommandFailure, usage } from './failure.ts';
import type { Io } from './io.ts';

export const CONFIG_FILE = 'switchback.yaml';

type Asking = { readonly io: Pick<Io, 'env' | 'cwd'>; readonly flags: Pick<Flags, 'config'> };

/** What a configuration file says, and where it stands: paths in it are meant from there. */
export type ReadConfig = Extract<ConfigResult, { ok: true }> & { readonly folder: string; readonly shown: string };

/** The file that `--config` or SWITCHBACK_CONFIG names, else the usual one where it exists. */
export async function configFile({ io, flags }: Asking): Promise<string | undefined> {
  const asked = flags.config ?? io.env.SWITCHBACK_CONFIG;
  if (asked) return resolve(io.cwd, asked);
  const usual = resolve(io.cwd, CONFIG_FILE);
  return (await stat(usual).catch(() => undefined))?.isFile() ? usual : undefined;
}

/** Reads it; undefined where there is none. Ends the command where the file is wrong. */
export async function readConfigFile(asking: Asking): Promise<ReadConfig | undefined> {
  const file = await configFile(asking);
  if (file === undefined) return undefined;
  const shown = relative(asking.io.cwd, file) || file;
  const { MAX_CONFIG_BYTES, problemText, readConfig } = await import('../app/config.ts');
  const found = await stat(file).catch(() => undefined);
  if (!found) throw usage(`config file "${shown}" does not exist`, 'switchback init writes one');
  if (found.size > MAX_CONFIG_BYTES)
    throw usage(`config file "${shown}" has ${found.size} bytes: at most ${MAX_CONFIG_BYTES} are read`);
  const read = readConfig(await readFile(file, 'utf8'), shown);
  if (read.ok) return { ...read, folder: dirname(file), shown };
  const [first, ...more] = read.problems.map(problemText);
  throw new CommandFailure({
    exit: EXIT.usage,
    message: [first, ...more].join('\n'),
    next: `correct ${shown}; switchback config schema tells what is possible`,
  });
}
