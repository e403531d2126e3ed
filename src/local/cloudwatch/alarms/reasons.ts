/** The sentences with which CloudWatch explains an alarm's state, as recorded from the real service. Pure. */
import type { AlarmState, Decision } from './decide.ts';

export type ComparisonOperator =
  | 'GreaterThanThreshold'
  | 'GreaterThanOrEqualToThreshold'
  | 'LessThanThreshold'
  | 'LessThanOrEqualToThreshold';

export const INITIAL_REASON = 'Unchecked: Initial alarm creation';

const COMPARISONS: Readonly<Record<ComparisonOperator, { words: string; holds: (a: number, b: number) => boolean }>> = {
  GreaterThanThreshold: { words: 'greater than', holds: (a, b) => a > b },
  GreaterThanOrEqualToThreshold: { words: 'greater than or equal to', holds: (a, b) => a >= b },
  LessThanThreshold: { words: 'less than', holds: (a, b) => a < b },
  LessThanOrEqualToThreshold: { words: 'less than or equal to', holds: (a, b) => a <= b },
};

export function isBreaching(value: number, operator: ComparisonOperator, threshold: number): boolean {
  return COMPARISONS[operator].holds(value, threshold);
}

export interface Point {
  readonly atMs: number;
  readonly value: number;
  readonly sampleCount?: number;
}

export interface ReasonFacts {
  readonly state: AlarmState;
  readonly decision: Decision;
  /** The points considered, newest first. */
  readonly points: readonly Point[];
  readonly operator: ComparisonOperator;
  readonly threshold: number;
  readonly evaluationPeriods: number;
  /** Set where the alarm says M of N. */
  readonly datapointsToAlarm: number | undefined;
  readonly treatedAs: string;
}

/** More points than this are not listed inside of the sentence but after it. */
const MAX_INLINE = 4;
const MAX_LISTED = 5;

/** Why an alarm is in its state. */
export function stateReason(facts: ReasonFacts): string {
  const { decision, points, evaluationPeriods, treatedAs, state } = facts;
  if (state === 'INSUFFICIENT_DATA') {
    return `Insufficient Data: ${count(evaluationPeriods, 'datapoint')} ${be(evaluationPeriods)} unknown.`;
  }
  if (decision.filled > 0) {
    const received =
      points.length === 0 ? 'no datapoints were' : `${count(points.length, 'datapoint')} ${be(points.length)}`;
    const missing = `${count(decision.filled, 'missing datapoint')} ${be(decision.filled)}`;
    return `Threshold Crossed: ${received} received for ${count(evaluationPeriods, 'period')} and ${missing} treated as [${treatedAs}].`;
  }
  return `Threshold Crossed: ${crossing(facts)}.`;
}

function crossing({ state, points, operator, threshold, evaluationPeriods, datapointsToAlarm }: ReasonFacts): string {
  const crossed = points.filter(({ value }) => isBreaching(value, operator, threshold) === (state === 'ALARM'));
  const number = crossed.length;
  const outOf = datapointsToAlarm !== undefined;
  const amount = outOf
    ? `${number} out of the last ${count(points.length, 'datapoint', true)}`
    : count(number, 'datapoint');
  const verb = `${number === 1 ? 'was' : 'were'}${state === 'ALARM' ? '' : ' not'}`;
  const comparison = `${verb} ${COMPARISONS[operator].words} the threshold (${javaDouble(threshold)})`;
  const needed = !outOf
    ? ''
    : state === 'ALARM'
      ? ` (minimum ${count(datapointsToAlarm, 'datapoint')} for OK -> ALARM transition)`
      : ` (minimum ${count(evaluationPeriods - datapointsToAlarm + 1, 'datapoint')} for ALARM -> OK transition)`;
  if (number <= MAX_INLINE) return `${amount} [${crossed.map(pointText).join(', ')}] ${comparison}${needed}`;
  const latest = crossed.slice(0, MAX_LISTED).map(pointText).join(', ');
  const which = state === 'ALARM' ? 'which crossed the threshold' : 'which did not cross the threshold';
  return `${amount} ${comparison}. The most recent datapoints ${which}: [${latest}]${needed}`;
}

function pointText({ value, atMs }: Point): string {
  return `${javaDouble(value)} (${shortDate(atMs)})`;
}

function count(number: number, noun: string, alwaysPlural = false): string {
  return `${number} ${noun}${number === 1 && !alwaysPlural ? '' : 's'}`;
}

function be(number: number): string {
  return number === 1 ? 'was' : 'were';
}

/** `21/11/26 08:00:00`. */
function shortDate(atMs: number): string {
  const [year = '', month = '', rest = ''] = new Date(atMs).toISOString().split('-');
  return `${rest.slice(0, 2)}/${month}/${year.slice(-2)} ${rest.slice(3, 11)}`;
}

/** A number as Java prints a double (`Double.toString`): `1.0`, `21.5`, `1.5E7`, `1.0E-4`. */
export function javaDouble(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 1e7)) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
}

/** `2026-11-21T08:00:00.000+0000`, the dates in CloudWatch's JSON. */
export function jsonDate(atMs: number): string {
  return new Date(atMs).toISOString().replace('Z', '+0000');
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];

/** `Saturday 21 November, 2026 08:00:00 UTC`, the dates in the reasons of composite alarms. */
export function longDate(atMs: number): string {
  const date = new Date(atMs);
  const day = String(date.getUTCDate()).padStart(2, '0');
  const month = MONTHS[date.getUTCMonth()];
  return `${DAYS[date.getUTCDay()]} ${day} ${month}, ${date.getUTCFullYear()} ${date.toISOString().slice(11, 19)} UTC`;
}
