import { standardPeers } from '../../src/core/judge/peers.ts';
import { type Family, familyOf, RUN_SECONDS } from './families.ts';
import { minutesOf } from './minutes.ts';
import type { Cell } from './null.ts';
import { mixSeed, seeded } from './random.ts';
import { traffic } from './traffic.ts';

/** Everybody else's rules on releases without a fault in which something else goes wrong. */
export interface StressJob {
  readonly kind: 'stress';
  readonly family: string;
  readonly cell: Cell;
  readonly runs: number;
  readonly seed: number;
}

export interface StressResult {
  readonly job: StressJob;
  /** How many good releases each rule rolled back; a rule that a family makes no sense for is absent. */
  readonly rollbacks: Readonly<Record<string, number>>;
}

const TICK_SECONDS = 5;

/** Plays one family in one cell. */
export function playStress({ kind, family: name, cell, runs, seed }: StressJob): StressResult {
  const family = familyOf(name);
  const rules = standardPeers(cell.weightPercent).filter(({ needsWeight }) => !needsWeight || keepsItsWeight(family));
  const rollbacks = Object.fromEntries(rules.map((rule) => [rule.name, 0]));
  for (let run = 0; run < runs; run++) {
    const random = seeded(mixSeed(seed, run, cell.requestsPerSecond, cell.weightPercent, 9));
    const world = family.world({ requestsPerSecond: cell.requestsPerSecond, share: cell.weightPercent / 100 }, random);
    const next = traffic(world, random, TICK_SECONDS);
    const ticks = Array.from({ length: RUN_SECONDS / TICK_SECONDS }, (_, i) => next(i * TICK_SECONDS));
    const minutes = minutesOf(ticks, TICK_SECONDS);
    for (const rule of rules) {
      if (rule.rollsBackAfter(minutes) !== null) rollbacks[rule.name] = rollbacks[rule.name]! + 1;
    }
  }
  return { job: { kind, family: name, cell, runs, seed }, rollbacks };
}

/** A rule that is told one weight cannot be asked about a release whose weight changes. */
function keepsItsWeight({ configuredShare }: Family): boolean {
  return configuredShare === undefined || configuredShare(0.1, 0) === configuredShare(0.1, RUN_SECONDS - 1);
}
