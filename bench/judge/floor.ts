/**
 * The least bad requests that any outage-proof rule can serve in an hour: one that knows both failure rates and rolls back a
 * good release with chance alpha at most, whatever the common failure rate does.
 *
 * Such a rule must keep its promise also where both versions fail at the pooled rate of the faulty release. There failures come as
 * often, and only where they land tells the two worlds apart (successes add next to nothing while rates are small). The best
 * rule against that one world is found by dynamic programming over time and over the failures of each version, with a price c for each
 * false rollback; by duality no rule saves more than min over c of V(c) + c alpha. So this bounds every rule from below.
 */
export interface FloorInput {
  readonly requestsPerSecond: number;
  readonly weightPercent: number;
  readonly p0: number;
  readonly p1: number;
  readonly seconds: number;
  readonly alpha: number;
  /** How many failures the candidate must have shown before it may be rolled back. */
  readonly leastFailures: number;
}

/** More failures than these in an hour are not computed: the table grows with their square. */
export const MOST_FAILURES = 60;
/** So many, that two failures in one step are as good as impossible. */
const STEPS = 720;
const PRICES = Array.from({ length: 33 }, (_, i) => 10 ** (-2 + i / 4));

/** Bad requests served at least; undefined where so many failures are expected that it would take too long. */
export function leastBadRequests(input: FloorInput): number | undefined {
  const { requestsPerSecond, weightPercent, p0, p1, seconds, alpha } = input;
  const share = weightPercent / 100;
  const perSecond = requestsPerSecond * (share * p1 + (1 - share) * p0);
  if (perSecond * seconds > MOST_FAILURES) return undefined;
  const total = requestsPerSecond * share * p1 * seconds;
  const saved = Math.min(...PRICES.map((price) => bestValue(input, price) + price * alpha));
  return total - saved;
}

/** The most that can be saved on average, less `price` for each unit of chance of a false rollback. */
function bestValue({ requestsPerSecond, weightPercent, p0, p1, seconds, leastFailures }: FloorInput, price: number) {
  const share = weightPercent / 100;
  const perSecond = requestsPerSecond * (share * p1 + (1 - share) * p0);
  const landsOnGreen = (requestsPerSecond * share * p1) / perSecond;
  const expected = perSecond * seconds;
  const most = Math.ceil(expected + 8 * Math.sqrt(expected) + 10);
  const next = 1 - Math.exp((-perSecond * seconds) / STEPS);
  const width = most + 2;
  let value = new Float64Array(width * width);
  // The chance of these failures in the world without a fault, relative to this one, is the price of rolling back here.
  const cost = new Float64Array(width * width).fill(Number.POSITIVE_INFINITY);
  for (let green = leastFailures; green <= most; green++) {
    for (let blue = 0; green + blue <= most; blue++) {
      const falseChance = (share / landsOnGreen) ** green * ((1 - share) / (1 - landsOnGreen)) ** blue;
      cost[green * width + blue] = price * falseChance;
    }
  }
  for (let step = STEPS - 1; step >= 0; step--) {
    const remaining = requestsPerSecond * share * p1 * seconds * (1 - step / STEPS);
    // A failure is known at the beginning of its step, which favours the rule and keeps the bound a bound.
    const known = (at: number): number => Math.max(value[at]!, remaining - cost[at]!);
    const before = new Float64Array(width * width);
    for (let green = 0; green <= most; green++) {
      for (let blue = 0; green + blue < most; blue++) {
        const at = green * width + blue;
        const landed = landsOnGreen * known(at + width) + (1 - landsOnGreen) * known(at + 1);
        before[at] = Math.max((1 - next) * known(at) + next * landed, remaining - cost[at]!);
      }
    }
    value = before;
  }
  return value[0]!;
}
