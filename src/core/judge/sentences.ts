import type { JudgeConfig } from './config.ts';
import { type Evidence, type Leading, MOST_EVIDENCE } from './decision.ts';
import type { Metric } from './metrics.ts';
import type { OutageWatch } from './outage.ts';
import type { SplitWatch } from './split.ts';
import type { Stretch } from './stretch.ts';

/** A share as people write it: `10 %`, `0.1 %`, `0.05 %`; `fraction` lies between 0 and 1. */
export function percent(fraction: number): string {
  const value = fraction * 100;
  if (value === 0 || value >= 10) return `${Math.round(value)} %`;
  return `${Number(value.toPrecision(2))} %`;
}

/** A whole number with its thousands apart: `12,345`. */
export function whole(value: number): string {
  const digits = String(Math.round(value));
  return digits.length <= 3 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** An amount of evidence as people read it. */
export function amount(value: number): string {
  if (value >= MOST_EVIDENCE) return 'over a trillion';
  return value >= 10 ? whole(Math.floor(value)) : String(Math.floor(value * 10) / 10);
}

/** `evidence 143 of 100 needed`. */
export function evidenceText({ value, needed }: Evidence): string {
  return `evidence ${amount(value)} of ${whole(needed)} needed`;
}

/** `7 of 11 failures landed on v42, which had 10 % of the traffic`. */
export function landedText(config: JudgeConfig, metric: Metric, stretch: Stretch, leading: Leading): string {
  if (metric.form === 'twoSample') {
    const green = percent(stretch.xGreen / Math.max(1, stretch.nGreen));
    const blue = percent(stretch.xBlue / Math.max(1, stretch.nBlue));
    return `${green} of the requests to ${config.candidate} ${slowText(config, metric)}, against ${blue} of those to ${config.stable}`;
  }
  const { candidateEvents, events, sharePercent } = leading;
  const what = eventText(config, metric, events);
  return `${candidateEvents} of ${events} ${what} landed on ${config.candidate}, which had ${percent(sharePercent / 100)} of the traffic`;
}

function eventText(config: JudgeConfig, metric: Metric, events: number): string {
  const many = events === 1 ? '' : 's';
  switch (metric.kind) {
    case 'errors':
      return `failure${many}`;
    case 'timeouts':
      return `time-out${many}`;
    case 'throttles':
      return `throttled request${many}`;
    case 'coldStarts':
      return `cold start${many}`;
    case 'slow':
      return `request${many} that ${slowText(config, metric)}`;
  }
}

function slowText(config: JudgeConfig, metric: Metric): string {
  const limit = config.latencyLimits?.[metric.index];
  if (!limit) return 'were slow';
  return `took longer than ${Math.round(limit.limitMs)} ms (the p${Number((limit.quantile * 100).toFixed(2))} before)`;
}

export const NO_TRAFFIC_TEXT = 'no traffic has been seen yet';

export function wrongSplitText(config: JudgeConfig, watch: SplitWatch, share: number): string {
  return `${config.candidate} gets ${percent(share)} of the traffic but is set to ${watch.weightPercent} %; routing or measuring is wrong, so the weight stays`;
}

export function withoutTrafficText(config: JudgeConfig, weightPercent: number, stableRequests: number): string {
  return `${config.candidate} is set to ${weightPercent} % but got none of ${whole(stableRequests)} requests; the weight stays`;
}

export function noDataText(silentMs: number): string {
  return `no data for ${Math.round(silentMs / 1000)} s; the weight stays until data comes again`;
}

export function bothWorseText(config: JudgeConfig, watch: OutageWatch, stepBack: boolean): string {
  const usual = percent(watch.usualRate ?? 0);
  const now = `${config.stable}, which did not change, fails ${percent(watch.rate)} of the time against ${usual} usually`;
  const blame = `nothing shows that ${config.candidate} is to blame`;
  if (!stepBack) return `${now}; ${blame}, so the weight stays`;
  return `${now}; ${blame}, but it began within two minutes of a weight step: step back one weight`;
}
