import { formatDuration } from '../duration.ts';
import { type Impact, ruleOf, type SeverityCondition, type SeverityLevel, type SeverityMatrix } from './severity.ts';

export interface Suggestion {
  readonly level: SeverityLevel;
  /** A sentence with the numbers and the rule in it. */
  readonly why: string;
}

const FACT_WORDS = {
  allInvocationsFailing: 'every invocation fails',
  dataLoss: 'data was lost',
  securityExposure: 'something was exposed that must not be',
} as const;

/** The level that this impact suggests: the highest whose condition holds. Null stands for nothing measured at all. */
export function suggestSeverity(matrix: SeverityMatrix, impact: Impact | null): Suggestion {
  if (!impact || !isMeasured(matrix, impact)) {
    const level = matrix.unmeasured;
    const few = impact ? ` (${impact.invocations} invocations; ${matrix.minInvocations} are needed)` : '';
    return {
      level,
      why: `${named(matrix, level)}: the impact could not be measured${few}; when unsure, the higher level is taken`,
    };
  }
  for (const rule of matrix.levels) {
    for (const condition of rule.anyOf) {
      const met = holds(matrix, condition, impact);
      if (met !== undefined) return { level: rule.level, why: `${rule.level}, ${rule.label}: ${met}` };
    }
  }
  const lowest = ruleOf(matrix, matrix.levels.at(-1)!.level);
  return {
    level: lowest.level,
    why: `${lowest.level}, ${lowest.label}: ${measuredWords(impact)}; no rule asks for more`,
  };
}

function named(matrix: SeverityMatrix, level: SeverityLevel): string {
  return `${level}, ${ruleOf(matrix, level).label}`;
}

function isMeasured(matrix: SeverityMatrix, impact: Impact): boolean {
  // What no traffic reached, nobody felt.
  if (impact.trafficShare === 0 || factsOf(matrix, impact).length > 0) return true;
  const { errorRate, throttleRate, p95DurationRatio } = impact;
  const rates = [errorRate, p95DurationRatio].some((rate) => rate !== null);
  return throttleRate !== null || (rates && impact.invocations >= matrix.minInvocations);
}

/** The sentence why a condition holds, or undefined where it does not. */
function holds(matrix: SeverityMatrix, condition: SeverityCondition, impact: Impact): string | undefined {
  if ('fact' in condition) {
    return factsOf(matrix, impact).includes(condition.fact) ? FACT_WORDS[condition.fact] : undefined;
  }
  const { metric, gte, forMs, traffic } = condition;
  const rate = impact[metric];
  if (rate === null || (metric !== 'throttleRate' && impact.invocations < matrix.minInvocations)) return undefined;
  const felt = traffic ? rate * impact.trafficShare : rate;
  if (felt < gte || impact.forMs < forMs) return undefined;
  const limit = metric === 'p95DurationRatio' ? `${gte} times` : percent(gte);
  const asked = forMs > 0 ? `at least ${limit} for ${formatDuration(forMs)}` : `at least ${limit}`;
  return `${feltWords(metric, rate, felt, impact)} for ${formatDuration(impact.forMs)}; the rule says ${asked}`;
}

function feltWords(metric: keyof Impact, rate: number, felt: number, { trafficShare, region }: Impact): string {
  if (metric === 'p95DurationRatio') {
    return `the 95th percentile of the duration was ${times(rate)} what is normal${region ? ` in ${region}` : ''}`;
  }
  if (metric === 'throttleRate') return `${percent(rate)} of the requests were throttled`;
  if (trafficShare >= 1) return `${percent(rate)} of the requests failed`;
  return `${percent(felt)} of the requests failed (${percent(rate)} of those on ${percent(trafficShare)} of the traffic)`;
}

/** All invocations failing is a matter of counting where the whole traffic was counted. */
function factsOf(matrix: SeverityMatrix, impact: Impact): Impact['facts'] {
  const all =
    impact.errorRate !== null &&
    impact.errorRate >= 1 &&
    impact.trafficShare >= 1 &&
    impact.invocations >= matrix.minInvocations;
  return all && !impact.facts.includes('allInvocationsFailing')
    ? [...impact.facts, 'allInvocationsFailing']
    : impact.facts;
}

function measuredWords(impact: Impact): string {
  const parts = [
    impact.errorRate === null ? '' : `${percent(impact.errorRate * impact.trafficShare)} of the requests failed`,
    impact.throttleRate === null ? '' : `${percent(impact.throttleRate)} were throttled`,
    impact.p95DurationRatio === null ? '' : `the 95th percentile was ${times(impact.p95DurationRatio)} what is normal`,
  ].filter((part) => part !== '');
  return `${parts.join(', ') || 'nothing was counted'} for ${formatDuration(impact.forMs)}`;
}

function percent(rate: number): string {
  const value = rate * 100;
  return `${Number(value.toFixed(value < 1 ? 2 : 1))} %`;
}

function times(ratio: number): string {
  return `${Number(ratio.toFixed(1))} times`;
}
