import type { z } from 'zod';
import { parseDuration } from '../../core/duration.ts';
import type { TrainRules } from '../../core/train/plan.ts';
import { type Config, RELEASE_KEYS, type ReleaseInput } from '../config-schema.ts';
import { settingsOf } from '../config-settings.ts';
import type { ReleaseSettings } from '../settings.ts';

/** The train of a configuration file, every member with all of its settings but the shared steps. */
export interface ConfiguredTrain {
  readonly name: string;
  /** Strategy or steps, and bake: shared by all members. */
  readonly shared: Pick<ReleaseSettings, 'strategy' | 'steps' | 'bake'>;
  readonly rules: TrainRules;
  readonly waves: readonly ConfiguredWave[];
}

export interface ConfiguredWave {
  readonly name: string;
  readonly holdMs: number;
  readonly members: readonly ConfiguredMember[];
}

export interface ConfiguredMember {
  /** Undefined for the region of the credentials. */
  readonly region: string | undefined;
  readonly settings: ReleaseSettings;
}

type Input = z.infer<typeof Config>;
type TrainInput = NonNullable<Input['train']>;
type MemberInput = NonNullable<TrainInput['members']>[number];

/** The train that the file holds; undefined where it holds none. */
export function configuredTrain(config: Input): ConfiguredTrain | undefined {
  const { train } = config;
  if (!train) return undefined;
  const { name, strategy, steps, bake, takeBack = 'train', onHalted = 'rollback', hold } = train;
  const waves = train.waves ?? [{ members: train.members ?? [] }];
  return {
    name,
    shared: settingsOf({ strategy, steps, bake } as ReleaseInput),
    rules: { takeBack, onHalted },
    waves: waves.map((wave, index) => ({
      name: wave.name ?? wave.region ?? String(index + 1),
      holdMs: parseDuration(wave.hold ?? hold ?? '') ?? 0,
      members: wave.members.map((member) => memberOf(config, member, wave.region)),
    })),
  };
}

/** What the member itself says, then what the file says of its function, then what it says of all. */
function memberOf(config: Input, member: MemberInput, waveRegion: string | undefined): ConfiguredMember {
  const { function: fn, region, version, ...own } = member;
  const { defaults, functions } = config;
  const under = functions?.[fn];
  const common = functions || defaults ? defaults : releaseOf(config);
  const settings = {
    ...settingsOf(common ?? {}),
    ...(under ? settingsOf(under) : {}),
    ...settingsOf(own as ReleaseInput),
    ...(version === undefined ? {} : { version: String(version) }),
    function: fn,
  };
  const { strategy: _strategy, steps: _steps, bake: _bake, ...rest } = settings;
  // A version that the member names stands instead of the code that its function usually has.
  if (version !== undefined && own.code === undefined) {
    const { code: _code, ...versioned } = rest;
    return { region: region ?? waveRegion, settings: versioned };
  }
  return { region: region ?? waveRegion, settings: rest };
}

/** What a file without functions says of any release. */
function releaseOf(config: Input): ReleaseInput {
  return Object.fromEntries(Object.entries(config).filter(([key]) => RELEASE_KEYS.includes(key)));
}
