import { countProblem } from './counts.ts';

/** What one log stream (one execution environment) did in one bin of time. */
export interface StreamBin {
  readonly stream: string;
  /** Number of the bin, such as the time divided by {@link BIN_MS}. */
  readonly bin: number;
  readonly invocations: number;
  readonly failures: number;
}

/** Failures within five minutes in one environment may have one cause. */
export const BIN_MS = 300_000;

export type Calibration =
  | {
      readonly ok: true;
      /** The divisor for the judge: at least 1. */
      readonly phi: number;
      /** The variance of where failures land, relative to independent failures; 1 when they do not cluster. */
      readonly measured: number;
      readonly failures: number;
      /** False when there were too few failures to trust the figure. */
      readonly reliable: boolean;
      readonly sentence: string;
    }
  | { readonly ok: false; readonly problem: string };

/** The estimate falls short of the truth for rare large clusters, so it is raised by this. */
const SAFETY = 1.25;
/** Below this, chance alone explains the figure. */
const NEGLIGIBLE = 1.3;
const LEAST_FAILURES = 100;
/** A day of 1,000 environments in 5-minute bins. */
const MAX_BINS = 1_000_000;

/**
 * How strongly failures cluster in single environments, from blue-against-blue replay: were each environment assigned
 * to a pseudo-candidate by a coin, how much would the pseudo-candidate's failures vary beyond chance? The mean over
 * all assignments has a closed form, so no coin is thrown. Takes one entry per environment and bin.
 */
export function calibrate(bins: readonly StreamBin[]): Calibration {
  if (bins.length > MAX_BINS) return { ok: false, problem: `${bins.length} entries; at most ${MAX_BINS} are taken` };
  const grouped = new Map<number, StreamBin[]>();
  for (const entry of bins) {
    const problem = countProblem('invocations', entry.invocations) ?? countProblem('failures', entry.failures);
    if (problem !== undefined) return { ok: false, problem: `stream ${entry.stream}, bin ${entry.bin}: ${problem}` };
    if (entry.failures > entry.invocations) {
      const problem = `stream ${entry.stream}, bin ${entry.bin}: ${entry.failures} failures in ${entry.invocations} invocations`;
      return { ok: false, problem };
    }
    const group = grouped.get(entry.bin);
    if (group) group.push(entry);
    else grouped.set(entry.bin, [entry]);
  }
  let spread = 0;
  let expected = 0;
  let failures = 0;
  for (const group of grouped.values()) {
    const part = spreadOf(group);
    spread += part.spread;
    expected += part.expected;
    failures += part.failures;
  }
  const measured = expected > 0 ? spread / expected : 1;
  const raised = SAFETY * measured;
  const reliable = failures >= LEAST_FAILURES && expected > 0;
  const phi = reliable && raised >= NEGLIGIBLE ? raised : 1;
  return { ok: true, phi, measured, failures, reliable, sentence: sentenceOf(phi, failures, reliable) };
}

/** Squared distance of each environment's failures from its share of them, and what chance alone would make of it. */
function spreadOf(group: readonly StreamBin[]): { spread: number; expected: number; failures: number } {
  const invocations = group.reduce((sum, entry) => sum + entry.invocations, 0);
  const failures = group.reduce((sum, entry) => sum + entry.failures, 0);
  if (failures === 0 || group.length < 2) return { spread: 0, expected: 0, failures };
  let spread = 0;
  let concentration = 0;
  for (const entry of group) {
    const share = entry.invocations / invocations;
    spread += (entry.failures - failures * share) ** 2;
    concentration += share * share;
  }
  return { spread, expected: failures * (1 - concentration), failures };
}

function sentenceOf(phi: number, failures: number, reliable: boolean): string {
  if (!reliable) return `${failures} failures are too few to tell whether they cluster; they are taken as independent`;
  if (phi === 1) return `failures do not cluster (${failures} seen); each counts in full`;
  return `failures come in clusters of about ${phi.toPrecision(2)} (${failures} seen); each counts one ${phi.toPrecision(2)}th`;
}
