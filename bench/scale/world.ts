import type { AliasKey } from '../../src/core/release/alias.ts';
import type { Plan } from '../../src/core/release/plan.ts';

/** What every part of the benchmark knows: the names, and how the aliases stand. */
export const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';
export const DAY_MS = 86_400_000;

/** A function whose release is open at 10 %; `fresh` ones are still to be released. */
export function keyOf(n: number, kind: 'open' | 'fresh' = 'open'): AliasKey {
  return { account: ACCOUNT, region: REGION, function: `${kind}-${n}`, alias: 'live' };
}

/** The id that release `n` was given when it was seeded. */
export function releaseIdOf(n: number): string {
  return `r-${String(n).padStart(10, '0')}`;
}

/** As most plans are: a judge, an alarm of its own, both paths of signals. */
export function planFor(key: AliasKey, holdMs = DAY_MS): Plan {
  return {
    key,
    stable: '1',
    candidate: '2',
    strategy: 'bench',
    steps: [
      { weightPercent: 10, holdMs },
      { weightPercent: 100, holdMs: 600_000 },
    ],
    gates: [],
    alarms: [{ name: `errors of ${key.function}` }],
    thresholds: [],
    judge: { alpha: 0.01 },
    signals: { logs: true, metrics: true },
    blindSpots: [],
    warnings: [],
    description: 'what customers call',
    deploymentId: 'd-ABCDEFGHI',
    secret: '00000000000000000000000000000000',
  };
}
