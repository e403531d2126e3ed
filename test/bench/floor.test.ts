import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FloorInput, leastBadRequests, MOST_FAILURES } from '../../bench/judge/floor.ts';
import { seeded } from '../../bench/judge/random.ts';

const CELL: FloorInput = {
  requestsPerSecond: 1,
  weightPercent: 1,
  p0: 0.001,
  p1: 0.05,
  seconds: 3600,
  alpha: 0.01,
  leastFailures: 1,
};

/** Bad requests of a rule that rolls back at once when `stops` says so; failures come one by one with their times. */
function served(stops: (green: number, blue: number) => boolean, runs: number): { bad: number; falseRate: number } {
  const { requestsPerSecond, weightPercent, p0, p1, seconds } = CELL;
  const share = weightPercent / 100;
  const perSecond = requestsPerSecond * (share * p1 + (1 - share) * p0);
  const random = seeded(11);
  const play = (landsOnGreen: number): { bad: number; stopped: boolean } => {
    let [green, blue] = [0, 0];
    for (let time = -Math.log(1 - random.uniform()) / perSecond; time < seconds; ) {
      if (random.uniform() < landsOnGreen) green++;
      else blue++;
      if (stops(green, blue)) return { bad: green, stopped: true };
      time -= Math.log(1 - random.uniform()) / perSecond;
    }
    return { bad: green, stopped: false };
  };
  let bad = 0;
  let stopped = 0;
  for (let run = 0; run < runs; run++) {
    bad += play((requestsPerSecond * share * p1) / perSecond).bad;
    if (play(share).stopped) stopped++;
  }
  return { bad: bad / runs, falseRate: stopped / runs };
}

test('no rule that keeps alpha serves less than the least possible, and a good one comes close to it', () => {
  const least = leastBadRequests(CELL)!;
  const afterTwo = leastBadRequests({ ...CELL, leastFailures: 2 })!;
  assert.ok(least < afterTwo && afterTwo < 1.8, `${least} and ${afterTwo}`);
  const first = served((green, blue) => green === 1 && blue === 0, 40_000);
  assert.ok(first.falseRate < 0.0115, `falsely ${first.falseRate}`);
  assert.ok(first.bad > least - 0.03 && first.bad < least + 0.3, `${first.bad} against ${least}`);
  const second = served((green, blue) => green === 2 && blue <= 12, 40_000);
  assert.ok(second.falseRate < 0.0115, `falsely ${second.falseRate}`);
  assert.ok(Math.abs(second.bad - afterTwo) < 0.05, `${second.bad} against ${afterTwo}`);
});

test('the least possible falls as more false rollbacks are allowed, down to nothing', () => {
  const of = (alpha: number): number => leastBadRequests({ ...CELL, alpha })!;
  assert.ok(of(0.001) > of(0.01) && of(0.01) > of(0.1));
  const free = leastBadRequests({ ...CELL, alpha: 1, leastFailures: 0 })!;
  assert.ok(free < 0.01, `${free}`);
});

test('where failures are many the bound is not computed', () => {
  assert.equal(leastBadRequests({ ...CELL, requestsPerSecond: 10 * MOST_FAILURES }), undefined);
});
