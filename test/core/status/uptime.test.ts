import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComponentStatus, Trouble } from '../../../src/core/status/component.ts';
import { daysOf, uptimeOf } from '../../../src/core/status/uptime.ts';
import fc from '../../property.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const NOW = 1_000 * DAY + 12 * HOUR;

function trouble(fromMs: number, untilMs: number | null, status: ComponentStatus = 'major_outage'): Trouble {
  return { fromMs, untilMs, status, incident: `${fromMs}` };
}

test('overlapping troubles count once, by the worst of them', () => {
  const from = 999 * DAY;
  const cases: [readonly Trouble[], number][] = [
    [[], 100],
    [[trouble(from, from + 6 * HOUR)], 75],
    [[trouble(from, from + 6 * HOUR), trouble(from + 3 * HOUR, from + 6 * HOUR)], 75],
    [[trouble(from, from + 6 * HOUR), trouble(from, from + 12 * HOUR, 'partial_outage')], 67.5],
    [[trouble(from, from + 6 * HOUR, 'degraded_performance')], 100],
    [[trouble(from - DAY, null)], 0],
  ];
  for (const [troubles, expected] of cases) assert.equal(uptimeOf(troubles, from, from + DAY), expected);
});

test('today counts only as far as it has come, and days before the record have no data', () => {
  const days = daysOf([trouble(1_000 * DAY, 1_000 * DAY + 6 * HOUR)], { nowMs: NOW, sinceMs: 998 * DAY, count: 5 });
  assert.deepEqual(
    days.map(({ uptimePercent }) => uptimePercent),
    [null, null, 100, 100, 50],
  );
  assert.equal(days.at(-1)?.troubledMinutes, 360);
});

test('a window is what its days are, whatever the troubles', () => {
  const status = fc.constantFrom<ComponentStatus>('degraded_performance', 'partial_outage', 'major_outage');
  const any = fc
    .record({ at: fc.integer({ min: 0, max: 96 }), hours: fc.option(fc.integer({ min: 0, max: 50 })), status })
    .map(({ at, hours, status: how }) => {
      const fromMs = 996 * DAY + at * HOUR;
      return trouble(fromMs, hours === null ? null : fromMs + hours * HOUR, how);
    });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 8 }), (troubles) => {
      const days = daysOf(troubles, { nowMs: 1_000 * DAY, sinceMs: 0, count: 5 }).slice(0, 4);
      const mean = days.reduce((sum, { uptimePercent }) => sum + (uptimePercent ?? 0), 0) / days.length;
      const whole = uptimeOf(troubles, 996 * DAY, 1_000 * DAY) ?? 0;
      assert.ok(Math.abs(mean - whole) < 1e-9, `${mean} ${whole}`);
      assert.ok(whole >= 0 && whole <= 100);
      const more = uptimeOf([...troubles, trouble(997 * DAY, 998 * DAY)], 996 * DAY, 1_000 * DAY) ?? 0;
      assert.ok(more <= whole + 1e-9, 'more trouble never makes it better');
    }),
  );
});
