/** Small helpers that benchmarks share. */

/**
 * The smallest of the figures that so large a share of them, above 0 and up to 1, do not exceed (the nearest rank): of 400
 * the 99th of 100 is the 396th, as "99 of 100 are within" says. NaN where there are none.
 */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((a, b) => a - b);
  // 0.07 times 100 is a little more than 7.
  const rank = Math.ceil(share * sorted.length - 1e-9);
  return sorted[Math.max(rank, 1) - 1] ?? Number.NaN;
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Prints the figures as one JSON object, or a line each. `bars`: what each figure is meant to reach, in words. */
export function print(
  figures: Readonly<Record<string, unknown>>,
  bars: Readonly<Record<string, string>>,
  json: boolean,
): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    return;
  }
  for (const [name, value] of Object.entries(figures)) {
    const bar = bars[name];
    process.stdout.write(
      `${name.padEnd(34)} ${String(typeof value === 'object' ? JSON.stringify(value) : value).padEnd(12)} ${bar ?? ''}\n`,
    );
  }
}
