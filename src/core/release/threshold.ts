import { parseDuration } from '../duration.ts';
import type { Threshold, ThresholdMetric } from './plan.ts';

export type ThresholdResult =
  | { readonly ok: true; readonly threshold: Threshold }
  | { readonly ok: false; readonly problem: string };

const DEFAULT_MIN_INVOCATIONS = 10;
const LONGEST_FOR_MS = 3_600_000;
const FORM =
  '"error rate > 5% for 2 minutes", "errors >= 3 for 30s", "p99 duration > 800ms for 1m", "timeout rate > 1% for 1m" or "throttles > 0 for 1m", optionally with "min 50 invocations" behind';

const RATES: Readonly<Record<string, ThresholdMetric>> = {
  'error rate': { kind: 'errorRate' },
  'timeout rate': { kind: 'timeoutRate' },
  'throttle rate': { kind: 'throttleRate' },
  'cold start rate': { kind: 'coldStartRate' },
};
const COUNTS: Readonly<Record<string, ThresholdMetric>> = {
  errors: { kind: 'errors' },
  timeouts: { kind: 'timeouts' },
  throttles: { kind: 'throttles' },
};

const GRAMMAR =
  /^(?<what>error rate|timeout rate|throttle rate|cold start rate|errors|timeouts|throttles|p(?<percentile>\d{1,2}(?:\.\d+)?)(?: duration| latency)?)\s*(?<op>>=|>)\s*(?<value>\d+(?:\.\d+)?)\s*(?<unit>%|ms|s|m)?\s+for\s+(?<time>.+?)(?:,?\s+min(?:imum)?\s+(?<min>\d+)\s+invocations?)?$/i;

/** Reads a threshold as people write it; see {@link FORM} for the forms. */
export function parseThreshold(text: string): ThresholdResult {
  const groups = GRAMMAR.exec(text.trim())?.groups;
  if (!groups) return { ok: false, problem: `threshold "${text}" is not understood: write ${FORM}` };
  const { what, percentile, op, value, unit, time, min } = groups as Record<string, string | undefined>;
  const forMs = parseDuration(time!);
  if (forMs === undefined || forMs < 1_000 || forMs > LONGEST_FOR_MS) {
    return { ok: false, problem: `threshold "${text}": "for ${time}" must be a time from 1 s to 1 h` };
  }
  const read = metricOf(what!.toLowerCase(), percentile, Number(value), unit);
  if (typeof read === 'string') return { ok: false, problem: `threshold "${text}": ${read}` };
  const counted = read.metric.kind === 'errors' || read.metric.kind === 'timeouts' || read.metric.kind === 'throttles';
  const minInvocations = min === undefined ? (counted ? 1 : DEFAULT_MIN_INVOCATIONS) : Number(min);
  return { ok: true, threshold: { text: text.trim(), ...read, orEqual: op === '>=', forMs, minInvocations } };
}

function metricOf(
  what: string,
  percentile: string | undefined,
  value: number,
  unit: string | undefined,
): { metric: ThresholdMetric; limit: number } | string {
  if (percentile !== undefined) {
    const limit = unit === undefined || unit === '%' ? undefined : parseDuration(`${value}${unit}`);
    if (limit === undefined) return 'a duration needs a time, such as 800ms';
    const p = Number(percentile);
    return p > 0 && p < 100
      ? { metric: { kind: 'duration', percentile: p }, limit }
      : `p${percentile} is not between p0 and p100`;
  }
  const rate = RATES[what];
  if (rate) {
    if (unit !== '%') return 'a rate needs a percentage, such as 5%';
    return value < 100 ? { metric: rate, limit: value } : `a rate above ${value} % never happens`;
  }
  if (unit !== undefined) return `a count has no unit "${unit}"`;
  return { metric: COUNTS[what]!, limit: value };
}
