import { resolve } from 'node:path';
import type { Wanted } from '../../app/plan-release.ts';
import { DEFAULTS, type ReleaseSettings, valuesOf } from '../../app/settings.ts';
import type { ConfiguredMember, ConfiguredTrain } from '../../app/train/configured.ts';
import type { WantedTrain } from '../../app/train/plan.ts';
import { wantedFrom } from '../../app/wanted.ts';
import { actorOf } from '../../core/release/alias.ts';
import type { Release } from '../../core/release/release.ts';
import { isTrainName, trainActorOf } from '../../core/train/plan.ts';
import type { Train } from '../../core/train/train.ts';
import type { MemberReleases } from '../../present/json/train.ts';
import type { Home } from '../../wire.ts';
import { CONFIG_FILE, readConfigFile } from '../config-file.ts';
import type { Context, Flags } from '../context.ts';
import { unwrap, usage } from '../failure.ts';
import { allowed, gated, sourceOf } from '../planned.ts';
import { configFolder, releaseSettings } from '../target.ts';
import type { TemplateTrain } from '../template.ts';

/** What is said of one function: with a train, the file says it of every member. */
const OF_ONE_FUNCTION = [
  'function',
  'alias',
  'zip',
  'code',
  'version',
  'alarm',
  'threshold',
  'preTraffic',
  'postTraffic',
  'hookTimeout',
  'signals',
  'to',
] as const satisfies readonly (keyof Flags)[];

/** The name behind `--train`. Flags that belong to one function are refused beside it. */
export function trainName({ flags, operands }: Context): string {
  const name = flags.train ?? '';
  if (!isTrainName(name))
    throw usage(`--train "${name}" is not possible: write letters, digits, - and _, a letter first`);
  const odd = OF_ONE_FUNCTION.find((flag) => flags[flag] !== undefined);
  if (odd) {
    const flag = `--${odd.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw usage(`${flag} is about one function: with --train it is written in ${CONFIG_FILE}`);
  }
  if (operands.length > 0) throw usage('a template releases one function: it excludes --train');
  return name;
}

/** The train's actor, in the account that the credentials lead to. */
export async function trainActor(context: Context): Promise<string> {
  const name = trainName(context);
  const { account } = await (await context.wired()).aws.identity.where();
  return trainActorOf(account, name);
}

/** The train that the config file holds, every text of it read and every member's code packed. */
export async function wantedTrain(context: Context): Promise<WantedTrain> {
  const name = trainName(context);
  const config = await readConfigFile(context);
  if (!config)
    throw usage(`train ${name} is not known: there is no ${CONFIG_FILE}`, 'write its members under "train:"');
  const { train, shown, folder } = config;
  if (!train) throw usage(`${shown} has no train`, 'write its members under "train:"');
  if (train.name !== name) throw usage(`${shown} has train ${train.name}, not ${name}`, `add --train ${train.name}`);
  const shared = sharedOf(context.flags, train);
  // Every text is read before any file is: a slip should not wait for a large zip.
  for (const { members } of train.waves)
    for (const member of members)
      unwrap(wantedFrom(settingsOf(member, shared, folder), { kind: 'latest' }, allowed(context)));
  const packed = new Map<string, ReturnType<typeof sourceOf>>();
  const source = ({ code, version }: ReleaseSettings): ReturnType<typeof sourceOf> => {
    const place = `${version ?? ''}\n${code ?? ''}`;
    const known =
      packed.get(place) ?? sourceOf(context, { ...(code ? { code } : {}), ...(version ? { version } : {}) });
    packed.set(place, known);
    return known;
  };
  const waves: WantedTrain['waves'][number][] = [];
  for (const { name: wave, holdMs, members } of train.waves) {
    const wished: WantedTrain['waves'][number]['members'][number][] = [];
    for (const member of members) {
      const settings = settingsOf(member, shared, folder);
      const wanted = await gated(folder, unwrap(wantedFrom(settings, await source(settings), allowed(context))));
      wished.push({ region: member.region, wanted });
    }
    waves.push({ name: wave, holdMs, members: wished });
  }
  const [first] = waves.flatMap(({ members }) => members);
  const { strategy, steps } = first!.wanted;
  return { name, strategy, steps, rules: train.rules, waves };
}

/** Several functions of a template as a train, each with its own hooks, alarms and code. */
export async function templateTrainWanted(context: Context, { name, members }: TemplateTrain): Promise<WantedTrain> {
  const folder = await configFolder(context);
  const all: Wanted[] = [];
  for (const member of members) {
    const from = () => context.operands[0] ?? 'template';
    const settings = valuesOf(await releaseSettings(context, { settings: member, from }));
    const source = await sourceOf(context, settings);
    all.push(await gated(folder, unwrap(wantedFrom(settings, source, allowed(context)))));
  }
  const { strategy, steps } = all[0]!;
  const wished = all.map((wanted) => ({ region: undefined, wanted: { ...wanted, strategy, steps } }));
  const rules = { takeBack: 'train', onHalted: 'rollback' } as const;
  return { name, strategy, steps, rules, waves: [{ name: '1', holdMs: 0, members: wished }] };
}

/** `--strategy` and `--bake` say it for all members at once. */
function sharedOf({ strategy, bake }: Flags, { shared }: ConfiguredTrain): ReleaseSettings {
  const own =
    strategy === undefined ? shared : { ...(shared.bake === undefined ? {} : { bake: shared.bake }), strategy };
  const steps = own.strategy === undefined && own.steps === undefined ? { strategy: DEFAULTS.strategy! } : {};
  return { ...own, ...steps, ...(bake === undefined ? {} : { bake }) };
}

function settingsOf({ settings }: ConfiguredMember, shared: ReleaseSettings, folder: string): ReleaseSettings {
  const { strategy: _strategy, ...defaults } = DEFAULTS;
  const { code } = settings;
  const alias = settings.alias ?? 'live';
  return { ...defaults, ...settings, alias, ...(code === undefined ? {} : { code: resolve(folder, code) }), ...shared };
}

/** What the members' own actors know of their releases. */
export async function memberReleases({ ports: { host } }: Home, train: Train): Promise<MemberReleases> {
  const found = await Promise.all(
    train.members.map(async ({ name, key, releaseId, undo }): Promise<[string, Release] | undefined> => {
      const release = (await host.read(actorOf(key)).catch(() => undefined))?.state.release;
      return release && (release.id === releaseId || release.id === undo?.releaseId) ? [name, release] : undefined;
    }),
  );
  return new Map(found.filter((entry) => entry !== undefined));
}
