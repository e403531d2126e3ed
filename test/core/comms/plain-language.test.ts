import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AUDIENCES, type Audience, STAGES } from '../../../src/core/comms/audiences.ts';
import { draftFor } from '../../../src/core/comms/drafts.ts';
import { EFFECTS, effectOf } from '../../../src/core/comms/effects.ts';
import type { DraftFacts, Effect } from '../../../src/core/comms/facts.ts';
import { isBlocked, isForbidden, lintMessage } from '../../../src/core/comms/plain-language.ts';
import { utcText } from '../../../src/core/comms/utc.ts';

const CUSTOMERS = { audience: 'customers', stage: 'update', fullOutage: false } as const;
const NEXT = ' Next update by 12:30 UTC.';

const FACTS: DraftFacts = {
  id: 'INC-42',
  title: 'checkout:live was rolled back',
  drill: false,
  service: 'Checkout',
  components: ['payments'],
  severity: 'SEV-2',
  phase: 'contained',
  effect: 'slow',
  affectedShare: 0.1,
  badRequests: 120,
  workaround: null,
  startedAt: Date.UTC(2026, 0, 5, 11, 58),
  detectedAt: Date.UTC(2026, 0, 5, 12, 0),
  containedAt: Date.UTC(2026, 0, 5, 12, 4),
  resolvedAt: null,
  nextUpdateAt: Date.UTC(2026, 0, 5, 12, 34),
  commander: 'alice',
  target: 'checkout:live',
  stable: '41',
  candidate: '42',
  releaseId: 'r-1',
  weightPercent: 10,
  breach: 'p99 1,200 ms > 800 ms',
  containment: ['checkout:live was read back with version 41 alone'],
  summary: 'A setting was missing.',
  links: [],
};

const TABLE: readonly [string, string, RegExp | null][] = [
  ['Lambda cold starts are slow.', 'jargon', /Some users may be experiencing slower response times/],
  ['We see throttling in one part.', 'jargon', /second try/],
  ['We are doing a rollback.', 'jargon', /a change that we made/],
  ['The host db1.prod.internal is gone.', 'internalName', /host name/],
  ['See arn:aws:lambda:eu-west-1:123456789012:thing', 'internalName', /an ARN/],
  ['It will be fixed within 20 minutes.', 'promise', /not the repair/],
  ['ETA 20 minutes.', 'promise', /not the repair/],
  ['This was human error.', 'blame', /not who did it/],
  ['There is an outage.', 'outage', /not everything is down/],
  ['Dear {{customer}}, sorry.', 'variable', /missing/],
  ['The count is undefined.', 'variable', /missing/],
  ['token=abcdef123456', 'secret', /change it/],
  ['Write to jane@example.com.', 'personal', /take it out/],
  ['Some users may be seeing errors.', '', null],
  ['The service should be normal again; we are checking.', '', null],
];

for (const [text, rule, instead] of TABLE) {
  test(`"${text}" ${rule === '' ? 'may be said to customers' : `is stopped: ${rule}`}`, () => {
    const findings = lintMessage(text + NEXT, CUSTOMERS);
    if (!instead) return assert.deepEqual(findings, []);
    const found = findings.find((finding) => finding.rule === rule);
    assert.ok(found && isBlocked(findings), JSON.stringify(findings));
    assert.match(found.instead, instead);
  });
}

test('a finding never repeats a secret, and no reason lets one out', () => {
  const findings = lintMessage('aws_secret_access_key=abcdefghijklmnopqrstuvwx', CUSTOMERS);
  assert.ok(isForbidden(findings));
  assert.ok(!JSON.stringify(findings).includes('abcdefghijklmnop'));
});

test('responders may read what customers may not', () => {
  const text = 'v42: TypeError: undefined is not a function, p99 1,200 ms, eu-west-1';
  assert.deepEqual(lintMessage(text, { ...CUSTOMERS, audience: 'responders' }), []);
});

test('"outage" may be said when everything is down', () => {
  assert.deepEqual(lintMessage(`There is an outage.${NEXT}`, { ...CUSTOMERS, fullOutage: true }), []);
});

test('every default draft for customers, of every effect and stage, passes the linter', () => {
  for (const audience of ['customers', 'x'] as const) {
    for (const effect of Object.keys(EFFECTS) as Effect[]) {
      for (const stage of STAGES) {
        const { text } = draftFor(audience, stage, { ...FACTS, effect });
        assert.deepEqual(lintMessage(text, { audience, stage, fullOutage: false }), [], `${stage} ${effect}: ${text}`);
      }
    }
  }
});

test('no default draft shows a value that is missing, whatever is not known', () => {
  const nothing = Object.fromEntries(
    Object.entries(FACTS).map(([key, value]) => [
      key,
      typeof value === 'number' && key !== 'detectedAt' ? null : value,
    ]),
  );
  const bare: DraftFacts = {
    ...FACTS,
    ...nothing,
    severity: null,
    commander: null,
    target: null,
    stable: null,
    candidate: null,
    releaseId: null,
    breach: null,
    summary: null,
    components: [],
    containment: [],
  };
  for (const audience of Object.keys(AUDIENCES) as Audience[]) {
    for (const stage of STAGES) {
      const { subject, text } = draftFor(audience, stage, bare);
      assert.doesNotMatch(`${subject}\n${text}`, /null|undefined|NaN|\[object/, `${audience} ${stage}`);
    }
  }
});

test('responders read the versions, the weight, the breach, the containment and who leads', () => {
  const { subject, text } = draftFor('responders', 'mitigated', FACTS);
  assert.equal(subject, '[SEV-2] INC-42 checkout:live was rolled back: it has stopped');
  for (const part of ['from version 41 to version 42 at 10 %', 'p99 1,200 ms', 'version 41 alone', 'alice', '10 %'])
    assert.ok(text.includes(part), part);
});

test('a drill says so before anything else, and X gets what fits', () => {
  const { text } = draftFor('responders', 'ack', { ...FACTS, drill: true });
  assert.match(text, /^DRILL, this is not real/);
  const long = draftFor('x', 'ack', { ...FACTS, workaround: 'Please wait. '.repeat(60) });
  assert.equal([...long.text].length, 280);
  assert.ok(long.text.endsWith('…'));
});

test('what users feel follows from what was measured', () => {
  const none = {
    failedShare: null,
    throttledShare: null,
    durationRatio: null,
    dataLoss: false,
    securityExposure: false,
  };
  assert.equal(effectOf(none), 'unknown');
  assert.equal(effectOf({ ...none, failedShare: 1 }), 'unavailable');
  assert.equal(effectOf({ ...none, failedShare: 0.1 }), 'errors');
  assert.equal(effectOf({ ...none, durationRatio: 3 }), 'slow');
  assert.equal(effectOf({ ...none, throttledShare: 0.02 }), 'intermittent');
  assert.equal(effectOf({ ...none, failedShare: 1, securityExposure: true }), 'security');
});

test('times are written as the calendar has them', () => {
  for (const iso of ['1970-01-01T00:00', '2024-02-29T23:59', '2026-01-05T12:04', '2100-03-01T00:00'])
    assert.equal(utcText(Date.parse(`${iso}Z`)), `${iso.replace('T', ' ')} UTC`);
});
