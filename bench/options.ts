import { parseArgs } from 'node:util';

/**
 * What a benchmark was asked for: flags that stand alone, and flags with a number (`--seed 7` or `--seed=7`; absent where it
 * was not given). Throws on anything else, so that no run of minutes measures what nobody asked for.
 */
export function readOptions<Flag extends string, Figure extends string = never>(
  args: readonly string[],
  flags: readonly Flag[],
  figures: readonly Figure[] = [],
): Readonly<Record<Flag, boolean>> & Readonly<Partial<Record<Figure, number>>> {
  const alone = flags.map((flag) => [flag, { type: 'boolean', default: false }] as const);
  const valued = figures.map((figure) => [figure, { type: 'string' }] as const);
  const { values } = parseArgs({ args: [...args], options: Object.fromEntries([...alone, ...valued]) });
  const read = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'string' ? numberOf(name, value) : value,
  ]);
  return Object.fromEntries(read);
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new Error(`--${name} "${text}" is not possible: a number from 0 on`);
}
