import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alone } from '../../../src/core/release/alias.ts';
import { emptyDoc } from '../../../src/core/release/release.ts';
import { KEEP_GOOD, retention, type VersionHoldings } from '../../../src/core/release/retention.ts';
import fc from '../../property.ts';
import { KEY, Story, T0 } from './builders.ts';

const versions = (newest: number) =>
  Array.from({ length: newest }, (_, index) => ({ version: String(newest - index) }));
const live = (version: string) => ({ name: 'live', ...alone(version) });
const good = (...numbers: string[]) => ({
  ...emptyDoc(KEY),
  good: numbers.map((version) => ({ version, provenAt: T0, proof: `promoted by release r-${version}` })),
});

function kept(holdings: VersionHoldings, keepGood = KEEP_GOOD): Record<string, string> {
  const verdicts = retention(holdings, keepGood).filter(({ keep }) => keep);
  return Object.fromEntries(verdicts.map(({ version, because }) => [version, because[0]!]));
}

test('each reason to keep a version, and nothing else', () => {
  const cases: [string, Partial<VersionHoldings>, Record<string, RegExp>][] = [
    ['what an alias runs', { docs: [good('8')] }, { '9': /alias live runs it/, '8': /good version 1 of live/ }],
    [
      'both versions of a split alias',
      { aliases: [{ name: 'live', version: '9', second: { version: '5', weightPercent: 10 } }], docs: [good('8')] },
      { '9': /runs it/, '8': /good version/, '5': /gives it 10 % of its traffic/ },
    ],
    [
      'the last three that were proven good, not those with the highest numbers',
      { docs: [good('8', '4', '2', '1')] },
      { '9': /runs it/, '8': /version 1 of/, '4': /version 2 of/, '2': /version 3 of/ },
    ],
    [
      'what something names itself',
      { docs: [good('8')], uses: [{ version: '3', kind: 'event source', name: 'arn:queue' }] },
      { '9': /runs it/, '8': /good/, '3': /event source arn:queue names it/ },
    ],
    [
      'without any proof the last three before the live one',
      {},
      { '9': /runs it/, '8': /no release has proved/, '7': /no release/, '6': /no release/ },
    ],
    [
      'what is newer than all that is live',
      { aliases: [live('7')], docs: [good('6')] },
      { '9': /newer than all/, '8': /newer than all/, '7': /runs it/, '6': /good/ },
    ],
  ];
  for (const [what, change, expected] of cases) {
    const found = kept({ versions: versions(9), aliases: [live('9')], docs: [], uses: [], ...change });
    assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort(), what);
    for (const [version, pattern] of Object.entries(expected)) assert.match(found[version]!, pattern, what);
  }
});

test('a function without an alias keeps everything: nobody knows what matters', () => {
  assert.equal(Object.keys(kept({ versions: versions(5), aliases: [], docs: [], uses: [] })).length, 5);
});

test('an open release keeps both its versions, an ended one its candidate as evidence', () => {
  const open = new Story().start().write();
  const holdings = { versions: versions(60), aliases: [live('41')], docs: [open.doc], uses: [] };
  assert.match(kept(holdings)['42']!, /is releasing it/);
  const ended = open.order('rollback', 'enough');
  while (ended.commands.some(({ kind }) => kind === 'setAlias')) ended.write();
  const after = kept({ ...holdings, versions: versions(42), docs: [ended.doc] });
  assert.match(after['42']!, /evidence/);
});

test('whatever the state knows, no version that an alias runs and no target of a rollback may go', () => {
  const version = fc.integer({ min: 1, max: 30 }).map(String);
  const alias = fc.record({
    name: fc.constantFrom('live', 'beta'),
    version,
    second: fc.option(fc.record({ version, weightPercent: fc.constant(10) })),
  });
  fc.assert(
    fc.property(fc.array(alias, { maxLength: 3 }), fc.array(version, { maxLength: 9 }), (aliases, proven) => {
      const verdicts = retention({ versions: versions(30), aliases, docs: [good(...proven)], uses: [] }, 2);
      const going = new Set(verdicts.filter(({ keep }) => !keep).map(({ version: number }) => number));
      for (const { version: main, second } of aliases) {
        assert.ok(!going.has(main));
        assert.ok(!second || !going.has(second.version));
      }
      for (const target of proven.slice(0, 2)) assert.ok(!going.has(target));
    }),
  );
});
