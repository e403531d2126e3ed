import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { draftPostmortem } from '../../src/core/postmortem/draft.ts';
import { mergeProse } from '../../src/core/postmortem/merge.ts';
import { MAX_PROSE, type Prose } from '../../src/core/postmortem/postmortem.ts';
import { SECTIONS } from '../../src/core/postmortem/sections.ts';
import { postmortemMarkdown, readProse } from '../../src/present/markdown/postmortem.ts';
import { nearMiss, sources } from '../core/postmortem/builders.ts';
import fc from '../property.ts';

function golden(t: TestContext, name: string, text: string): void {
  t.assert.fileSnapshot(text, join(import.meta.dirname, '../golden/markdown', `${name}.md`), {
    serializers: [(value) => value],
  });
}

test('a postmortem as it is drafted', (t) => {
  golden(t, 'postmortem', postmortemMarkdown(draftPostmortem(sources())));
});

test('a near miss as it is drafted', (t) => {
  golden(t, 'near-miss', postmortemMarkdown(draftPostmortem(nearMiss())));
});

test('a draft that nobody has written in holds no prose', () => {
  assert.deepEqual(readProse(postmortemMarkdown(draftPostmortem(sources()))), {});
});

test('what people write is read back as it was written, whatever it is', () => {
  const ids = SECTIONS.filter(({ prompt }) => prompt !== '').map(({ id }) => id);
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom('<!-- end -->', '<!-- write: tldr -->', '\\<!-- end -->', '## Impact', '_italic_', '| a | b |'),
  );
  const text = fc
    .array(line, { minLength: 1, maxLength: 6 })
    .map((lines) => lines.join('\n').replaceAll('\r', '').trim())
    .filter((written) => written !== '');
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...ids), text), (written) => {
      const markdown = postmortemMarkdown(mergeProse(draftPostmortem(sources()), written as Prose));
      assert.deepEqual({ ...readProse(markdown) }, { ...written });
    }),
    { numRuns: 50 },
  );
});

test('only a section’s own question counts as no answer', () => {
  const written: Prose = { tldr: '__', impact: `_${SECTIONS.find(({ id }) => id === 'tldr')?.prompt}_` };
  assert.deepEqual(readProse(postmortemMarkdown(mergeProse(draftPostmortem(sources()), written))), written);
});

test('words from outside cannot become markup or another row', () => {
  const markdown = postmortemMarkdown(draftPostmortem(sources()));
  assert.ok(markdown.includes('&lt;b&gt;new&lt;/b&gt; setting \\| PAYMENT\\_URL'));
  assert.doesNotMatch(markdown, /<b>/);
});

test('a lost end mark or an endless section is refused instead of written over', () => {
  assert.throws(() => readProse('<!-- write: tldr -->\ntext\n'), /section tldr has lost its end mark/);
  assert.throws(() => readProse('<!-- write: tldr -->\n<!-- write: impact -->\n<!-- end -->'), /section tldr has lost/);
  const long = `<!-- write: tldr -->\n${'x'.repeat(MAX_PROSE + 1)}\n<!-- end -->`;
  assert.throws(() => readProse(long), /100001 characters/);
});
