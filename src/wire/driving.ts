import type { Keeper } from '../app/bundle/keeper.ts';
import type { Clock } from '../app/ports/clock.ts';
import type { HostUpkeep } from '../app/ports/host-upkeep.ts';
import type { AliasHost } from '../app/ports/index.ts';
import type { RunnerOptions } from '../app/runner.ts';
import type { Aws } from '../aws/index.ts';
import { keyOf } from '../core/release/alias.ts';
import type { Incidents } from './incidents.ts';
import { keepBundles, keepIncidents, keepTrains, untilSignedIn } from './keeping.ts';
import type { Regions } from './regions.ts';
import type { Trains } from './trains.ts';

export interface Driving {
  readonly aws: Aws;
  readonly regions: Regions;
  readonly host: AliasHost & HostUpkeep;
  /** Resolves when AWS says who this is. */
  readonly signedIn: () => Promise<unknown>;
  readonly isOurs: RunnerOptions['isOurs'];
  readonly keeper: Keeper;
  readonly incidents: Incidents;
  readonly trains: Trains;
  readonly clock: Clock;
  readonly report: (problem: string) => void;
}

/** What a release has done lies on its shelf seconds later: nobody waits for it. */
const KEEP_WITHIN_MS = 1_000;

/** Drives every open release, and what goes with them, until the answer is called. `watched` as in {@link RunnerOptions}. */
export function drive(driving: Driving, watched?: (releases: number) => void): () => Promise<void> {
  const { host, keeper, incidents, trains, clock, report } = driving;
  const stop = new AbortController();
  const driven = run(driving, watched, stop.signal);
  driven.catch((error: unknown) => report(`this process stopped driving releases: ${String(error)}`));
  const stopNoticing = host.onChange(keeper.noticed, KEEP_WITHIN_MS);
  void keepBundles(keeper, clock, stop.signal);
  void keepIncidents(incidents, clock, report, stop.signal);
  const trainsKept = keepTrains(trains, clock, report, stop.signal);
  return async () => {
    stop.abort();
    stopNoticing();
    await driven.catch(() => undefined);
    await trainsKept;
  };
}

async function run(
  { aws, regions, host, signedIn, isOurs, clock, report }: Driving,
  watched: ((releases: number) => void) | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { createRunner } = await import('../app/runner.ts');
  await untilSignedIn(signedIn, clock, report, signal);
  const at = (actor: string) => regions.at(keyOf(actor)?.region ?? '');
  const all = (releases: number): void => {
    if (releases >= MANY_RELEASES) void beFrugal(clock, signal);
    watched?.(releases);
  };
  await createRunner({ ...aws, at, host, clock, report, isOurs, watched: all }).run(signal);
}

/** From so many open releases on, memory is worth more than the last bit of speed. */
const MANY_RELEASES = 1_000;

/** By then the garbage of starting has been collected. */
const THOROUGH_MS = 20_000;
/** The old generation is collected when it has grown by so much since the last time; V8 itself would let it double and more. */
const GROWING_PERCENT = 30;

/**
 * Finding them all leaves V8 with a large heap full of garbage: it is to collect that thoroughly, and then to grow no more
 * than it has to. Thorough collections stop everything for 10 ms, so they must not go on for ever.
 */
async function beFrugal(clock: Clock, signal: AbortSignal): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--optimize-for-size');
  await clock.sleep(THOROUGH_MS, signal).catch(() => undefined);
  // The young generation stays as it is.
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`);
  setFlagsFromString('--no-optimize-for-size');
}
