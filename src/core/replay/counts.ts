import type { Counts } from '../judge/counts.ts';
import type { CountsByVersion } from '../release/observation.ts';
import type { CountList, CountLists } from './record.ts';

/** So many numbers stand before the slow counts. */
export const FIXED_COUNTS = 5;

export function listOf({ invocations, errors, timeouts, throttles, coldStarts, slow }: Counts): CountList {
  return [invocations, errors, timeouts, throttles, coldStarts, ...slow];
}

export function listsOf(counts: CountsByVersion): CountLists {
  return Object.fromEntries(Object.entries(counts).map(([version, each]) => [version, listOf(each)]));
}

/** The counts of a list, with only those slow counts that `slowPlaces` names, in its order. */
export function countsOf(list: CountList, slowPlaces: readonly number[]): Counts {
  const [invocations = 0, errors = 0, timeouts = 0, throttles = 0, coldStarts = 0] = list;
  const slow = slowPlaces.map((place) => list[FIXED_COUNTS + place] ?? 0);
  return { invocations, errors, timeouts, throttles, coldStarts, slow };
}

export function countsByVersion(lists: CountLists, slowPlaces: readonly number[]): CountsByVersion {
  return Object.fromEntries(Object.entries(lists).map(([version, list]) => [version, countsOf(list, slowPlaces)]));
}
