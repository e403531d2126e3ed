import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AlarmState,
  decide,
  type MissingData,
  type Reading,
  samplesNeeded,
} from '../../../src/local/cloudwatch/alarms/decide.ts';

type Cell = AlarmState | 'keep';
const POLICIES: readonly MissingData[] = ['missing', 'ignore', 'breaching', 'notBreaching'];

/** The two tables of "How alarm state is evaluated when data is missing", Amazon CloudWatch User Guide. */
const TABLES: readonly {
  readonly datapointsToAlarm: number;
  readonly rows: readonly (readonly [points: string, ...cells: Cell[]])[];
}[] = [
  {
    datapointsToAlarm: 3,
    rows: [
      ['0 - X - X', 'OK', 'OK', 'OK', 'OK'],
      ['0 - - - -', 'OK', 'OK', 'OK', 'OK'],
      ['- - - - -', 'INSUFFICIENT_DATA', 'keep', 'ALARM', 'OK'],
      ['0 X X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
      ['- - X - -', 'ALARM', 'keep', 'ALARM', 'OK'],
    ],
  },
  {
    datapointsToAlarm: 2,
    rows: [
      ['0 - X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
      ['0 0 X 0 X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
      ['0 - X - -', 'OK', 'OK', 'ALARM', 'OK'],
      ['- - - - 0', 'OK', 'OK', 'ALARM', 'OK'],
      ['- - - X -', 'ALARM', 'keep', 'ALARM', 'OK'],
    ],
  },
];

function readings(points: string): Reading[] {
  return points.split(' ').map((point) => (point === '-' ? undefined : point === 'X' ? 'breaching' : 'ok'));
}

describe('the state of an alarm with missing data', () => {
  for (const { datapointsToAlarm, rows } of TABLES) {
    for (const [points, ...cells] of rows) {
      for (const [index, expected] of cells.entries()) {
        const missingData = POLICIES[index] ?? 'missing';
        it(`is ${expected} for ${points} with ${datapointsToAlarm} of 3 and ${missingData}`, () => {
          const rule = { evaluationPeriods: 3, datapointsToAlarm, missingData };
          assert.equal(decide(readings(points), rule).state, expected);
        });
      }
    }
  }

  it('says which points decided, newest first, and how many were made up', () => {
    const rule = { evaluationPeriods: 3, datapointsToAlarm: 2, missingData: 'breaching' as const };
    assert.deepEqual(decide(readings('0 X X - X'), rule), { state: 'ALARM', considered: [4, 2, 1], filled: 0 });
    assert.deepEqual(decide(readings('- - - X -'), rule), { state: 'ALARM', considered: [3], filled: 2 });
  });

  it('uses a point that is older than the evaluation periods where newer ones are missing', () => {
    const rule = { evaluationPeriods: 1, datapointsToAlarm: 1, missingData: 'notBreaching' as const };
    assert.equal(decide(readings('X - -'), rule).state, 'ALARM');
    assert.equal(decide(readings('- - -'), rule).state, 'OK');
  });
});

describe('the samples a percentile needs', () => {
  for (const [percent, samples] of [
    [99, 1_000],
    [95, 200],
    [50, 20],
    [10, 100],
  ] as const) {
    it(`are ${samples} for p${percent}`, () => {
      assert.equal(samplesNeeded(percent), samples);
    });
  }
});
