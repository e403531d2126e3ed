import { DEFAULT_METRIC_WEIGHTS, type JudgeConfig, type MetricKind } from './config.ts';
import type { Counts } from './counts.ts';
import type { Block } from './increments.ts';
import { type Bet, KAPPA, type RaceRules, SHARE_BETS, TWO_SAMPLE_BETS } from './race.ts';
import type { SignalSource } from './silence.ts';

/**
 * What each path cannot tell: log records know nothing of requests that were refused, CloudWatch counts neither cold starts nor
 * time-outs (they are among the errors). A part of the euro on these could never win.
 */
const UNTOLD: Readonly<Record<SignalSource, readonly MetricKind[]>> = {
  logs: ['throttles'],
  metrics: ['timeouts', 'coldStarts'],
};

/** The parts of the euro for one path: nothing for what it cannot tell, so that the other kinds share it. */
export function weightsFor(source: SignalSource, weights: JudgeConfig['metricWeights']): JudgeConfig['metricWeights'] {
  return { ...weights, ...Object.fromEntries(UNTOLD[source].map((kind) => [kind, 0])) };
}

/** One thing that is raced: which counts, under which rules, with which part of the euro. */
export interface Metric {
  readonly kind: MetricKind;
  /** Index of the latency limit for slowness, else 0. */
  readonly index: number;
  readonly weight: number;
  readonly form: Bet['form'];
  readonly rules: RaceRules;
}

/** From this rate of the stable version on, events are too frequent for the simple form (it would waste information). */
const FREQUENT_RATE = 0.05;

/**
 * The part of a failure's euro that bets on a version that fails outright, in a race of its own with longer blocks that
 * may be looked at while they are open. The price for milder faults is a few per cent.
 */
const OUTRIGHT_PART = 0.2;
const OUTRIGHT_BETS: readonly Bet[] = [
  { form: 'outright', ratio: 0.3, weight: 0.4 },
  { form: 'outright', ratio: 0.99, weight: 0.6 },
];

/**
 * Cold starts are raced against at least half: a smaller pool of environments may need as many cold starts in number
 * as the large one, and a healthy candidate on a small weight does.
 */
const COLD_START_LEAST_SHARE = 0.5;

/** A configuration never changes, and a judge asks for its races at every poll. */
const KNOWN = new WeakMap<JudgeConfig, readonly Metric[]>();

/** The races of a configuration, in a fixed order; their weights sum to 1. */
export function metricsOf(config: JudgeConfig): readonly Metric[] {
  const known = KNOWN.get(config);
  if (known) return known;
  const metrics = racesOf(config);
  KNOWN.set(config, metrics);
  return metrics;
}

function racesOf(config: JudgeConfig): readonly Metric[] {
  const weights = { ...DEFAULT_METRIC_WEIGHTS, ...config.metricWeights };
  const limits = config.latencyLimits ?? [];
  const metrics: Metric[] = [];
  const add = (kind: MetricKind, index: number, weight: number, rate: number, bets: readonly Bet[]): void => {
    if (weight <= 0) return;
    const rules: RaceRules = {
      bets,
      kappa: KAPPA,
      phi: config.phi?.[kind] ?? 1,
      horizonMs: config.horizonMs,
      baselineRate: rate,
      leastShare: kind === 'coldStarts' ? COLD_START_LEAST_SHARE : 0,
    };
    metrics.push({ kind, index, weight, form: bets[0]!.form, rules });
  };
  for (const kind of ['errors', 'timeouts'] as const) {
    add(kind, 0, weights[kind] * (1 - OUTRIGHT_PART), 0, SHARE_BETS);
    add(kind, 0, weights[kind] * OUTRIGHT_PART, 0, OUTRIGHT_BETS);
  }
  limits.forEach(({ quantile }, index) => {
    const rate = 1 - quantile;
    add('slow', index, weights.slow / limits.length, rate, rate >= FREQUENT_RATE ? TWO_SAMPLE_BETS : SHARE_BETS);
  });
  add('throttles', 0, weights.throttles, 0, SHARE_BETS);
  add('coldStarts', 0, weights.coldStarts, 0, SHARE_BETS);
  const total = metrics.reduce((sum, metric) => sum + metric.weight, 0);
  return metrics.map((metric) => ({ ...metric, weight: metric.weight / total }));
}

/** What a metric counts in a block: green is the candidate, blue the stable version. */
export function blockOf(metric: Metric, stable: Counts, candidate: Counts): Block {
  return {
    xGreen: eventsOf(metric, candidate),
    nGreen: trialsOf(metric, candidate),
    xBlue: eventsOf(metric, stable),
    nBlue: trialsOf(metric, stable),
  };
}

function eventsOf(metric: Metric, counts: Counts): number {
  switch (metric.kind) {
    case 'errors':
      return counts.errors;
    case 'timeouts':
      return counts.timeouts;
    case 'throttles':
      return counts.throttles;
    case 'coldStarts':
      return counts.coldStarts;
    case 'slow':
      return counts.slow[metric.index] ?? 0;
  }
}

function trialsOf(metric: Metric, counts: Counts): number {
  return metric.kind === 'throttles' ? counts.invocations + counts.throttles : counts.invocations;
}

/** A version that has just received traffic is slow and cold by nature; failures are never excused. */
export function isMutable(metric: Metric): boolean {
  return metric.kind === 'slow' || metric.kind === 'coldStarts';
}
