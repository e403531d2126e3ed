/**
 * The values of one metric in one span of time, as value -> count: exact up to {@link MAX_DISTINCT_VALUES} different
 * values, then merged on a logarithmic scale. Count, sum, minimum and maximum stay exact.
 */

/** Enough for exact percentiles of small functions; a busy minute merges to less than 1 % error. */
export const MAX_DISTINCT_VALUES = 1_000;
/** Relative width of the first merge: values move by at most 1 %. */
const FIRST_WIDTH = Math.log(1.02);

export interface StatisticSet {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

/** `[count, sum, min, max, opaque, width, value, count, value, count, …]`: compact and JSON. */
export type PackedDistribution = readonly number[];

export class Distribution {
  count = 0;
  sum = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  /** Samples that came as a statistic set only: how they are distributed is not known. */
  opaque = 0;
  /** Natural logarithm of the ratio of neighbouring merged values; 0 while all values are exact. */
  #width = 0;
  readonly #counts = new Map<number, number>();

  /** How many different values are kept. */
  get distinct(): number {
    return this.#counts.size;
  }

  add(value: number, count = 1): void {
    this.count += count;
    this.sum += value * count;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    const kept = this.#width === 0 ? value : merged(value, this.#width);
    this.#counts.set(kept, (this.#counts.get(kept) ?? 0) + count);
    if (this.#counts.size > MAX_DISTINCT_VALUES) this.#coarsen();
  }

  /** Adds a pre-aggregated set. One that holds a single value says how it is distributed; any other does not. */
  addSet({ count, sum, min, max }: StatisticSet): void {
    if (count <= 0) return;
    if (min === max) {
      this.add(min, count);
      return;
    }
    this.count += count;
    this.sum += sum;
    this.min = Math.min(this.min, min);
    this.max = Math.max(this.max, max);
    this.opaque += count;
  }

  merge(other: Distribution): void {
    if (other.count === 0) return;
    this.count += other.count;
    this.sum += other.sum;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
    this.opaque += other.opaque;
    if (other.#width > this.#width) {
      this.#width = other.#width;
      this.#remap();
    }
    for (const [value, count] of other.#counts) {
      const kept = this.#width === 0 ? value : merged(value, this.#width);
      this.#counts.set(kept, (this.#counts.get(kept) ?? 0) + count);
    }
    while (this.#counts.size > MAX_DISTINCT_VALUES) this.#coarsen();
  }

  /** Value and count, by rising value. */
  sorted(): [number, number][] {
    return [...this.#counts].sort(([a], [b]) => a - b);
  }

  pack(): PackedDistribution {
    return [this.count, this.sum, this.min, this.max, this.opaque, this.#width, ...[...this.#counts].flat()];
  }

  static unpack(packed: PackedDistribution): Distribution {
    const [count = 0, sum = 0, min = 0, max = 0, opaque = 0, width = 0, ...counts] = packed;
    const distribution = new Distribution();
    Object.assign(distribution, { count, sum, min, max, opaque });
    distribution.#width = width;
    for (let at = 0; at + 1 < counts.length; at += 2) distribution.#counts.set(counts[at] ?? 0, counts[at + 1] ?? 0);
    return distribution;
  }

  /** Widens until half the room is free again, so that this is rare. */
  #coarsen(): void {
    while (this.#counts.size > MAX_DISTINCT_VALUES / 2) {
      this.#width = this.#width === 0 ? FIRST_WIDTH : this.#width * 2;
      this.#remap();
    }
  }

  #remap(): void {
    const old = [...this.#counts];
    this.#counts.clear();
    for (const [value, count] of old) {
      const kept = merged(value, this.#width);
      this.#counts.set(kept, (this.#counts.get(kept) ?? 0) + count);
    }
  }
}

/** The middle, on the logarithmic scale, of the step that holds the value. */
function merged(value: number, width: number): number {
  if (value === 0) return 0;
  const middle = Math.exp((Math.floor(Math.log(Math.abs(value)) / width) + 0.5) * width);
  return value < 0 ? -middle : middle;
}
