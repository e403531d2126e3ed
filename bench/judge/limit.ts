import {
  limitConcurrentControlGreenInvocations,
  limitKnownBaselineGreenInvocations,
} from '../../src/core/judge/limits.ts';
import { judgeConfig, player } from './play.ts';
import { mixSeed, seeded } from './random.ts';

/** The statistical part of the price: no delay, data in small polls, from the first request of a faulty version. */
export interface LimitJob {
  readonly kind: 'limit';
  readonly weightPercent: number;
  readonly p0: number;
  readonly p1: number;
  /** All metrics with their default parts of the euro, or failures alone. */
  readonly metrics: 'default' | 'errorsAlone';
  readonly runs: number;
  readonly seed: number;
}

export interface LimitResult {
  readonly job: LimitJob;
  readonly badRequests: number;
  /** Standard error of the mean. */
  readonly error: number;
  readonly limitA: number;
  readonly limitB: number;
  /** The bar: one and a half times limit B, and two. */
  readonly bar: number;
}

export const ALPHA = 0.01;
const POLLS_PER_LIMIT = 1000;
const LEAST_REQUESTS_PER_POLL = 1;
const MOST_LIMITS = 12;
const POLL_SECONDS = 1;

/** Limits A and B in bad requests, for the bench's alpha. */
export function limitsOf(p0: number, p1: number, share: number): { readonly limitA: number; readonly limitB: number } {
  return {
    limitA: limitKnownBaselineGreenInvocations({ alpha: ALPHA, p0, p1 }) * p1,
    limitB: limitConcurrentControlGreenInvocations({ alpha: ALPHA, p0, p1, w: share }) * p1,
  };
}

/** How many bad requests a faulty version serves before the judge is sure. */
export function playLimit(job: LimitJob): LimitResult {
  const share = job.weightPercent / 100;
  const { p0, p1 } = job;
  const { limitA, limitB } = limitsOf(p0, p1, share);
  const requestsNeeded = limitB / p1 / share;
  const perPoll = Math.max(LEAST_REQUESTS_PER_POLL, requestsNeeded / POLLS_PER_LIMIT);
  const polls = Math.ceil((MOST_LIMITS * Math.max(requestsNeeded, 50)) / perPoll);
  let sum = 0;
  let squares = 0;
  for (let run = 0; run < job.runs; run++) {
    const bad = badRequestsOf(job, run, { share, perPoll, polls });
    sum += bad;
    squares += bad * bad;
  }
  const mean = sum / job.runs;
  const error = Math.sqrt(Math.max(0, squares / job.runs - mean * mean) / job.runs);
  return { job, badRequests: mean, error, limitA, limitB, bar: 1.5 * limitB + 2 };
}

function badRequestsOf(
  job: LimitJob,
  run: number,
  { share, perPoll, polls }: { share: number; perPoll: number; polls: number },
): number {
  const random = seeded(mixSeed(job.seed, run, job.weightPercent, Math.round(job.p1 * 1e6)));
  const weights =
    job.metrics === 'default' ? {} : { metricWeights: { timeouts: 0, slow: 0, throttles: 0, coldStarts: 0 } };
  const judged = player(
    judgeConfig({ horizonMs: polls * POLL_SECONDS * 1000, stableErrorRate: job.p0, ...weights }),
    'logs',
  );
  let bad = 0;
  for (let poll = 1; poll <= polls; poll++) {
    const nGreen = random.poisson(perPoll * share);
    const nBlue = random.poisson(perPoll * (1 - share));
    const xGreen = random.binomial(nGreen, job.p1);
    bad += xGreen;
    const tick = { nGreen, xGreen, nBlue, xBlue: random.binomial(nBlue, job.p0), slowGreen: [], slowBlue: [] };
    if (judged.feed(tick, poll * POLL_SECONDS, share)) break;
  }
  return bad;
}
