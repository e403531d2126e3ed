/** How bad an incident is: levels as data, and the level that measured impact suggests. A person confirms it. */

export type SeverityLevel = 'SEV-1' | 'SEV-2' | 'SEV-3';

/** Things that no rate can measure; a person or another tool states them. */
export type ImpactFact = 'allInvocationsFailing' | 'dataLoss' | 'securityExposure';

/** What was measured. A rate that was not measured is null, never zero. Rates and shares run from 0 to 1. */
export interface Impact {
  /** How long this has been so, in milliseconds. */
  readonly forMs: number;
  /** Failed invocations among those of the affected version. */
  readonly errorRate: number | null;
  /** The share of the alias's traffic that the affected version gets. */
  readonly trafficShare: number;
  /** Throttled requests among all attempts. */
  readonly throttleRate: number | null;
  /** The 95th percentile of the duration, as a multiple of what is normal. */
  readonly p95DurationRatio: number | null;
  /** Invocations that the rates were counted over; a rate over too few says nothing. */
  readonly invocations: number;
  /** Where it was measured. */
  readonly region: string | null;
  /** Requests that failed so far, of all versions; null where nobody counted. */
  readonly badRequests: number | null;
  readonly facts: readonly ImpactFact[];
}

export type RateMetric = 'errorRate' | 'throttleRate' | 'p95DurationRatio';

export type SeverityCondition =
  /** `traffic: true`: the rate is multiplied by the share of traffic that it applies to, which is what users feel. */
  | { readonly metric: RateMetric; readonly gte: number; readonly forMs: number; readonly traffic?: true }
  | { readonly fact: ImpactFact };

/** What a level asks for. */
export interface SeverityActions {
  readonly rollback: 'auto' | 'prompt';
  readonly page: 'immediately' | 'businessHours';
  readonly publicUpdate: 'required' | 'suggested' | 'none';
  readonly ackWithinMs: number;
  readonly updateEveryMs: number;
  /** The slower pace of a long incident; it is announced when it begins. */
  readonly longUpdateEveryMs: number;
  readonly postmortem: 'required' | 'optional';
  readonly postmortemDueMs: number;
}

export interface SeverityRule {
  readonly level: SeverityLevel;
  readonly label: string;
  readonly anyOf: readonly SeverityCondition[];
  readonly actions: SeverityActions;
}

export interface SeverityMatrix {
  /** Highest first: the first level with a condition that holds is suggested. */
  readonly levels: readonly SeverityRule[];
  /** Below this many invocations a rate is luck. */
  readonly minInvocations: number;
  /** The level to assume as long as nothing was measured: when unsure, the higher one. */
  readonly unmeasured: SeverityLevel;
  readonly recheckEveryMs: number;
  /** From here on updates follow `longUpdateEveryMs`. */
  readonly longAfterMs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The default matrix. Cadences follow PagerDuty's public response guide: updates within 20 minutes for the first two hours. */
export const SEVERITY_MATRIX: SeverityMatrix = {
  levels: [
    {
      level: 'SEV-1',
      label: 'full outage',
      anyOf: [
        { metric: 'errorRate', gte: 0.5, forMs: MINUTE, traffic: true },
        { fact: 'allInvocationsFailing' },
        { fact: 'dataLoss' },
        { fact: 'securityExposure' },
      ],
      actions: {
        rollback: 'auto',
        page: 'immediately',
        publicUpdate: 'required',
        ackWithinMs: 5 * MINUTE,
        updateEveryMs: 20 * MINUTE,
        longUpdateEveryMs: HOUR,
        postmortem: 'required',
        postmortemDueMs: 3 * DAY,
      },
    },
    {
      level: 'SEV-2',
      label: 'partial or degraded',
      anyOf: [
        { metric: 'errorRate', gte: 0.05, forMs: 2 * MINUTE, traffic: true },
        { metric: 'p95DurationRatio', gte: 2, forMs: 2 * MINUTE },
      ],
      actions: {
        rollback: 'auto',
        page: 'immediately',
        publicUpdate: 'suggested',
        ackWithinMs: 15 * MINUTE,
        updateEveryMs: 30 * MINUTE,
        longUpdateEveryMs: 2 * HOUR,
        postmortem: 'required',
        postmortemDueMs: 5 * DAY,
      },
    },
    {
      level: 'SEV-3',
      label: 'minor',
      anyOf: [
        { metric: 'throttleRate', gte: 0.01, forMs: 5 * MINUTE },
        { metric: 'errorRate', gte: 0.001, forMs: 0, traffic: true },
      ],
      actions: {
        rollback: 'prompt',
        page: 'businessHours',
        publicUpdate: 'none',
        ackWithinMs: 4 * HOUR,
        updateEveryMs: 2 * HOUR,
        longUpdateEveryMs: 8 * HOUR,
        postmortem: 'optional',
        postmortemDueMs: 10 * DAY,
      },
    },
  ],
  minInvocations: 10,
  unmeasured: 'SEV-2',
  recheckEveryMs: MINUTE,
  longAfterMs: 2 * HOUR,
};

const LEVELS: readonly SeverityLevel[] = ['SEV-1', 'SEV-2', 'SEV-3'];

/** Whether `a` is the more severe of the two. */
export function isWorse(a: SeverityLevel, b: SeverityLevel): boolean {
  return LEVELS.indexOf(a) < LEVELS.indexOf(b);
}

/** The rule of a level. A matrix without that level follows its last one. */
export function ruleOf(matrix: SeverityMatrix, level: SeverityLevel): SeverityRule {
  const rule = matrix.levels.find((each) => each.level === level) ?? matrix.levels.at(-1);
  if (!rule) throw new Error('the severity matrix has no level');
  return rule;
}
