import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { evaluate, type MathScope, type MathValue } from '../../../src/local/cloudwatch/math/evaluate.ts';
import { MathSyntaxError, parseExpression } from '../../../src/local/cloudwatch/math/syntax.ts';
import fc from '../../property.ts';

type Points = Readonly<Record<number, number>>;

function scopeOf(metrics: Readonly<Record<string, Points>>, windows = 4): MathScope {
  const series = Object.entries(metrics).map(([id, points]) => {
    return [id, new Map(Object.entries(points).map(([window, value]) => [Number(window), value]))] as const;
  });
  return {
    lookup(id) {
      const found = series.find(([name]) => name === id);
      return found && { kind: 'series', points: found[1] };
    },
    metrics: (part) => series.filter(([id]) => part === undefined || id.includes(part)).map(([, points]) => points),
    windows,
    periodSeconds: 60,
  };
}

function shown(value: MathValue): unknown {
  if (value.kind === 'scalar') return value.value;
  if (value.kind === 'series') return Object.fromEntries(value.points);
  return value.items.map((points) => Object.fromEntries(points));
}

const METRICS = { errors: { 0: 2, 2: 4 }, calls: { 0: 10, 1: 20, 2: 40, 3: 0 }, other: { 1: 7 } };

const RESULTS: readonly (readonly [expression: string, result: unknown])[] = [
  ['1 + 2 * 3 ^ 2', 19],
  ['-2 ^ 2', -4],
  ['2 ^ -1', 0.5],
  ['10 - 4 - 3', 3],
  ['2 ^ 3 ^ 2', 512],
  ['(1 + 2) * 3', 9],
  ['100 * errors / calls', { 0: 20, 2: 10 }],
  ['errors / 0', {}],
  ['calls / calls', { 0: 1, 1: 1, 2: 1 }],
  ['FILL(errors, 0)', { 0: 2, 1: 0, 2: 4, 3: 0 }],
  ['FILL(errors, REPEAT)', { 0: 2, 1: 2, 2: 4, 3: 4 }],
  ['FILL(errors, LINEAR)', { 0: 2, 1: 3, 2: 4 }],
  ['FILL(errors, calls)', { 0: 2, 1: 20, 2: 4, 3: 0 }],
  ['SUM(METRICS())', { 0: 12, 1: 27, 2: 44, 3: 0 }],
  ['MAX([errors, calls])', { 0: 10, 1: 20, 2: 40, 3: 0 }],
  ['AVG(METRICS("er"))', { 0: 2, 1: 7, 2: 4 }],
  ['SUM(errors)', 6],
  ['MIN(calls)', 0],
  ['IF(calls > 15, 1, 0)', { 0: 0, 1: 1, 2: 1, 3: 0 }],
  ['IF(calls >= 20 AND errors > 1, calls)', { 2: 40 }],
  ['calls == 20 || calls == 40', { 0: 0, 1: 1, 2: 1, 3: 0 }],
  ['RATE(calls)', { 1: 10 / 60, 2: 20 / 60, 3: -40 / 60 }],
  ['DIFF(errors)', { 2: 2 }],
  ['calls / PERIOD(calls)', { 0: 10 / 60, 1: 20 / 60, 2: 40 / 60, 3: 0 }],
  ['ABS(0 - errors)', { 0: 2, 2: 4 }],
];

const BROKEN = ['', '1 +', '(1', 'SUM(', '1 2', 'a ! b', '"text', '[1, 2', '1 = 2'];

describe('metric math', () => {
  for (const [expression, result] of RESULTS) {
    it(`computes ${expression}`, () => {
      assert.deepEqual(shown(evaluate(parseExpression(expression), scopeOf(METRICS))), result);
    });
  }

  for (const expression of BROKEN) {
    it(`refuses ${JSON.stringify(expression)}`, () => {
      assert.throws(() => parseExpression(expression), MathSyntaxError);
    });
  }

  it('refuses an expression that nests too deep instead of overflowing the stack', () => {
    assert.throws(() => parseExpression('('.repeat(1_000)), MathSyntaxError);
  });

  it('agrees with JavaScript on any arithmetic over numbers', () => {
    fc.assert(
      fc.property(arithmetic, ({ text, value }) => {
        const result = evaluate(parseExpression(text), scopeOf({}));
        assert.ok(
          result.kind === 'scalar' && Object.is(result.value, value),
          `${text} = ${value}, not ${shown(result)}`,
        );
      }),
    );
  });

  it('computes a series window by window', () => {
    fc.assert(
      fc.property(points, points, fc.constantFrom('+', '-', '*', '/'), (a, b, op) => {
        const result = evaluate(parseExpression(`a ${op} b`), scopeOf({ a, b }));
        const expected: Record<number, number> = {};
        for (const window of [0, 1, 2, 3]) {
          const [left, right] = [a[window], b[window]];
          if (left === undefined || right === undefined) continue;
          const value = { '+': left + right, '-': left - right, '*': left * right, '/': left / right }[op];
          if (Number.isFinite(value)) expected[window] = value;
        }
        assert.deepEqual(shown(result), expected);
      }),
    );
  });
});

const points: fc.Arbitrary<Points> = fc.dictionary(
  fc.constantFrom('0', '1', '2', '3'),
  fc.integer({ min: -9, max: 9 }),
);

interface Arithmetic {
  readonly text: string;
  readonly value: number;
}

/** Texts with every inner operation in parentheses, and what they amount to. */
const { arithmetic } = fc.letrec<{ arithmetic: Arithmetic }>((tie) => ({
  arithmetic: fc.oneof(
    { maxDepth: 5 },
    fc.integer({ min: 0, max: 1_000 }).map((value) => ({ text: String(value), value })),
    tie('arithmetic').map(({ text, value }) => ({ text: `(-(${text}))`, value: -value })),
    fc.tuple(tie('arithmetic'), fc.constantFrom('+', '-', '*', '/', '^'), tie('arithmetic')).map(([a, op, b]) => ({
      text: `(${a.text} ${op} ${b.text})`,
      value: apply(a.value, op, b.value),
    })),
  ),
}));

function apply(a: number, op: string, b: number): number {
  if (op === '+') return a + b;
  if (op === '-') return a - b;
  if (op === '*') return a * b;
  return op === '/' ? a / b : a ** b;
}
