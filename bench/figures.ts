/** Small helpers that benchmarks share. */

/** The value below which the given share (0..1) of the figures lie. */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
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
