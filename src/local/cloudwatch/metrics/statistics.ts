import type { Distribution } from './distribution.ts';

/**
 * CloudWatch's statistics. A `range` cuts the values to those above `low` and up to `high` (absolute, the lower bound
 * itself left out), or to a share of them by rank (percent).
 * Source: CloudWatch statistics definitions, Amazon CloudWatch User Guide.
 */
export type Statistic =
  | { readonly kind: 'Sum' | 'Minimum' | 'Maximum' | 'Average' | 'SampleCount' }
  | { readonly kind: 'percentile'; readonly percent: number }
  | { readonly kind: 'TM' | 'TC' | 'TS' | 'WM' | 'PR'; readonly range: Range };

export interface Range {
  readonly unit: 'value' | 'percent';
  readonly low: number;
  readonly high: number;
}

const SIMPLE = ['Sum', 'Minimum', 'Maximum', 'Average', 'SampleCount'] as const;
const BOUND = '\\d+(?:\\.\\d+)?';
const PERCENTILE = new RegExp(`^p(${BOUND})$`, 'i');
const TRIMMED_TOP = new RegExp(`^(tm|tc|ts|wm)(${BOUND})$`, 'i');
const RANGED = new RegExp(`^(tm|tc|ts|wm|pr)\\((${BOUND}%?)?:(${BOUND}%?)?\\)$`, 'i');
const MIDDLE_HALF: Range = { unit: 'percent', low: 25, high: 75 };

/** Reads `Sum`, `p99.9`, `tm90`, `TC(100:)`, `PR(:300)`, `TM(10%:90%)`, `IQM`; undefined where it is no statistic. */
export function parseStatistic(text: string): Statistic | undefined {
  const simple = SIMPLE.find((name) => name === text);
  if (simple) return { kind: simple };
  if (text.toUpperCase() === 'IQM') return { kind: 'TM', range: MIDDLE_HALF };
  const percentile = PERCENTILE.exec(text)?.[1];
  if (percentile !== undefined) return percentOf(percentile, (percent) => ({ kind: 'percentile', percent }));
  const top = TRIMMED_TOP.exec(text);
  if (top) {
    return percentOf(top[2] ?? '', (high) => ({ kind: kindOf(top[1]), range: { unit: 'percent', low: 0, high } }));
  }
  const ranged = RANGED.exec(text);
  return ranged ? parseRanged(kindOf(ranged[1]), ranged[2], ranged[3]) : undefined;
}

type Ranged = 'TM' | 'TC' | 'TS' | 'WM' | 'PR';

function kindOf(text = ''): Ranged {
  return text.toUpperCase() as Ranged;
}

function percentOf(text: string, make: (percent: number) => Statistic): Statistic | undefined {
  const percent = Number(text);
  return percent >= 0 && percent <= 100 ? make(percent) : undefined;
}

function parseRanged(kind: Ranged, low: string | undefined, high: string | undefined): Statistic | undefined {
  if (low === undefined && high === undefined) return undefined;
  const given = [low, high].filter((bound) => bound !== undefined);
  const percents = given.filter((bound) => bound.endsWith('%')).length;
  if (percents > 0 && percents < given.length) return undefined;
  const unit = percents > 0 ? 'percent' : 'value';
  if (kind === 'PR' && unit === 'percent') return undefined;
  const range: Range = {
    unit,
    low: low === undefined ? (unit === 'percent' ? 0 : Number.NEGATIVE_INFINITY) : Number.parseFloat(low),
    high: high === undefined ? (unit === 'percent' ? 100 : Number.POSITIVE_INFINITY) : Number.parseFloat(high),
  };
  if (range.low >= range.high || (unit === 'percent' && range.high > 100)) return undefined;
  return { kind, range };
}

/**
 * The statistic of the values. Undefined where there are none, or where it needs the distribution and some samples came
 * as statistic sets.
 */
export function computeStatistic(statistic: Statistic, values: Distribution): number | undefined {
  if (values.count === 0) return undefined;
  switch (statistic.kind) {
    case 'Sum':
      return values.sum;
    case 'Minimum':
      return values.min;
    case 'Maximum':
      return values.max;
    case 'Average':
      return values.sum / values.count;
    case 'SampleCount':
      return values.count;
    default:
      return values.opaque > 0 ? undefined : computeByDistribution(statistic, values);
  }
}

function computeByDistribution(
  statistic: Extract<Statistic, { kind: 'percentile' } | { range: Range }>,
  values: Distribution,
): number | undefined {
  const sorted = values.sorted();
  if (statistic.kind === 'percentile') return clamp(percentileOf(sorted, values.count, statistic.percent), values);
  const { weight, sum } = cut(sorted, values.count, statistic.range);
  switch (statistic.kind) {
    case 'TC':
      return weight;
    case 'TS':
      return sum;
    case 'TM':
      return weight === 0 ? undefined : sum / weight;
    case 'PR':
      return (weight / values.count) * 100;
    case 'WM':
      return winsorizedMean(sorted, values.count, statistic.range);
  }
}

/** Nearest rank: the smallest value that at least `percent` of the samples do not exceed. */
function percentileOf(sorted: readonly [number, number][], count: number, percent: number): number {
  const rank = (percent / 100) * count;
  let seen = 0;
  for (const [value, times] of sorted) {
    seen += times;
    // Shares such as 0.07 * 100 come out a hair above the rank they mean.
    if (seen >= rank - 1e-9 * count) return value;
  }
  return sorted.at(-1)?.[0] ?? Number.NaN;
}

/** Merged values lie in the middle of their step, which may be outside of what was seen. */
function clamp(value: number, { min, max }: Distribution): number {
  return Math.min(Math.max(value, min), max);
}

/** Weight and sum of what the range leaves; a value on the edge of a share counts with the part that is inside. */
function cut(sorted: readonly [number, number][], count: number, range: Range): { weight: number; sum: number } {
  let weight = 0;
  let sum = 0;
  let seen = 0;
  for (const [value, times] of sorted) {
    const inside =
      range.unit === 'value'
        ? value > range.low && value <= range.high
          ? times
          : 0
        : Math.max(0, Math.min(seen + times, (range.high / 100) * count) - Math.max(seen, (range.low / 100) * count));
    seen += times;
    weight += inside;
    sum += value * inside;
  }
  return { weight, sum };
}

/** The mean with what lies outside of the range set to its nearest edge. */
function winsorizedMean(sorted: readonly [number, number][], count: number, range: Range): number {
  const [low, high] =
    range.unit === 'value'
      ? [range.low, range.high]
      : [percentileOf(sorted, count, range.low), percentileOf(sorted, count, range.high)];
  let sum = 0;
  for (const [value, times] of sorted) sum += Math.min(Math.max(value, low), high) * times;
  return sum / count;
}
