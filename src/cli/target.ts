import { dirname, resolve } from 'node:path';
import type { ConfiguredFunction } from '../app/config.ts';
import {
  DEFAULT_LAYER,
  environmentLayer,
  type Layer,
  layered,
  type ReleaseSettings,
  type SettingName,
  type Sourced,
  valuesOf,
} from '../app/settings.ts';
import type { AliasKey } from '../core/release/alias.ts';
import { routerOf } from '../core/release/router.ts';
import { CONFIG_FILE, configFile, readConfigFile } from './config-file.ts';
import type { Context, Flags } from './context.ts';
import { usage } from './failure.ts';

const FLAG_OF: Readonly<Record<SettingName, string>> = {
  function: '--function',
  alias: '--alias',
  code: '--code',
  version: '--version',
  strategy: '--strategy',
  steps: '--strategy',
  bake: '--bake',
  alarms: '--alarm',
  thresholds: '--threshold',
  preTraffic: '--pre-traffic',
  postTraffic: '--post-traffic',
  stepHook: '--step-hook',
  hookTimeout: '--hook-timeout',
  approvals: '--approval',
  gates: 'gates',
  signals: '--signals',
  judge: 'judge',
  promoteEarly: '--promote-early',
  testAlias: '--test-alias',
  keepWarm: 'keepWarm',
  functions: 'traffic',
};

/** Flags and environment: enough for every command that only needs to know which alias is meant. */
function nearLayers({ io, flags }: Pick<Context, 'io' | 'flags'>): Layer[] {
  return [
    { settings: fromFlags(flags), from: (name) => (name === 'code' && flags.zip ? '--zip' : FLAG_OF[name]) },
    environmentLayer(io.env),
  ];
}

function numberFlag(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw usage(`${name} "${text}" is not a number`);
  return value;
}

function fromFlags(flags: Flags): ReleaseSettings {
  const sources = [flags.zip, flags.code, flags.version].filter((source) => source !== undefined);
  if (sources.length > 1) throw usage('--zip, --code and --version exclude each other: give one of them');
  const settings = {
    function: flags.function,
    alias: flags.alias,
    code: flags.zip ?? flags.code,
    version: flags.version,
    strategy: flags.strategy,
    bake: flags.bake,
    promoteEarly: numberFlag('--promote-early', flags.promoteEarly),
    testAlias: flags.testAlias,
    alarms: flags.alarm,
    thresholds: flags.threshold,
    preTraffic: flags.preTraffic,
    postTraffic: flags.postTraffic,
    stepHook: flags.stepHook,
    hookTimeout: flags.hookTimeout,
    approvals: flags.approval,
    signals: flags.signals?.split(',').map((part) => part.trim()),
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/**
 * Every setting of the release that is meant, and where each came from. Function and alias are among them. What a template
 * says is weaker than a flag alone.
 */
export async function releaseSettings(context: Context, template?: Layer): Promise<ReadonlyMap<SettingName, Sourced>> {
  const [flags, ...others] = nearLayers(context);
  const near = [flags!, ...(template ? [template] : []), ...others];
  const file = await fileLayer(context, valuesOf(layered(near)).function);
  const found = layered([...near, ...(file ? [file] : []), DEFAULT_LAYER]);
  named(found, 'function');
  named(found, 'alias');
  return found;
}

/** Which alias is meant. The config file is only read where flags and environment do not say it. */
export async function aliasName(context: Context): Promise<{ function: string; alias: string }> {
  const near = layered(nearLayers(context));
  const complete = near.has('function') && near.has('alias') && context.flags.config === undefined;
  const found = complete ? near : await releaseSettings(context);
  return { function: named(found, 'function'), alias: named(found, 'alias') };
}

/** Which function is meant, for commands that are about all its aliases. */
export async function functionName(context: Context): Promise<string> {
  const near = layered(nearLayers(context));
  if (near.has('function') && context.flags.config === undefined) return named(near, 'function');
  const file = await fileLayer(context, valuesOf(near).function);
  const name = named(layered([...nearLayers(context), ...(file ? [file] : [])]), 'function');
  if (routerOf({ function: name, alias: '' }))
    throw usage(`${name} leads to two functions, and this is about the versions of one`, 'add --function NAME');
  return name;
}

/** The alias that is meant, with the account and region that the credentials lead to. */
export async function aliasKey(context: Context): Promise<AliasKey> {
  const name = await aliasName(context);
  const { account, region } = await (await context.wired()).aws.identity.where();
  return { account, region, ...name };
}

/**
 * The alias that is meant, for commands that only read the state: where AWS cannot be asked, the one of that name which
 * the state knows. At 3 a.m. the past must be readable also when the credentials have run out.
 */
export async function recordedKey(context: Context): Promise<AliasKey> {
  try {
    return await aliasKey(context);
  } catch (problem) {
    if (!(problem instanceof Error) || problem.name !== 'AwsProblem') throw problem;
    const key = await knownKey(context, {});
    if (!key) throw problem;
    context.output.note(
      `AWS was not asked (${problem.message}): this is the state of account ${key.account}, ${key.region}`,
    );
    return key;
  }
}

/** The one alias of that name which the state knows, without asking AWS; undefined where there is none, or several. */
export async function knownKey(context: Context, query: { readonly open?: true }): Promise<AliasKey | undefined> {
  const { flags, io } = context;
  const name = await aliasName(context);
  const region = flags.region ?? io.env.AWS_REGION ?? io.env.AWS_DEFAULT_REGION;
  const { host } = (await (await context.wired()).home()).ports;
  const known = await host.list({ ...query, limit: MAX_KNOWN });
  const keys = known
    .map(({ state }) => state.key)
    .filter((key) => key.function === name.function && key.alias === name.alias)
    .filter((key) => region === undefined || key.region === region);
  return keys.length === 1 ? keys[0] : undefined;
}

/** A state with more aliases than this is a server's, which has credentials. */
const MAX_KNOWN = 1_000;

/** `--only` names a region of a train; without one it means nothing. */
export function refuseOnly({ flags }: Context): void {
  if (flags.only !== undefined) throw usage(`--only ${flags.only} belongs to a train`, 'add --train NAME');
}

/** Whether anything names a function: flags, environment or a config file. */
export async function namesFunction(context: Context): Promise<boolean> {
  if (layered(nearLayers(context)).has('function')) return true;
  const read = await readConfigFile(context);
  // A file that only speaks of a train, or of channels, names no function.
  return read !== undefined && read.functions.length > 0;
}

/** AWS's own rules; kept here so that a slip is named before anything is asked. */
const PATTERNS = { function: /^[\w:-]{1,170}$/, alias: /^(?!\d+$)[\w-]{1,128}$/ };

function named(found: ReadonlyMap<SettingName, Sourced>, name: 'function' | 'alias'): string {
  const value = found.get(name)?.value;
  if (typeof value !== 'string')
    throw usage(
      `no ${name} is named: which one is meant?`,
      `add ${FLAG_OF[name]} NAME, set SWITCHBACK_${name.toUpperCase()}, or write it into ${CONFIG_FILE} (switchback init)`,
    );
  if (PATTERNS[name].test(value) || (name === 'function' && routerOf({ function: value, alias: '' }))) return value;
  const why =
    name === 'alias' && /^\d+$/.test(value)
      ? 'a number is a version, and releases shift an alias'
      : 'AWS does not allow such a name';
  throw usage(`${name} "${value}" is not possible: ${why}`);
}

/** Where the paths of the config file are meant from. */
export async function configFolder(context: Context): Promise<string> {
  const file = await configFile(context);
  return file === undefined ? context.io.cwd : dirname(file);
}

async function fileLayer(context: Context, wanted: string | undefined): Promise<Layer | undefined> {
  const read = await readConfigFile(context);
  if (read === undefined) return undefined;
  const { folder, shown } = read;
  const chosen = choose(read.functions, wanted, shown);
  if (!chosen) return undefined;
  const { code } = chosen.settings;
  // Paths in the file are meant from where the file stands, not from where the command was called.
  const settings = code === undefined ? chosen.settings : { ...chosen.settings, code: resolve(folder, code) };
  return { settings, from: (name) => `${shown}:${chosen.lines.get(name) ?? 1}` };
}

/** The function of the file that is meant. One that the file does not know is released by flags alone. */
function choose(
  functions: readonly ConfiguredFunction[],
  wanted: string | undefined,
  file: string,
): ConfiguredFunction | undefined {
  // A file that names no function says how any function is released.
  if (wanted !== undefined)
    return functions.find(({ settings }) => settings.function === wanted || settings.function === undefined);
  if (functions.length <= 1) return functions[0];
  throw usage(
    `${file} has ${functions.length} functions (${functions.map(({ name }) => name).join(', ')}): which one is meant?`,
    `add --function ${functions[0]!.name}`,
  );
}
