import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCbor, encodeCbor } from '../../../src/local/wire/cbor.ts';
import { parseForm } from '../../../src/local/wire/query.ts';
import { AwsError } from '../../../src/local/wire/service.ts';
import { escapeXml, parseXml } from '../../../src/local/wire/xml.ts';
import fc from '../../property.ts';

const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'grapheme' }),
    fc.double({ noNaN: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }),
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(Date.UTC(9999, 0)) }),
    fc.array(tie('value')),
    fc.dictionary(fc.string(), tie('value'), { noNullPrototype: true }),
  ),
}));

test('whatever is encoded as CBOR decodes to itself', () => {
  fc.assert(fc.property(value.value, (item) => assert.deepEqual(decodeCbor(encodeCbor(item)), item)));
});

const cborVectors: readonly (readonly [string, unknown])[] = [
  ['1903e8', 1000],
  ['3903e7', -1000],
  ['f93e00', 1.5],
  ['f97c00', Number.POSITIVE_INFINITY],
  ['fa47c35000', 100_000],
  ['fb3ff199999999999a', 1.1],
  ['c11a514b67b0', new Date(1_363_896_240_000)],
  ['7f657374726561646d696e67ff', 'streaming'],
  ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
  ['bf61610161629f0203ffff', { a: 1, b: [2, 3] }],
  ['5f42010243030405ff', Buffer.from([1, 2, 3, 4, 5])],
  ['c249010000000000000000', 18_446_744_073_709_551_616n],
];
for (const [hex, expected] of cborVectors) {
  // From RFC 8949, appendix A.
  test(`the CBOR example ${hex} decodes as the RFC says`, () => {
    assert.deepEqual(decodeCbor(Buffer.from(hex, 'hex')), expected);
  });
}

test('random bytes are decoded or refused, never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
      try {
        decodeCbor(bytes);
      } catch (error) {
        assert.ok(error instanceof AwsError, String(error));
      }
    }),
  );
});

test('text written into XML reads back, control characters excepted', () => {
  const text = fc.string({ unit: 'grapheme' }).filter((s) => [...s].every((c) => c >= ' '));
  fc.assert(fc.property(text, (s) => assert.equal(parseXml(`<a b="${escapeXml(s)}">${escapeXml(s)}</a>`).text, s)));
});

test('XML keeps attributes, CDATA and the order of children, and drops prefixes, comments and the prologue', () => {
  const source =
    '<?xml version="1.0"?><s:A xmlns:s="u" k=\'v\'><!-- no --><b>1</b><c/><b><![CDATA[<2>]]>&#x33;</b></s:A>';
  const { name, attributes, children } = parseXml(source);
  assert.equal(name, 'A');
  assert.equal(attributes.k, 'v');
  assert.deepEqual(
    children.map((child) => [child.name, child.text]),
    [
      ['b', '1'],
      ['c', ''],
      ['b', '<2>3'],
    ],
  );
});

test('random text is parsed as XML or refused, never anything else', () => {
  const pieces = fc.array(
    fc.constantFrom('<a>', '</a>', '<a/>', 'x', '&amp;', '&', '<', '<![CDATA[', ']]>', '<!--', '-->', ' b="c"'),
  );
  fc.assert(
    fc.property(pieces, (parts) => {
      try {
        parseXml(parts.join(''));
      } catch (error) {
        assert.ok(error instanceof AwsError, String(error));
      }
    }),
  );
});

test('forms decode plus signs and escapes, and keep names of built-ins apart', () => {
  const form = parseForm('A.member.1=a+b%26&__proto__.x=1&B=');
  assert.equal(form.children.get('A')?.children.get('member')?.children.get('1')?.text, 'a b&');
  assert.equal(form.children.get('__proto__')?.children.get('x')?.text, '1');
  assert.equal(form.children.get('B')?.text, '');
});
