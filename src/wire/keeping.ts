import type { Keeper } from '../app/bundle/keeper.ts';
import { textOf } from '../app/error-text.ts';
import type { Clock } from '../app/ports/clock.ts';
import type { Incidents } from './incidents.ts';
import type { Trains } from './trains.ts';

/** What a process that drives a state keeps up beside the releases. */

/** How often a process that found no credentials looks whether there are some by now. */
const SIGN_IN_MS = 5_000;

/** Resolves when AWS says who this is, or when `signal` aborts; tells each reason why not once. */
export async function untilSignedIn(
  signedIn: () => Promise<unknown>,
  clock: Clock,
  report: (problem: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let told = ''; !signal.aborted; ) {
    try {
      await signedIn();
      return;
    } catch (error) {
      const problem = `no release is driven until AWS can be asked: ${textOf(error)}`;
      if (problem !== told) report(problem);
      told = problem;
    }
    await clock.sleep(SIGN_IN_MS, signal).catch(() => undefined);
  }
}

/** A process that stays writes what has ended this often. */
const KEEP_BUNDLES_MS = 5_000;
/** How soon a release that went wrong has its incident, and when what ended unattended is looked for. */
const OPEN_INCIDENTS_MS = 250;
const CATCH_UP_AFTER_MS = 2_000;

/** Writes the bundles of what has ended, until `signal` aborts. */
export async function keepBundles(keeper: Keeper, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(KEEP_BUNDLES_MS, signal).catch(() => undefined);
    await keeper.flush();
  }
}

/** Opens incidents of what went wrong and drives them, until `signal` aborts. */
export async function keepIncidents(
  { home, opener, publish }: Incidents,
  clock: Clock,
  report: (problem: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { keepUp } = await import('../app/incident/keep-up.ts');
  const keeping = home()
    .then(({ host }) => keepUp({ host, clock, report }, signal))
    .catch((error: unknown) => report(`this process stopped looking after incidents: ${String(error)}`));
  const catchingUp = clock.sleep(CATCH_UP_AFTER_MS, signal).then(
    () => opener.catchUp(signal),
    () => undefined,
  );
  while (!signal.aborted) {
    await opener.flush();
    await publish().catch(() => undefined);
    await clock.sleep(OPEN_INCIDENTS_MS, signal).catch(() => undefined);
  }
  await Promise.all([keeping, catchingUp]);
}

/** Drives the trains of a state, until `signal` aborts. */
export async function keepTrains(
  { home }: Trains,
  clock: Clock,
  report: (problem: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const [{ host }, { keepUp }] = await Promise.all([home(), import('../app/incident/keep-up.ts')]);
    await keepUp({ host, clock, report, what: 'trains' }, signal);
  } catch (error) {
    report(`this process stopped driving trains: ${String(error)}`);
  }
}
