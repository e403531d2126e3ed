import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusPage } from '../../../src/core/status/page.ts';
import { Case, MINUTE } from '../incident/builders.ts';
import { T0 } from '../release/builders.ts';
import { SETTINGS, told } from './builders.ts';

const DAY = 86_400_000;

test('a state without incidents is a page on which everything works, with no data before the record began', () => {
  const page = statusPage(SETTINGS, [], 'public', T0);
  assert.equal(page.indicator, 'none');
  assert.equal(page.sentence, 'Everything works.');
  const [checkout] = page.components;
  assert.equal(checkout?.days.length, 90);
  assert.equal(checkout?.days.filter(({ uptimePercent }) => uptimePercent === null).length, 79);
  assert.equal(checkout?.uptimePercent, 100);
});

test('the public learns of an incident with the first text that was approved, and nothing before', () => {
  const silent = new Case().open().triaged('SEV-2').incident;
  const before = statusPage(SETTINGS, [silent], 'public', T0);
  assert.deepEqual([before.indicator, before.incidents.length], ['none', 0]);
  assert.equal(statusPage(SETTINGS, [silent], 'internal', T0).incidents.length, 1);
  const now = statusPage(SETTINGS, [told('ack')], 'public', T0 + MINUTE);
  assert.equal(now.indicator, 'major');
  assert.match(now.sentence, /does not work for some users: Checkout/);
  const [incident] = now.incidents;
  assert.deepEqual([incident?.status, incident?.resolvedMs, incident?.inside], ['investigating', null, null]);
  assert.doesNotMatch(JSON.stringify(now.incidents), /checkout fails|alice|version|r-1|error rate/);
});

test('what may not be told is on no page: drills, private ones, and near misses in public', () => {
  const cases = [
    [{ kind: 'drill' }, 0, 0],
    [{ private: true }, 0, 0],
    [{ kind: 'nearMiss' }, 0, 1],
  ] as const;
  for (const [change, open, inside] of cases) {
    const { incident } = new Case().open(change);
    assert.equal(statusPage(SETTINGS, [incident], 'public', T0).incidents.length, open, JSON.stringify(change));
    const page = statusPage(SETTINGS, [incident], 'internal', T0);
    assert.equal(page.incidents.length, inside, JSON.stringify(change));
    assert.equal(page.indicator, 'none', JSON.stringify(change));
  }
});

test('a component is well again once the incident is contained, and its bad day stays in the bars', () => {
  const page = statusPage(SETTINGS, [told()], 'public', T0 + 30 * MINUTE);
  const [checkout, search] = page.components;
  assert.deepEqual([page.indicator, checkout?.status], ['none', 'operational']);
  const today = checkout?.days.at(-1);
  assert.deepEqual([today?.worst, today?.troubledMinutes], ['partial_outage', 10]);
  // 30 % of 10 minutes out of the day so far.
  const soFar = (T0 + 30 * MINUTE) % DAY;
  assert.ok(Math.abs(today!.uptimePercent! - 100 * (1 - (0.3 * 10 * MINUTE) / soFar)) < 1e-9);
  assert.equal(search?.days.at(-1)?.worst, 'operational');
  const [incident] = page.incidents;
  assert.deepEqual(
    incident?.updates.map(({ status }) => status),
    ['investigating', 'resolved'],
  );
  assert.equal(incident?.resolvedMs, T0 + 18 * MINUTE);
});

test('an incident that no component stands for still counts, by itself', () => {
  const page = statusPage({ ...SETTINGS, components: [] }, [told('ack')], 'public', T0 + MINUTE);
  assert.equal(page.indicator, 'major');
  assert.match(page.sentence, /a part of the service/);
});

test('inside, an incident bears its level, its phase and who leads, and its timeline without what is restricted', () => {
  const given = new Case().open().triaged('SEV-1');
  const page = statusPage(SETTINGS, [given.incident], 'internal', T0);
  const [incident] = page.incidents;
  assert.deepEqual(incident?.inside, {
    severity: 'SEV-1',
    phase: 'triaged',
    commander: 'alice',
    breach: 'error rate 10 % > 5 % for 2 minutes',
  });
  assert.equal(page.indicator, 'critical');
  assert.ok(incident!.updates.length > 0);
});

test('planned work is shown while it runs, and only where it is meant', () => {
  const page = statusPage(SETTINGS, [], 'public', T0 + DAY + MINUTE);
  assert.equal(page.indicator, 'maintenance');
  assert.deepEqual(
    page.components.map(({ status }) => status),
    ['operational', 'under_maintenance', 'operational'],
  );
  assert.equal(statusPage(SETTINGS, [], 'public', T0 + DAY + 2 * 3_600_000).maintenances[0]?.status, 'completed');
});
