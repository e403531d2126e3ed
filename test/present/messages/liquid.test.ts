import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AUDIENCES, type Audience, STAGES } from '../../../src/core/comms/audiences.ts';
import { draftFor } from '../../../src/core/comms/drafts.ts';
import { EFFECTS } from '../../../src/core/comms/effects.ts';
import type { DraftFacts, Effect } from '../../../src/core/comms/facts.ts';
import { checkTemplates } from '../../../src/present/messages/check.ts';
import { isTemplateName, liquidRenderer } from '../../../src/present/messages/liquid.ts';
import { TEMPLATES } from '../../../src/present/messages/templates.ts';
import fc from '../../property.ts';

const T0 = Date.UTC(2026, 0, 5, 12);
const FACTS: DraftFacts = {
  id: 'INC-1',
  title: 'checkout fails',
  drill: false,
  service: 'Checkout',
  components: ['cart'],
  severity: 'SEV-2',
  phase: 'triaged',
  effect: 'errors',
  affectedShare: 0.1,
  badRequests: 12,
  workaround: null,
  startedAt: T0,
  detectedAt: T0 + 60_000,
  containedAt: null,
  resolvedAt: null,
  nextUpdateAt: T0 + 1_800_000,
  commander: 'alice',
  target: 'checkout:live',
  stable: '41',
  candidate: '42',
  releaseId: 'r-1',
  weightPercent: 10,
  breach: 'error rate 10 % > 5 %',
  containment: [],
  summary: null,
  links: [],
};

const word = fc.stringMatching(/^[A-Za-z][A-Za-z ]{0,20}[A-Za-z]$/);
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null });
const instant = fc.integer({ min: T0, max: T0 + 86_400_000 });
const facts: fc.Arbitrary<DraftFacts> = fc.record({
  id: fc.constant('INC-1'),
  title: word,
  drill: fc.boolean(),
  service: word,
  components: fc.array(word, { maxLength: 3 }),
  severity: maybe(fc.constantFrom('SEV-1', 'SEV-2', 'SEV-3')),
  phase: fc.constantFrom('detected', 'contained', 'resolved'),
  effect: fc.constantFrom(...(Object.keys(EFFECTS) as Effect[])),
  affectedShare: maybe(fc.double({ min: 0, max: 1, noNaN: true })),
  badRequests: maybe(fc.nat()),
  workaround: maybe(word),
  startedAt: maybe(instant),
  detectedAt: instant,
  containedAt: maybe(instant),
  resolvedAt: maybe(instant),
  nextUpdateAt: maybe(instant),
  commander: maybe(word),
  target: maybe(fc.constant('checkout:live')),
  stable: maybe(fc.constant('41')),
  candidate: maybe(fc.constant('42')),
  releaseId: maybe(fc.constant('r-1')),
  weightPercent: maybe(fc.nat(100)),
  breach: maybe(word),
  containment: fc.array(word, { maxLength: 2 }),
  summary: maybe(word),
  links: fc.array(word, { maxLength: 2 }),
});

test('the templates that a team starts from say what the built-in texts say', () => {
  const renderer = liquidRenderer(
    Object.fromEntries(Object.entries(TEMPLATES).map(([audience, text]) => [`${audience}.liquid`, text])),
  );
  const audiences = Object.keys(AUDIENCES) as Audience[];
  fc.assert(
    fc.property(facts, fc.constantFrom(...audiences), fc.constantFrom(...STAGES), (given, audience, stage) => {
      const rendered = renderer.render(`${audience}.liquid`, audience, stage, given);
      assert.deepEqual(rendered, { ok: true, draft: draftFor(audience, stage, given) });
    }),
    { numRuns: 500 },
  );
});

function rendered(text: string, given: Partial<DraftFacts> = {}, more: Record<string, string> = {}) {
  const renderer = liquidRenderer({ 'customers.liquid': text, ...more });
  return renderer.render('customers.liquid', 'customers', 'ack', { ...FACTS, ...given });
}

test('a team’s words get the facts, and parts that they share', () => {
  const answer = rendered(
    '{{ service }}: {{ effectWords.says }}\n{% render "_end" , by: nextUpdate %}',
    {},
    {
      '_end.liquid': '{{ by }} Thank you.',
    },
  );
  assert.deepEqual(
    answer.ok && answer.draft.text,
    'Checkout: Some users may be seeing errors.\nNext update by 2026-01-05 12:30 UTC. Thank you.',
  );
});

test('what is not there is told with its place, never left empty', () => {
  for (const [text, why] of [
    ['one\n{{ custommer }}', /undefined variable: custommer, line:2/],
    ['{{ service | shout }}', /undefined filter: shout/],
    ['{% if service %}', /tag .* not closed/],
    ['{{ effectWords.constructor }}', /undefined variable/],
    ['{% comment %}{% endcomment %}', /says nothing at stage ack/],
  ] as const) {
    const answer = rendered(text);
    assert.equal(answer.ok, false, text);
    assert.match(answer.ok ? '' : answer.problem, why);
    assert.match(answer.ok ? '' : answer.problem, /^customers\.liquid: /);
  }
});

test('nothing but the facts and the folder can be read, and what loops or grows is stopped', () => {
  for (const text of [
    '{% include "/etc/passwd" %}',
    '{% render "../../package.json" %}',
    '{% layout "/etc/hostname" %}',
    '{% include file %}',
    '{{ "x" | constructor }}',
    '{% for i in (1..100000000) %}x{% endfor %}',
    '{% for i in (1..3000) %}{% for j in (1..3000) %}{{ i }}{{ j }}{% endfor %}{% endfor %}',
    '{% render "customers" %}',
  ]) {
    const answer = rendered(text);
    assert.equal(answer.ok, false, text);
    assert.doesNotMatch(answer.ok ? '' : answer.problem, /root:/);
  }
});

test('a drill is marked, a secret taken out and an endless text cut, whoever wrote the words', () => {
  const drill = rendered('hello', { drill: true });
  assert.equal(drill.ok && drill.draft.text, 'DRILL, this is not real: hello');
  const secret = rendered('{{ title }}', { title: 'key AKIAABCDEFGHIJKLMNOP' });
  assert.ok(secret.ok && !secret.draft.text.includes('AKIAABCDEFGHIJKLMNOP'));
  const long = rendered(`${'a b '.repeat(10_000)}`);
  assert.ok(long.ok && long.draft.text.length <= 25_000 && long.draft.text.endsWith('…'));
});

test('file names say for whom and when', () => {
  for (const name of ['customers.liquid', 'x.resolved.liquid', '_footer.liquid']) assert.ok(isTemplateName(name), name);
  for (const name of [
    'client.liquid',
    'customers.never.liquid',
    'customers.txt',
    '../customers.liquid',
    'constructor.liquid',
  ])
    assert.ok(!isTemplateName(name), name);
});

test('the usual templates pass their own check; jargon for customers and what breaks without facts do not', () => {
  const usual = Object.fromEntries(Object.entries(TEMPLATES).map(([audience, text]) => [`${audience}.liquid`, text]));
  assert.deepEqual(checkTemplates(usual), []);
  const found = checkTemplates({
    'customers.liquid': 'Our Lambda fails.',
    'employees.liquid': '{{ severity | downcase }} {{ nobody }}',
  });
  assert.match(found.join('\n'), /customers\.liquid: "Lambda": say instead: the service/);
  assert.match(found.join('\n'), /employees\.liquid: undefined variable: nobody/);
});
