import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adfOf } from '../../src/channels/adf.ts';
import { oauth1Header } from '../../src/channels/oauth1.ts';
import {
  CUT_MARK,
  cutBytes,
  cutChars,
  escapeHtml,
  escapeMarkdown,
  escapeSlack,
  oneLine,
} from '../../src/channels/text.ts';
import { cutWeighted, hasLink, weightOf } from '../../src/channels/weighted.ts';
import fc from '../property.ts';

const words = fc.string({ unit: 'grapheme', maxLength: 60 });

test('a text is cut to what fits, never within a character, and says that it was cut', () => {
  fc.assert(
    fc.property(words, fc.integer({ min: 12, max: 80 }), (text, max) => {
      const chars = cutChars(text, max);
      assert.ok(chars.length <= max && chars.isWellFormed());
      assert.equal(chars === text, text.length <= max);
      const bytes = cutBytes(text, max);
      assert.ok(Buffer.byteLength(bytes) <= max && bytes.isWellFormed());
      assert.equal(bytes === text, Buffer.byteLength(text) <= max);
      for (const cut of [chars, bytes]) assert.ok(cut === text || cut.endsWith(CUT_MARK));
      assert.ok(weightOf(cutWeighted(text, max)) <= max);
    }),
  );
});

test('nothing in a text is more than text, wherever it is shown', () => {
  const hostile =
    '<script>alert(1)</script> <!channel> <http://evil|click> [click](http://evil) **b** `c` "q" \'s\' & # h';
  assert.doesNotMatch(escapeHtml(hostile), /[<>"']/);
  assert.doesNotMatch(escapeSlack(hostile), /[<>]/);
  assert.match(escapeSlack('a & b'), /a &amp; b/);
  const markdown = escapeMarkdown(`# head\n- item\n1. one\n${hostile}`);
  assert.match(markdown, /^\\# head\n\\- item\n1\\\. one\n/);
  assert.doesNotMatch(markdown.replaceAll(/\\./g, ''), /[*_`[\]()<>~|]/);
  assert.equal(oneLine('a\r\nBcc: everybody\u2028x\u0000'), 'a Bcc: everybody x');
});

test('a document for Jira holds the text and nothing that could be more', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      const nodes = JSON.stringify(adfOf(text));
      assert.doesNotMatch(nodes, /"text":""/, 'an empty text is refused by Jira');
      assert.ok(
        [...nodes.matchAll(/"type":"(\w+)"/g)].every(([, type]) => ['doc', 'paragraph', 'text'].includes(type!)),
      );
    }),
  );
  assert.ok(JSON.stringify(adfOf('x'.repeat(100_000))).length < 32_767);
});

test('X counts as X says', () => {
  const table: readonly (readonly [string, number])[] = [
    ['hello', 5],
    ['Grüße', 5],
    ['日本語', 6],
    ['👍', 2],
    ['👨‍👩‍👧‍👦', 2],
    ['see https://example.com/a/very/long/path?with=query', 27],
    ['see example.com', 27],
    ['…', 2],
  ];
  for (const [text, weight] of table) assert.equal(weightOf(text), weight, text);
  for (const text of ['https://a.b', 'status.example.com', 'example.io/x']) assert.ok(hasLink(text), text);
  for (const text of ['version 1.2', 'at 12:30 UTC.', 'e.g. this', 'It has stopped.']) assert.ok(!hasLink(text), text);
});

test('OAuth 1.0a signs as X’s own worked example', () => {
  // https://docs.x.com/resources/fundamentals/authentication/oauth-1-0a/creating-a-signature; its form parameters stand in the
  // query here, which the signature treats alike.
  const query = 'include_entities=true&status=Hello%20Ladies%20%2B%20Gentlemen%2C%20a%20signed%20OAuth%20request%21';
  const header = oauth1Header(
    'POST',
    `https://api.twitter.com/1.1/statuses/update.json?${query}`,
    {
      consumerKey: 'xvz1evFS4wEEPTGEFPHBog',
      consumerSecret: 'kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw',
      token: '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb',
      tokenSecret: 'LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE',
    },
    'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg',
    1_318_622_958_000,
  );
  assert.match(header, /oauth_signature="hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D"/);
});
