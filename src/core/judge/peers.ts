import { type AlarmRule, type AlarmRuleState, EXTRA_PERIODS, evaluateAlarm } from './alarm-rule.ts';
import { dirichletMultinomialLogE } from './combine.ts';
import { judgeLikeKayenta } from './kayenta.ts';

/** What one version did in one minute, as CloudWatch tells it. */
export interface MinuteCounts {
  readonly invocations: number;
  readonly errors: number;
}

export interface Minute {
  readonly stable: MinuteCounts;
  readonly candidate: MinuteCounts;
}

/** Somebody else's rule for "this release is bad", for comparison and replay. */
export interface PeerRule {
  readonly name: string;
  /** Whether it takes the configured weight for the candidate's true share of the traffic. */
  readonly needsWeight?: boolean;
  /** After how many complete minutes the rule rolls back, or null when it never does. */
  readonly rollsBackAfter: (minutes: readonly Minute[]) => number | null;
}

/** Rolls back when one of several CloudWatch alarms goes off; a series is absent where nothing was invoked. */
function alarms(rules: readonly (AlarmRule & { readonly series: (minute: Minute) => number | null })[]) {
  return (minutes: readonly Minute[]): number | null => {
    const states = rules.map((): AlarmRuleState => 'INSUFFICIENT_DATA');
    for (let now = 1; now <= minutes.length; now++) {
      for (const [i, rule] of rules.entries()) {
        const from = Math.max(0, now - rule.evaluationPeriods - EXTRA_PERIODS);
        const state = evaluateAlarm(rule, minutes.slice(from, now).map(rule.series), states[i]!);
        if (state === 'ALARM') return now;
        states[i] = state;
      }
    }
    return null;
  };
}

/** The pair of alarms in SAM's documentation: any error in two minutes running, on the alias or on the new version. */
export const SAM_ALARMS: PeerRule = {
  name: 'SAM: Errors > 0, 2 of 2',
  rollsBackAfter: alarms(
    [(m: Minute) => [m.stable, m.candidate], (m: Minute) => [m.candidate]].map((versions) => ({
      evaluationPeriods: 2,
      datapointsToAlarm: 2,
      missingData: 'missing',
      breaches: (errors: number) => errors > 0,
      series: (minute: Minute) => {
        const counts = versions(minute);
        if (counts.every(({ invocations }) => invocations === 0)) return null;
        return counts.reduce((sum, { errors }) => sum + errors, 0);
      },
    })),
  ),
};

/** An alarm on the candidate's own error rate, in percent, for M of N minutes. */
export function errorRateAlarm(limitPercent: number, datapointsToAlarm: number, evaluationPeriods: number): PeerRule {
  const rule = {
    evaluationPeriods,
    datapointsToAlarm,
    missingData: 'missing' as const,
    breaches: (rate: number) => rate > limitPercent,
    series: ({ candidate }: Minute) =>
      candidate.invocations === 0 ? null : (100 * candidate.errors) / candidate.invocations,
  };
  const name = `error rate > ${limitPercent} %, ${datapointsToAlarm} of ${evaluationPeriods}`;
  return { name, rollsBackAfter: alarms([rule]) };
}

/**
 * Flagger: a check each minute on the success rate of the last minute; failed checks add up and are never forgiven;
 * the rollback comes one minute after the check that reaches the threshold. No data is a failed check.
 */
export function flagger(leastSuccessPercent: number, threshold: number): PeerRule {
  return {
    name: `Flagger: success >= ${leastSuccessPercent} %, ${threshold} checks`,
    rollsBackAfter: (minutes) => {
      let failed = 0;
      for (const [i, { candidate }] of minutes.entries()) {
        if (failed >= threshold) return i + 1;
        const success = 100 * (1 - candidate.errors / candidate.invocations);
        if (candidate.invocations === 0 || success < leastSuccessPercent) failed++;
      }
      return null;
    },
  };
}

/** Argo gives up after so many measurements in a row that could not be made. */
const ARGO_ERROR_LIMIT = 4;

/**
 * Argo Rollouts: a measurement of the success rate each `everyMinutes`, over as many minutes; fails when more than
 * `failureLimit` measurements fail, or when more than four in a row find no data.
 */
export function argo(leastSuccessPercent: number, everyMinutes: number, failureLimit: number): PeerRule {
  return {
    name: `Argo: success >= ${leastSuccessPercent} %, each ${everyMinutes} min, limit ${failureLimit}`,
    rollsBackAfter: (minutes) => {
      let failed = 0;
      let errorsInARow = 0;
      for (let now = everyMinutes; now <= minutes.length; now += everyMinutes) {
        const window = minutes.slice(now - everyMinutes, now).map(({ candidate }) => candidate);
        const invocations = window.reduce((sum, counts) => sum + counts.invocations, 0);
        const errors = window.reduce((sum, counts) => sum + counts.errors, 0);
        errorsInARow = invocations === 0 ? errorsInARow + 1 : 0;
        if (invocations > 0 && 100 * (1 - errors / invocations) < leastSuccessPercent) failed++;
        if (failed > failureLimit || errorsInARow > ARGO_ERROR_LIMIT) return now;
      }
      return null;
    },
  };
}

/** Kayenta's standard judge on the error rate per minute, one critical metric, each `everyMinutes` over all so far. */
export function kayenta(everyMinutes: number): PeerRule {
  return {
    name: `Kayenta: each ${everyMinutes} min`,
    rollsBackAfter: (minutes) => {
      for (let now = everyMinutes; now <= minutes.length; now += everyMinutes) {
        const seen = minutes.slice(0, now);
        const control = seen.map(({ stable }) => rate(stable));
        const experiment = seen.map(({ candidate }) => rate(candidate));
        if (judgeLikeKayenta(control, experiment) === 'High') return now;
      }
      return null;
    },
  };
}

function rate({ invocations, errors }: MinuteCounts): number {
  return invocations === 0 ? Number.NaN : errors / invocations;
}

/**
 * Lindon & Malek's test, as Netflix published it: do failures split between the versions as the configured weight
 * says? Concentration 100; acts when evidence reaches 1/alpha and the candidate has more than its share.
 */
export function failureSplit(weightPercent: number, alpha: number): PeerRule {
  const share = weightPercent / 100;
  return {
    name: 'Lindon & Malek, k = 100',
    needsWeight: true,
    rollsBackAfter: (minutes) => {
      let green = 0;
      let blue = 0;
      for (const [i, minute] of minutes.entries()) {
        green += minute.candidate.errors;
        blue += minute.stable.errors;
        const logE = dirichletMultinomialLogE({ counts: [green, blue], theta0: [share, 1 - share], k: 100 });
        if (logE >= Math.log(1 / alpha) && green > share * (green + blue)) return i + 1;
      }
      return null;
    },
  };
}

/** Eppo's default: the interval is tightest around so many observations. */
const EPPO_TUNED_FOR = 10_000;

/**
 * How many standard errors wide Eppo's sequential interval is on either side after `observations`, at confidence
 * 1 - alpha (Howard et al.'s normal mixture, as Eppo documents it).
 */
export function eppoWidth(observations: number, alpha: number): number {
  const r = EPPO_TUNED_FOR / (Math.log(Math.log(Math.E / alpha ** 2)) - 2 * Math.log(alpha));
  return Math.sqrt(((observations + r) / observations) * Math.log((observations + r) / (r * alpha ** 2)));
}

/** Eppo's sequential test: acts when the interval of the difference of the failure rates lies above 0. */
export function eppo(alpha: number): PeerRule {
  return {
    name: 'Eppo: sequential interval',
    rollsBackAfter: (minutes) => {
      const total = { nGreen: 0, xGreen: 0, nBlue: 0, xBlue: 0 };
      for (const [i, { stable, candidate }] of minutes.entries()) {
        total.nGreen += candidate.invocations;
        total.xGreen += candidate.errors;
        total.nBlue += stable.invocations;
        total.xBlue += stable.errors;
        if (total.nGreen === 0 || total.nBlue === 0) continue;
        const green = total.xGreen / total.nGreen;
        const blue = total.xBlue / total.nBlue;
        const error = Math.sqrt((green * (1 - green)) / total.nGreen + (blue * (1 - blue)) / total.nBlue);
        // Without spread in either sample the normal approximation has nothing to say.
        if (error > 0 && green - blue > error * eppoWidth(total.nGreen + total.nBlue, alpha)) return i + 1;
      }
      return null;
    },
  };
}

/** The rules that a release is compared with, as their own documentation sets them up. */
export function standardPeers(weightPercent: number): readonly PeerRule[] {
  return [
    errorRateAlarm(5, 2, 2),
    errorRateAlarm(1, 1, 1),
    errorRateAlarm(1, 2, 2),
    SAM_ALARMS,
    flagger(99, 10),
    flagger(99, 5),
    argo(95, 5, 3),
    kayenta(10),
    failureSplit(weightPercent, 0.01),
    eppo(0.01),
  ];
}
