import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Turn } from '../../../src/core/history/replay.ts';
import { lintBlameless } from '../../../src/core/postmortem/blameless.ts';
import { draftPostmortem } from '../../../src/core/postmortem/draft.ts';
import { exposureOf } from '../../../src/core/postmortem/exposure.ts';
import { mergeProse, proseOf } from '../../../src/core/postmortem/merge.ts';
import type { Prose } from '../../../src/core/postmortem/postmortem.ts';
import { SECTIONS } from '../../../src/core/postmortem/sections.ts';
import { alone } from '../../../src/core/release/alias.ts';
import fc from '../../property.ts';
import { Story, snapshot, T0 } from '../release/builders.ts';
import { nearMiss, sources } from './builders.ts';

const section = (postmortem: ReturnType<typeof draftPostmortem>, id: string) =>
  postmortem.sections.find((each) => each.id === id)!;

test('a draft holds every section, and what the ledger knows as facts with their source', () => {
  const postmortem = draftPostmortem(sources());
  assert.deepEqual(
    postmortem.sections.map(({ id }) => id),
    SECTIONS.map(({ id }) => id),
  );
  for (const { facts } of postmortem.sections)
    for (const { label, value, source } of facts) assert.ok(label !== '' && value !== '' && source !== '');
  const undone = section(postmortem, 'notUndone').facts.map(({ value }) => value);
  assert.match(undone[0]!, /100 requests, 30 of them failed/);
  assert.match(undone[1]!, /records it wrote/);
});

test('people stand in the timeline by their role, and Switchback by its name', () => {
  const told = section(draftPostmortem(sources()), 'timeline').facts.map(({ value }) => value);
  assert.ok(told.some((value) => value.endsWith('(incident commander)')));
  assert.ok(told.some((value) => value.endsWith('(Switchback)')));
});

test('a near miss gets one page', () => {
  const postmortem = draftPostmortem(nearMiss());
  assert.equal(postmortem.form, 'nearMiss');
  assert.ok(postmortem.sections.length <= 11);
});

test('drafting again renews every fact and keeps every sentence that a person wrote', () => {
  const prose = fc.dictionary(
    fc.constantFrom(...SECTIONS.map(({ id }) => id)),
    fc.string({ minLength: 1 }).filter((text) => text.trim() !== ''),
  );
  fc.assert(
    fc.property(prose, fc.boolean(), (written, short) => {
      const fresh = draftPostmortem(short ? nearMiss() : sources());
      const merged = mergeProse(fresh, written as Prose);
      const all = JSON.stringify(merged.sections.map(({ prose: text }) => text));
      for (const text of Object.values(written)) assert.ok(all.includes(JSON.stringify(text).slice(1, -1)));
      merged.sections.forEach(({ facts }, index) => {
        assert.deepEqual(facts, fresh.sections[index]?.facts ?? []);
      });
      assert.deepEqual(mergeProse(fresh, proseOf(merged)), merged, 'and doing it again changes nothing');
    }),
  );
});

test('exposure is weight times time, as read back', () => {
  const turns: Turn[] = [];
  const story = new Story();
  const tell = story.tell.bind(story);
  story.tell = (event) => {
    const before = story.doc;
    tell(event);
    turns.push({ event, before, after: story.doc });
    return story;
  };
  story.start().write();
  story.at += 60_000;
  story.order('rollback', 'w').write().write();
  const { weights, fullTrafficSeconds } = exposureOf(turns, 'r-1');
  assert.deepEqual(weights, [
    { at: T0, weightPercent: 10 },
    { at: T0 + 60_000, weightPercent: 0 },
  ]);
  assert.equal(fullTrafficSeconds, 6);
  assert.equal(exposureOf(turns, 'r-2').fullTrafficSeconds, 0);
  assert.deepEqual(snapshot(alone('41')).second, null);
});

const PEOPLE = { people: [{ name: 'alice', role: 'incident commander' }], full: false };
const TABLE: readonly [string, string, RegExp][] = [
  ['It was human error.', 'humanError', /look right at that moment/],
  ['We should have tested it.', 'alternateReality', /what happened/],
  ['alice forgot the flag.', 'name', /the incident commander/],
  ['It was careless.', 'fault', /circumstances/],
  ['The root cause was a flag.', 'rootCause', /contributing factors/],
  ['The outage began at noon.', 'outage', /not everything was down/],
  ['password: hunter2secret', 'secret', /take it out/],
];

for (const [text, rule, instead] of TABLE) {
  test(`"${text}" is advised against: ${rule}`, () => {
    const found = lintBlameless(text, PEOPLE).find((finding) => finding.rule === rule);
    assert.match(found?.instead ?? '', instead);
  });
}

test('prose about circumstances passes, and so does an outage that was one', () => {
  assert.deepEqual(lintBlameless('The flag was off by default; alice turned it on at noon.', PEOPLE), []);
  assert.deepEqual(lintBlameless('The outage began at noon.', { ...PEOPLE, full: true }), []);
});
