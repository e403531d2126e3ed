import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AlarmRuleState, evaluateAlarm, type MissingData } from '../../../src/core/judge/alarm-rule.ts';

/** The CloudWatch guide's tables: 0 is fine, X breaches, - is missing; oldest first; three periods evaluated. */
const POLICIES: readonly MissingData[] = ['missing', 'ignore', 'breaching', 'notBreaching'];
const TABLE: readonly (readonly [needed: number, points: string, ...AlarmRuleState[]])[] = [
  [3, '0-X-X', 'OK', 'OK', 'OK', 'OK'],
  [3, '----0', 'OK', 'OK', 'OK', 'OK'],
  [3, '-----', 'INSUFFICIENT_DATA', 'INSUFFICIENT_DATA', 'ALARM', 'OK'],
  [3, '0XX-X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  [3, '--X--', 'ALARM', 'INSUFFICIENT_DATA', 'ALARM', 'OK'],
  [2, '0-X-X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  [2, '00X0X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  [2, '0-X--', 'OK', 'OK', 'ALARM', 'OK'],
  [2, '----0', 'OK', 'OK', 'ALARM', 'OK'],
  [2, '---X-', 'ALARM', 'INSUFFICIENT_DATA', 'ALARM', 'OK'],
];

for (const [needed, points, ...expected] of TABLE) {
  POLICIES.forEach((missingData, i) => {
    test(`${needed} of 3 over ${points} with missing data as ${missingData} is ${expected[i]}`, () => {
      const range = [...points].map((point) => (point === '-' ? null : point === 'X' ? 1 : 0));
      const rule = { evaluationPeriods: 3, datapointsToAlarm: needed, missingData, breaches: (v: number) => v > 0 };
      assert.equal(evaluateAlarm(rule, range, 'INSUFFICIENT_DATA'), expected[i]);
    });
  });
}

test('with missing data ignored, an alarm stays as it is while nothing comes', () => {
  const rule = { evaluationPeriods: 2, datapointsToAlarm: 2, missingData: 'ignore', breaches: () => true } as const;
  for (const state of ['OK', 'ALARM'] as const) assert.equal(evaluateAlarm(rule, [null, null], state), state);
});
