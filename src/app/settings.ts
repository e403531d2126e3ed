import type { ArmFunctions } from '../core/release/router.ts';
import type { GateSetting } from './gates/setting.ts';

/** What a release can be told, as people write it: every text still unread. Flags, environment and file all become this. */
export interface ReleaseSettings {
  readonly function?: string;
  readonly alias?: string;
  /** A zip file or a folder. */
  readonly code?: string;
  readonly version?: string;
  readonly strategy?: string;
  readonly steps?: readonly StepSetting[];
  readonly bake?: string;
  readonly alarms?: readonly string[];
  readonly thresholds?: readonly string[];
  readonly preTraffic?: string;
  readonly postTraffic?: string;
  /** A hook before every step. */
  readonly stepHook?: string;
  readonly hookTimeout?: string;
  /** Who has to approve before any traffic: a name as it is proved, or `role:NAME`. */
  readonly approvals?: readonly string[];
  readonly gates?: readonly GateSetting[];
  readonly signals?: readonly string[];
  /** The judge's alpha; false switches the judge off. */
  readonly judge?: number | false;
  /** Steps before the bake end early once the candidate is shown not to fail so many times as often as stable. */
  readonly promoteEarly?: number;
  /** An alias of the candidate's own. */
  readonly testAlias?: string;
  readonly keepWarm?: KeepWarmSetting;
  /** The two functions behind a router, which stands for function and alias. */
  readonly functions?: ArmFunctions;
}

export interface StepSetting {
  readonly weight: number;
  readonly hold: string;
  /** The step ends early once so many invocations were seen. */
  readonly invocations?: number | undefined;
}

export interface KeepWarmSetting {
  readonly event?: unknown;
  readonly concurrency?: number | undefined;
  readonly every?: string | undefined;
}

export type SettingName = keyof ReleaseSettings;

/** A setting and where it came from: `--strategy`, `SWITCHBACK_STRATEGY`, `switchback.yaml:12` or `default`. */
export interface Sourced {
  readonly name: SettingName;
  readonly value: NonNullable<ReleaseSettings[SettingName]>;
  readonly from: string;
}

/** One place that settings can come from. */
export interface Layer {
  readonly settings: ReleaseSettings;
  readonly from: (name: SettingName) => string;
}

export const DEFAULTS: ReleaseSettings = {
  strategy: 'canary 10% 5m',
  alarms: [],
  thresholds: [],
  hookTimeout: '1h',
  signals: ['logs', 'metrics'],
  judge: 0.01,
};

/** The names in the order in which people read them. */
export const SETTING_NAMES = [
  'function',
  'alias',
  'code',
  'version',
  'strategy',
  'steps',
  'bake',
  'alarms',
  'thresholds',
  'preTraffic',
  'postTraffic',
  'stepHook',
  'hookTimeout',
  'approvals',
  'gates',
  'signals',
  'judge',
  'promoteEarly',
  'testAlias',
  'keepWarm',
  'functions',
] as const satisfies readonly SettingName[];

/** Two ways to say one thing: the stronger layer's choice silences the other in the weaker ones. */
const RIVALS: Partial<Record<SettingName, SettingName>> = {
  strategy: 'steps',
  steps: 'strategy',
  code: 'version',
  version: 'code',
};

/** Lays the layers over each other, the strongest first; each setting is taken from the first that has it. */
export function layered(layers: readonly Layer[]): ReadonlyMap<SettingName, Sourced> {
  const found = new Map<SettingName, Sourced>();
  for (const { settings, from } of layers) {
    const decided = new Set(found.keys());
    for (const name of SETTING_NAMES) {
      const value = settings[name];
      const rival = RIVALS[name];
      if (value === undefined || decided.has(name) || (rival !== undefined && decided.has(rival))) continue;
      found.set(name, { name, value, from: from(name) });
    }
  }
  return found;
}

/** The settings without their sources. */
export function valuesOf(found: ReadonlyMap<SettingName, Sourced>): ReleaseSettings {
  return Object.fromEntries([...found.values()].map(({ name, value }) => [name, value]));
}

const ENVIRONMENT: Partial<Record<SettingName, string>> = {
  function: 'SWITCHBACK_FUNCTION',
  alias: 'SWITCHBACK_ALIAS',
  strategy: 'SWITCHBACK_STRATEGY',
  bake: 'SWITCHBACK_BAKE',
  hookTimeout: 'SWITCHBACK_HOOK_TIMEOUT',
  signals: 'SWITCHBACK_SIGNALS',
};

/** The settings that the environment holds. An empty variable counts as absent. */
export function environmentLayer(env: Readonly<Record<string, string | undefined>>): Layer {
  const settings = Object.fromEntries(
    Object.entries(ENVIRONMENT).flatMap(([name, variable]) => {
      const text = env[variable];
      if (!text) return [];
      return [[name, name === 'signals' ? text.split(',') : text]];
    }),
  );
  return { settings, from: (name) => ENVIRONMENT[name] ?? name };
}

export const DEFAULT_LAYER: Layer = { settings: DEFAULTS, from: () => 'default' };
