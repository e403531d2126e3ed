import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Impact, isWorse, SEVERITY_MATRIX, type SeverityLevel } from '../../../src/core/incident/severity.ts';
import { suggestSeverity } from '../../../src/core/incident/suggest.ts';
import fc from '../../property.ts';
import { impact, MINUTE } from './builders.ts';

const TABLE: readonly [string, Partial<Impact> | null, SeverityLevel, RegExp][] = [
  ['all invocations failing', { errorRate: 1, invocations: 40, forMs: 5_000 }, 'SEV-1', /every invocation fails/],
  ['most requests failing for a minute', { errorRate: 0.61 }, 'SEV-1', /61 % of the requests failed for 3 min/],
  ['most requests failing, but only just', { errorRate: 0.61, forMs: 30_000 }, 'SEV-3', /61 %/],
  [
    'a canary that fails altogether',
    { errorRate: 1, trafficShare: 0.1 },
    'SEV-2',
    /10 % of the requests failed \(100 % of those on 10 % of the traffic\)/,
  ],
  [
    'a canary of 1 % that fails altogether',
    { errorRate: 1, trafficShare: 0.01 },
    'SEV-3',
    /the rule says at least 0\.1 %/,
  ],
  [
    'a latency spike in one region',
    { errorRate: 0, p95DurationRatio: 3.2 },
    'SEV-2',
    /3\.2 times what is normal in eu-west-1/,
  ],
  [
    'occasional throttling',
    { errorRate: 0, throttleRate: 0.02, forMs: 6 * MINUTE },
    'SEV-3',
    /2 % of the requests were throttled for 6 min; the rule says at least 1 % for 5 min/,
  ],
  ['lost data', { errorRate: null, facts: ['dataLoss'] }, 'SEV-1', /data was lost/],
  ['nothing measured', null, 'SEV-2', /could not be measured; when unsure/],
  [
    'too few invocations',
    { errorRate: 1, throttleRate: null, invocations: 3 },
    'SEV-2',
    /3 invocations; 10 are needed/,
  ],
  ['no traffic at all', { errorRate: 0, trafficShare: 0, invocations: 0 }, 'SEV-3', /no rule asks for more/],
  ['nothing wrong', { errorRate: 0 }, 'SEV-3', /no rule asks for more/],
];

for (const [name, changes, level, why] of TABLE) {
  test(`${name} is ${level}, and the sentence says why`, () => {
    const suggestion = suggestSeverity(SEVERITY_MATRIX, changes && impact(changes));
    assert.equal(suggestion.level, level, suggestion.why);
    assert.match(suggestion.why, why);
  });
}

test('more failures, more traffic or more time never suggest a lower level', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const measured = fc.record({ errorRate: share, trafficShare: share, forMs: fc.nat(600_000) });
  fc.assert(
    fc.property(measured, measured, (a, b) => {
      const more = {
        errorRate: Math.max(a.errorRate, b.errorRate),
        trafficShare: Math.max(a.trafficShare, b.trafficShare),
        forMs: Math.max(a.forMs, b.forMs),
      };
      const low = suggestSeverity(SEVERITY_MATRIX, impact(a)).level;
      const high = suggestSeverity(SEVERITY_MATRIX, impact(more)).level;
      assert.ok(!isWorse(low, high), `${low} became ${high}`);
    }),
  );
});
