import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dora, type ReleaseSummary } from '../../../src/core/incident/dora.ts';
import { type Measure, metricsOf, reportMetrics, summarise } from '../../../src/core/incident/metrics.ts';
import fc from '../../property.ts';
import { T0 } from '../release/builders.ts';
import { Case, DAY, MINUTE } from './builders.ts';

const recorded = (value: number): Measure => ({ state: 'recorded', value });

function resolved(changes: Parameters<Case['open']>[0] = {}): Case {
  const story = new Case().open(changes);
  story.at += MINUTE;
  story.order({ kind: 'acknowledge' }).triaged('SEV-2');
  story.at += 4 * MINUTE;
  return story.contain().order({ kind: 'resolve', summary: 's' });
}

test('each metric names both of its ends', () => {
  const metrics = metricsOf(resolved().incident);
  assert.deepEqual(metrics.detect, recorded(2 * MINUTE));
  assert.deepEqual(metrics.acknowledge, recorded(MINUTE));
  assert.deepEqual(metrics.contain, recorded(7 * MINUTE));
  assert.deepEqual(metrics.resolve, recorded(7 * MINUTE));
  assert.deepEqual(metrics.rollback, recorded(0));
  assert.deepEqual(metrics.badRequests, recorded(100));
  assert.deepEqual(metrics.firstPublic, { state: 'notApplicable', why: 'nothing was said in public' });
});

test('what is not known is pending, not applicable or invalid, and never zero', () => {
  const open = metricsOf(new Case().open({ impactStartedAt: null, impact: null }).incident);
  assert.equal(open.detect.state, 'notApplicable');
  assert.equal(open.contain.state, 'notApplicable');
  assert.equal(open.acknowledge.state, 'pending');
  assert.equal(open.badRequests.state, 'notApplicable');
  assert.equal(open.updatesOnTime.state, 'pending');
  const wrong = metricsOf(new Case().open({ impactStartedAt: T0 + MINUTE }).incident);
  assert.deepEqual(wrong.detect, { state: 'invalid', why: 'it is said to end 1 min before it began' });
});

test('drills, near misses, false alarms and merged incidents are kept out of the numbers', () => {
  const incidents = [
    resolved(),
    resolved({ kind: 'drill' }),
    resolved({ kind: 'nearMiss' }),
    new Case().open().order({ kind: 'mergeInto', into: 'INC-2', phase: 'triaged' }),
  ].map(({ incident }) => incident);
  const [all, sev2, ...rest] = reportMetrics(incidents);
  assert.equal(all?.incidents, 1);
  assert.equal(sev2?.severity, 'SEV-2');
  assert.deepEqual(rest, []);
  assert.deepEqual(all?.metrics.contain.median, recorded(7 * MINUTE));
  assert.equal(all?.metrics.contain.few, true);
});

test('a summary counts only what was recorded, and says what it left out', () => {
  const none = summarise([{ state: 'pending', why: 'not yet' }]);
  assert.equal(none.mean.state, 'notApplicable');
  assert.deepEqual(none.without, { pending: 1, notApplicable: 0, invalid: 0 });
  const ten = summarise([10, 9, 8, 7, 6, 5, 4, 3, 2, 1].map(recorded));
  assert.deepEqual([ten.median, ten.p90, ten.mean, ten.few], [recorded(5), recorded(9), recorded(5.5), false]);
});

test('median and p90 are values that were recorded, and lie in order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1e9), { minLength: 1 }), (values) => {
      const { median, p90 } = summarise(values.map(recorded));
      assert.ok(median.state === 'recorded' && p90.state === 'recorded');
      assert.ok(values.includes(median.value) && values.includes(p90.value) && median.value <= p90.value);
    }),
  );
});

function release(changes: Partial<ReleaseSummary>): ReleaseSummary {
  return {
    id: 'r',
    kind: 'release',
    endedAt: T0,
    outcome: 'promoted',
    servedTraffic: true,
    committedAt: T0 - 60 * MINUTE,
    recoveredAt: null,
    failedAt: null,
    rework: false,
    ...changes,
  };
}

test("DORA's measures come from releases and the incidents that followed from them", () => {
  const window = { fromMs: T0 - DAY, toMs: T0 + DAY };
  const releases = [
    release({ id: 'r-1' }),
    release({ id: 'r-2', committedAt: null }),
    release({ id: 'r-3', outcome: 'rolledBack', failedAt: T0 - 2 * MINUTE, recoveredAt: T0 }),
    release({ id: 'r-4', outcome: 'rolledBack', servedTraffic: false }),
    release({ id: 'r-5', kind: 'rollback' }),
    release({ id: 'r-6', endedAt: T0 - 2 * DAY }),
    release({ id: 'r-7', rework: true }),
  ];
  const incident = { releaseId: 'r-1', counts: true, impactStartedAt: T0, containedAt: T0 + 4 * MINUTE };
  const measured = dora(releases, [incident, { ...incident, releaseId: 'r-2', counts: false }], window);
  assert.deepEqual(measured.deploymentsPerDay, recorded(2));
  assert.deepEqual(measured.changeFailRate, recorded(0.5));
  assert.deepEqual(measured.reworkRate, recorded(0.25));
  assert.equal(measured.leadTime.count, 2);
  assert.equal(measured.leadTime.without.notApplicable, 1);
  assert.deepEqual(measured.failedDeploymentRecovery.mean, recorded(3 * MINUTE));
  assert.equal(measured.stoppedBeforeTraffic, 1);
});

test('a rework rate is only told where somebody tells of rework', () => {
  const window = { fromMs: T0 - DAY, toMs: T0 + DAY };
  const silent = dora([release({ rework: null }), release({ rework: null })], [], window);
  assert.equal(silent.reworkRate.state, 'notApplicable');
  const told = dora([release({ rework: null }), release({ rework: true })], [], window);
  assert.deepEqual(told.reworkRate, recorded(0.5));
});

test('without a release there is no rate', () => {
  const measured = dora([], [], { fromMs: T0, toMs: T0 + DAY });
  assert.equal(measured.changeFailRate.state, 'notApplicable');
  assert.deepEqual(measured.deploymentsPerDay, recorded(0));
});
