import type { Verdict } from '../../core/release/retention.ts';
import { type Line, labelled, line } from './line.ts';

/** What pruning keeps and deletes, each version with its first reason. */
export function pruneText(given: {
  readonly function: string;
  readonly verdicts: readonly Verdict[];
  readonly unread: readonly string[];
  readonly left: number;
}): Line[] {
  const kept = given.verdicts.filter(({ keep }) => keep);
  const going = given.verdicts.filter(({ keep }) => !keep);
  return [
    line(['strong', given.function], `  ${kept.length} versions are kept, ${going.length} can go`),
    ...kept.map(({ version, because }) => labelled(`keep ${version}`, because.join('; '))),
    ...(going.length > 0 ? [labelled('delete', ['warn', ranges(going.map(({ version }) => version))])] : []),
    ...(given.left > 0 ? [labelled('later', `${given.left} more can go in the next run`)] : []),
    ...given.unread.map((told) => line(['warn', '!'], ` ${told}: a version that it names may be among these`)),
  ];
}

/** `3-7, 9, 12`: numbers in rising order, runs joined. */
export function ranges(versions: readonly string[]): string {
  const numbers = versions.map(Number).sort((a, b) => a - b);
  const runs: [first: number, last: number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run && number === run[1] + 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
}
