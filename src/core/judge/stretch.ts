import { type Block, logLrShare, logLrTwoSample } from './increments.ts';
import type { Metric } from './metrics.ts';
import { baselineRate, type RaceState } from './race.ts';

/**
 * The counts since the suspicion began: since the moment from which "somewhat worse" explains the events better than
 * "no worse". An outage of both versions an hour ago must not dilute what a person reads now.
 */
export interface Stretch extends Block {
  readonly score: number;
  /** Events that would have landed on the candidate by its share of the trials. */
  readonly expectedGreen: number;
}

export const NO_STRETCH: Stretch = { score: 0, expectedGreen: 0, xGreen: 0, nGreen: 0, xBlue: 0, nBlue: 0 };

/** The ratios "somewhat worse" stands for; both drift upwards from a true ratio of about 1.2. */
const SOMEWHAT_RATIO = 1.5;
const SOMEWHAT_ODDS = 1.3;

/** The stretch after one more block; `race` is the race before it. */
export function extendStretch(stretch: Stretch, metric: Metric, race: RaceState, block: Block): Stretch {
  const trials = block.nGreen + block.nBlue;
  if (trials === 0) return stretch;
  const events = block.xGreen + block.xBlue;
  const share = block.nGreen > 0 ? Math.max(block.nGreen / trials, metric.rules.leastShare) : 0;
  const step =
    metric.form === 'twoSample'
      ? logLrTwoSample({ ...block, pBlue: baselineRate(race), oddsRatio: SOMEWHAT_ODDS })
      : logLrShare(block.xGreen, events, share, SOMEWHAT_RATIO);
  const score = stretch.score + step;
  if (score <= 0) return NO_STRETCH;
  return {
    score,
    expectedGreen: stretch.expectedGreen + share * events,
    xGreen: stretch.xGreen + block.xGreen,
    nGreen: stretch.nGreen + block.nGreen,
    xBlue: stretch.xBlue + block.xBlue,
    nBlue: stretch.nBlue + block.nBlue,
  };
}

/** How many times worse the candidate was in the stretch; null when every event was the candidate's. */
export function ratioOf(stretch: Stretch, frequent: boolean): number | null {
  const { xGreen, nGreen, xBlue, nBlue, expectedGreen } = stretch;
  if (xGreen === 0) return 0;
  if (frequent) {
    const odds = (xGreen / Math.max(nGreen - xGreen, 0.5)) * ((nBlue - xBlue) / Math.max(xBlue, 0.5));
    return xBlue === 0 ? null : odds;
  }
  const expectedBlue = xGreen + xBlue - expectedGreen;
  return xBlue === 0 || expectedGreen === 0 ? null : (xGreen / xBlue) * (expectedBlue / expectedGreen);
}
