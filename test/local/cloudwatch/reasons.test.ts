import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  javaDouble,
  jsonDate,
  longDate,
  type ReasonFacts,
  stateReason,
} from '../../../src/local/cloudwatch/alarms/reasons.ts';

const EIGHT = Date.UTC(2026, 10, 21, 8);

function facts(values: readonly number[], more: Partial<ReasonFacts>): ReasonFacts {
  return {
    state: 'ALARM',
    decision: { state: 'ALARM', considered: [], filled: 0 },
    points: values.map((value, index) => ({ value, atMs: EIGHT - index * 60_000 })),
    operator: 'GreaterThanThreshold',
    threshold: 0,
    evaluationPeriods: values.length,
    datapointsToAlarm: undefined,
    treatedAs: 'NonBreaching',
    ...more,
  };
}

const filled = (number: number) => ({ state: 'OK' as const, considered: [], filled: number });

const SENTENCES: readonly (readonly [sentence: string, facts: ReasonFacts])[] = [
  ['Threshold Crossed: 1 datapoint [1.0 (21/11/26 08:00:00)] was greater than the threshold (0.0).', facts([1], {})],
  [
    'Threshold Crossed: 2 datapoints [3.5 (21/11/26 08:00:00), 2.0 (21/11/26 07:59:00)] were greater than the threshold (0.0).',
    facts([3.5, 2], {}),
  ],
  [
    'Threshold Crossed: 1 datapoint [0.0 (21/11/26 08:00:00)] was not greater than the threshold (0.0).',
    facts([0], { state: 'OK' }),
  ],
  [
    'Threshold Crossed: 1 out of the last 1 datapoints [1.0 (21/11/26 08:00:00)] was greater than the threshold (0.0) (minimum 1 datapoint for OK -> ALARM transition).',
    facts([1], { datapointsToAlarm: 1 }),
  ],
  [
    'Threshold Crossed: 2 out of the last 3 datapoints [5.0 (21/11/26 08:00:00), 4.0 (21/11/26 07:58:00)] were greater than or equal to the threshold (4.0) (minimum 2 datapoints for OK -> ALARM transition).',
    facts([5, 1, 4], { operator: 'GreaterThanOrEqualToThreshold', threshold: 4, datapointsToAlarm: 2 }),
  ],
  [
    'Threshold Crossed: 1 out of the last 1 datapoints [2.0 (21/11/26 08:00:00)] was not less than the threshold (1.0) (minimum 1 datapoint for ALARM -> OK transition).',
    facts([2], { state: 'OK', operator: 'LessThanThreshold', threshold: 1, datapointsToAlarm: 1 }),
  ],
  [
    'Threshold Crossed: 6 datapoints were greater than the threshold (10.0). The most recent datapoints which crossed the threshold: [27.5 (21/11/26 08:00:00), 27.5 (21/11/26 07:59:00), 27.5 (21/11/26 07:58:00), 27.5 (21/11/26 07:57:00), 27.5 (21/11/26 07:56:00)].',
    facts([27.5, 27.5, 27.5, 27.5, 27.5, 27.5], { threshold: 10 }),
  ],
  [
    'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].',
    facts([], { state: 'OK', evaluationPeriods: 1, decision: filled(1) }),
  ],
  [
    'Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as [Breaching].',
    facts([0], { evaluationPeriods: 3, decision: filled(2), treatedAs: 'Breaching' }),
  ],
  ['Insufficient Data: 1 datapoint was unknown.', facts([], { state: 'INSUFFICIENT_DATA', evaluationPeriods: 1 })],
];

describe('the reason of a state', () => {
  for (const [sentence, given] of SENTENCES) {
    it(`reads: ${sentence}`, () => assert.equal(stateReason(given), sentence));
  }
});

describe('values and dates in reasons', () => {
  for (const [value, text] of [
    [0, '0.0'],
    [1, '1.0'],
    [21.5, '21.5'],
    [624_630, '624630.0'],
    [12_345_678, '1.2345678E7'],
    [20_000_000, '2.0E7'],
    [0.0001, '1.0E-4'],
    [-3, '-3.0'],
  ] as const) {
    it(`prints ${value} as Java does: ${text}`, () => assert.equal(javaDouble(value), text));
  }

  it('spells dates as CloudWatch does', () => {
    assert.equal(jsonDate(EIGHT), '2026-11-21T08:00:00.000+0000');
    assert.equal(longDate(EIGHT), 'Saturday 21 November, 2026 08:00:00 UTC');
  });
});
