/**
 * The state of a metric alarm from the points of its evaluation range. Pure.
 * Source: "Configuring how CloudWatch alarms treat missing data", Amazon CloudWatch User Guide; where its prose and its
 * tables differ, the tables are followed.
 */

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
export type MissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching';

/** One period of the evaluation range; undefined where no data came. */
export type Reading = 'breaching' | 'ok' | undefined;

export interface AlarmRule {
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly missingData: MissingData;
}

export interface Decision {
  readonly state: AlarmState | 'keep';
  /** Positions in the range of the points that decided, newest first. */
  readonly considered: readonly number[];
  /** How many missing points were counted as breaching or not. */
  readonly filled: number;
}

/** Decides over `readings`, oldest first, which are more than the evaluation periods. */
export function decide(readings: readonly Reading[], rule: AlarmRule): Decision {
  const { evaluationPeriods, datapointsToAlarm, missingData } = rule;
  const real = readings.map((_, index) => index).filter((index) => readings[index] !== undefined);
  const considered = real.slice(-evaluationPeriods).reverse();
  const breaching = considered.filter((index) => readings[index] === 'breaching').length;
  const missing = evaluationPeriods - considered.length;
  if (missing === 0) return { state: breaching >= datapointsToAlarm ? 'ALARM' : 'OK', considered, filled: 0 };
  if (missingData === 'breaching') {
    return { state: breaching + missing >= datapointsToAlarm ? 'ALARM' : 'OK', considered, filled: missing };
  }
  if (missingData === 'notBreaching') {
    return { state: breaching >= datapointsToAlarm ? 'ALARM' : 'OK', considered, filled: missing };
  }
  if (real.length === 0)
    return { state: missingData === 'ignore' ? 'keep' : 'INSUFFICIENT_DATA', considered, filled: 0 };
  if (breaching >= datapointsToAlarm) return { state: 'ALARM', considered, filled: 0 };
  if (isPremature(readings, real, datapointsToAlarm)) {
    return { state: missingData === 'ignore' ? 'keep' : 'ALARM', considered, filled: 0 };
  }
  return { state: 'OK', considered, filled: 0 };
}

/** Everything that came breaches, the oldest of it long enough ago, and what came after it may only be late. */
function isPremature(readings: readonly Reading[], real: readonly number[], datapointsToAlarm: number): boolean {
  const oldest = real[0];
  if (oldest === undefined || real.some((index) => readings[index] !== 'breaching')) return false;
  return readings.length - oldest >= datapointsToAlarm;
}

/** Samples that a percentile needs to mean something; alarms may ignore periods with fewer. */
export function samplesNeeded(percent: number): number {
  const share = percent / 100;
  // 1 - 0.9 is a hair less than 0.1: 100 samples are enough for p90.
  return Math.round(10 / (share >= 0.5 ? 1 - share : share));
}
