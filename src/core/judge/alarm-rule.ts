/** How a CloudWatch alarm takes a period without data (`TreatMissingData`). */
export type MissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching';

export type AlarmRuleState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** A CloudWatch alarm on M of N periods. */
export interface AlarmRule {
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly missingData: MissingData;
  readonly breaches: (value: number) => boolean;
}

/** CloudWatch looks at a few periods more than it evaluates, so that late data and gaps do not blind it. */
export const EXTRA_PERIODS = 2;

/**
 * The state of an alarm after its evaluation range, oldest period first, `null` for a period without data.
 * Follows the two tables of the CloudWatch guide's page on missing data.
 */
export function evaluateAlarm(
  rule: AlarmRule,
  range: readonly (number | null)[],
  previous: AlarmRuleState,
): AlarmRuleState {
  const { evaluationPeriods: periods, datapointsToAlarm: needed, missingData } = rule;
  const real = range.filter((value) => value !== null);
  if (real.length >= periods) {
    return real.slice(-periods).filter(rule.breaches).length >= needed ? 'ALARM' : 'OK';
  }
  if (real.length === 0) return withoutData(missingData, previous);
  const breaching = real.filter(rule.breaches).length;
  const filled = missingData === 'breaching' ? periods - real.length : 0;
  if (breaching + filled >= needed) return 'ALARM';
  if (missingData === 'breaching' || missingData === 'notBreaching') return 'OK';
  return isPremature(rule, range, breaching === real.length) ? (missingData === 'ignore' ? previous : 'ALARM') : 'OK';
}

/**
 * A breach that has been followed by nothing for as long as the alarm would need counts as an alarm already, provided
 * that every datapoint in range breaches.
 */
function isPremature(rule: AlarmRule, range: readonly (number | null)[], allBreach: boolean): boolean {
  const oldest = range.findIndex((value) => value !== null);
  return allBreach && range.length - oldest >= rule.datapointsToAlarm;
}

function withoutData(missingData: MissingData, previous: AlarmRuleState): AlarmRuleState {
  if (missingData === 'ignore') return previous;
  if (missingData === 'missing') return 'INSUFFICIENT_DATA';
  return missingData === 'breaching' ? 'ALARM' : 'OK';
}
