import type { ReleaseInput } from './config-schema.ts';
import type { ReleaseSettings } from './settings.ts';

/** The defaults, without the one of strategy and steps that the function chose against. */
export function over(common: ReleaseSettings, mine: ReleaseSettings): ReleaseSettings {
  const { strategy, steps, ...rest } = common;
  if (mine.strategy !== undefined || mine.steps !== undefined) return rest;
  return common;
}

/** A release's settings as they stand in the file, under the names that every source of settings uses. */
export function settingsOf({ hooks, judge, ...rest }: ReleaseInput): ReleaseSettings {
  const settings = {
    ...rest,
    preTraffic: hooks?.preTraffic,
    postTraffic: hooks?.postTraffic,
    stepHook: hooks?.everyStep,
    hookTimeout: hooks?.timeout,
    judge: judge === undefined || judge === false ? judge : judge.alpha,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
