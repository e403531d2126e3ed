import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePattern, PatternError } from '../../../src/local/logs/pattern/pattern.ts';
import fc from '../../property.ts';

const REPORT = JSON.stringify({
  time: '2026-01-05T12:00:00.000Z',
  type: 'platform.report',
  record: { requestId: 'r1', status: 'error', metrics: { durationMs: 12.5, billedDurationMs: 13 } },
  tags: ['a', 'b'],
  nothing: null,
  yes: true,
});
const LINE = '127.0.0.1 - frank [10/Oct/2026:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';

const CASES: readonly (readonly [pattern: string, message: string, expected: boolean])[] = [
  ['', 'anything', true],
  ['ERROR', 'an ERROR here', true],
  ['ERROR', 'an error here', false],
  ['ERROR ARGUMENTS', 'ARGUMENTS before ERROR', true],
  ['ERROR ARGUMENTS', 'only ERROR', false],
  ['"INTERNAL SERVER ERROR"', '500 INTERNAL SERVER ERROR', true],
  ['"INTERNAL SERVER ERROR"', 'INTERNAL ERROR SERVER', false],
  ['ERROR -ARGUMENTS', 'ERROR ARGUMENTS', false],
  ['ERROR -ARGUMENTS', 'ERROR of another kind', true],
  ['?ERROR ?WARN', 'WARN: disk', true],
  ['?ERROR ?WARN', 'INFO: disk', false],
  ['%ERR[A-Z]+%', 'an ERROR', true],
  ['%ERR[A-Z]+%', 'an ERR', false],
  ['{ $.type = "platform.report" }', REPORT, true],
  ['{ $.type = "platform.*" }', REPORT, true],
  ['{ $.type = "platform.start" }', REPORT, false],
  ['{ $.type != "platform.start" }', REPORT, true],
  ['{ ($.type = "platform.report") && ($.record.status != "success") }', REPORT, true],
  ['{ $.type = "x" || $.record.status = error }', REPORT, true],
  ['{ $.record.metrics.durationMs > 12 }', REPORT, true],
  ['{ $.record.metrics.durationMs >= 12.5 && $.record.metrics.durationMs < 13 }', REPORT, true],
  ['{ $.record.metrics.durationMs = 1.25e1 }', REPORT, true],
  ['{ $.missing != "x" }', REPORT, false],
  ['{ $.missing NOT EXISTS }', REPORT, true],
  ['{ $.record EXISTS }', REPORT, true],
  ['{ $.nothing IS NULL }', REPORT, true],
  ['{ $.yes IS TRUE }', REPORT, true],
  ['{ $.yes IS FALSE }', REPORT, false],
  ['{ $.tags[1] = "b" }', REPORT, true],
  ['{ $.tags[*] = "b" }', REPORT, true],
  ['{ $.tags[0] = "b" }', REPORT, false],
  ['{ $["type"] = %platform% }', REPORT, true],
  ['{ $.type = "platform.report" }', 'no JSON at all', false],
  ['{ $.type = "platform.report" }', '{"type": broken', false],
  ['[ip, id, user, timestamp, request, status_code = 4*, size]', LINE, true],
  ['[ip, id, user, timestamp, request, status_code = 5*, size]', LINE, false],
  ['[..., status = 404, size > 1000]', LINE, true],
  ['[ip = 127.0.0.1, ...]', LINE, true],
  ['[ip, ...]', LINE, true],
  ['[ip, id]', LINE, false],
  ['[w1 = ERROR || w1 = WARN, ...]', 'WARN disk full', true],
  ['[w1 != ERROR && w1 != WARN, ...]', 'WARN disk full', false],
];

test('patterns mean what CloudWatch Logs says they mean', async (t) => {
  for (const [pattern, message, expected] of CASES) {
    await t.test(`${pattern || '(empty)'} on ${message.slice(0, 40)}`, () => {
      assert.equal(compilePattern(pattern)(message), expected);
    });
  }
});

test('what is no pattern is refused', () => {
  const bad = [
    '{ $.a = }',
    '{ $.a',
    '{ a = 1 }',
    '{ $.a > "text" }',
    '[a, b',
    '[a, ..., b, ...]',
    '{ $.a IS MAYBE }',
    'x'.repeat(2_000),
    '%(a+)+%',
    '{ (',
    'platform.report',
    'ERROR [x]',
  ];
  for (const pattern of bad) assert.throws(() => compilePattern(pattern), PatternError, pattern);
});

test('a quoted phrase finds exactly the messages that hold it', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 20 }), fc.string({ maxLength: 40 }), (phrase, message) => {
      const quoted = `"${phrase.replace(/[\\"]/g, '\\$&')}"`;
      assert.equal(compilePattern(quoted)(message), message.includes(phrase));
      assert.ok(compilePattern(quoted)(`before ${phrase} after`));
    }),
  );
});

test('no pattern, however odd, does anything but match or be refused', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      for (const pattern of [text, `{${text}}`, `[${text}]`]) {
        try {
          compilePattern(pattern)(REPORT);
        } catch (error) {
          assert.ok(error instanceof PatternError);
        }
      }
    }),
  );
});

test('a JSON pattern means what its conditions mean one by one', () => {
  const scalar = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom('a', 'b', 'ab'), fc.boolean());
  const document = fc.dictionary(fc.constantFrom('x', 'y', 'z'), scalar, { noNullPrototype: true });
  type Meaning = (document: Record<string, unknown>) => boolean;
  const key = fc.constantFrom('x', 'y', 'z');
  const equal: fc.Arbitrary<[string, Meaning]> = fc
    .tuple(key, fc.constantFrom('=', '!='), fc.constantFrom('a', 'b', 'ab'))
    .map(([name, op, text]) => [
      `$.${name} ${op} "${text}"`,
      (doc) => doc[name] !== undefined && (doc[name] === text) === (op === '='),
    ]);
  const above: fc.Arbitrary<[string, Meaning]> = fc.tuple(key, fc.integer({ min: -5, max: 5 })).map(([name, bound]) => {
    return [`$.${name} > ${bound}`, (doc) => typeof doc[name] === 'number' && Number(doc[name]) > bound];
  });
  const exists: fc.Arbitrary<[string, Meaning]> = key.map((name) => [`$.${name} NOT EXISTS`, (doc) => !(name in doc)]);
  const { condition } = fc.letrec<{ condition: [string, Meaning] }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3 },
      ...[equal, above, exists],
      fc
        .tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition'))
        .map(([a, op, b]): [string, Meaning] => [
          `(${a[0]}) ${op} (${b[0]})`,
          (doc) => (op === '&&' ? a[1](doc) && b[1](doc) : a[1](doc) || b[1](doc)),
        ]),
    ),
  }));
  fc.assert(
    fc.property(condition, document, ([text, means], doc) => {
      assert.equal(compilePattern(`{ ${text} }`)(JSON.stringify(doc)), means(doc), `${text} on ${JSON.stringify(doc)}`);
    }),
  );
});
