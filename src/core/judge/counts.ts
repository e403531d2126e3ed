/** What one version did between two polls. Every number is an increment, never a running total. */
export interface Counts {
  /** Invocations that ran to an end, good or bad. Throttled requests are not among them. */
  readonly invocations: number;
  /** Invocations that failed; time-outs are among them. */
  readonly errors: number;
  readonly timeouts: number;
  /** Requests refused for want of concurrency; an attempt is an invocation or a throttle. */
  readonly throttles: number;
  readonly coldStarts: number;
  /** Invocations that took longer than each latency limit, in the order of the limits. */
  readonly slow: readonly number[];
}

/** More in one poll is not traffic but a broken reader; up to here a double counts one by one. */
export const MAX_COUNT = 1e15;

/** More latency limits than this say nothing new and make the state large. */
export const MAX_SLOW_LIMITS = 8;

/** No invocations at all, for `slowLimits` latency limits. */
export function zeroCounts(slowLimits = 0): Counts {
  return {
    invocations: 0,
    errors: 0,
    timeouts: 0,
    throttles: 0,
    coldStarts: 0,
    slow: new Array<number>(slowLimits).fill(0),
  };
}

/** The sum of two increments. */
export function addCounts(a: Counts, b: Counts): Counts {
  return {
    invocations: a.invocations + b.invocations,
    errors: a.errors + b.errors,
    timeouts: a.timeouts + b.timeouts,
    throttles: a.throttles + b.throttles,
    coldStarts: a.coldStarts + b.coldStarts,
    slow: addLists(a.slow, b.slow),
  };
}

function addLists(a: readonly number[], b: readonly number[]): readonly number[] {
  if (a.length < b.length) return addLists(b, a);
  return a.map((count, i) => count + (b[i] ?? 0));
}

/** What is wrong with a single count, as a sentence, or undefined when nothing is. */
export function countProblem(name: string, value: unknown): string | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return `${name} is ${String(value)}, not a finite number`;
  if (value < 0) return `${name} is ${value}; a count cannot be negative`;
  if (!Number.isInteger(value)) return `${name} is ${value}, not a whole number`;
  if (value > MAX_COUNT) return `${name} is ${value}; more than ${MAX_COUNT} in one poll is not believable`;
  return undefined;
}

const COUNT_FIELDS = ['invocations', 'errors', 'timeouts', 'throttles', 'coldStarts'] as const;

/** What is wrong with an increment that must hold at least `slowLimits` slow counts, or undefined when nothing is. */
export function countsProblem(name: string, counts: Counts, slowLimits: number): string | undefined {
  if (typeof counts !== 'object' || counts === null) return `${name} is ${String(counts)}, not counts`;
  for (const field of COUNT_FIELDS) {
    const problem = countProblem(`${name}.${field}`, counts[field]);
    if (problem !== undefined) return problem;
  }
  if (!Array.isArray(counts.slow) || counts.slow.length < slowLimits) {
    return `${name}.slow holds ${counts.slow?.length ?? 'no'} counts, but there are ${slowLimits} latency limits`;
  }
  for (let i = 0; i < slowLimits; i++) {
    const problem = countProblem(`${name}.slow[${i}]`, counts.slow[i]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/**
 * Why an increment cannot be true, or undefined when it can. CloudWatch may show a failure a moment before the
 * invocation it belongs to, so this is a reason to wait for more data, not to throw the data away.
 */
export function countsContradiction(name: string, counts: Counts): string | undefined {
  const most = Math.max(counts.errors, counts.timeouts, counts.coldStarts, ...counts.slow);
  if (most <= counts.invocations) return undefined;
  return `${name} reports ${most} of something in ${counts.invocations} invocations`;
}
