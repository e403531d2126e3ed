import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GuardVerdict } from '../../src/core/release/guards.ts';
import { evidenceBar, evidenceLines, evidenceNote } from '../../src/present/text/evidence.ts';
import { cut } from '../../src/present/text/line.ts';
import fc from '../property.ts';

const bar = (value: number, needed = 100): string => {
  const { filled, empty } = evidenceBar(value, needed);
  return filled + empty;
};

test('the bar is empty up to 1, half full at the square root of what is needed, and full only when it is reached', () => {
  assert.equal(bar(0.7), '··············┊···············');
  assert.equal(bar(1), bar(0));
  assert.equal(bar(10), '███████████████···············');
  assert.equal(bar(99.999), `${'█'.repeat(29)}▉`);
  assert.equal(bar(100), '█'.repeat(30));
  assert.equal(bar(1e12), bar(100));
});

test('each mark is ten times the one before, whatever is needed', () => {
  assert.equal(bar(0, 1000), '·········┊·········┊··········');
  assert.equal(bar(0, 10), '·'.repeat(30));
  assert.equal(bar(10, 1000), '██████████·········┊··········');
});

test('more evidence never makes a shorter bar, and every bar is as wide as every other', () => {
  const eighths = (text: string): number =>
    [...text].reduce((sum, cell) => sum + Math.max(0, '·┊▏▎▍▌▋▊▉█'.indexOf(cell) - 1), 0);
  const evidence = fc.double({ min: 0, max: 1e12, noNaN: true });
  fc.assert(
    fc.property(evidence, evidence, fc.double({ min: 2, max: 1e9, noNaN: true }), (a, b, needed) => {
      const [less, more] = [Math.min(a, b), Math.max(a, b)];
      assert.ok(eighths(bar(less, needed)) <= eighths(bar(more, needed)));
      assert.equal(bar(a, needed).length, 30);
      assert.equal(eighths(bar(a, needed)) === 240, a >= needed);
    }),
  );
});

test('a line ends with the strongest evidence once there is any', () => {
  const judged = (value: number, needed: number): GuardVerdict => ({
    kind: 'judge',
    guard: 'judge',
    verdict: { outcome: 'running', reason: 'so far', evidence: { value, needed } },
  });
  assert.equal(evidenceNote([judged(1.9, 111)]), '');
  assert.equal(evidenceNote([judged(24, 111), judged(30, 1000)]), '; evidence 24 of 111');
  assert.equal(evidenceNote([{ ...judged(5, 1), kind: 'threshold' }]), '');
});

test('each judge that has weighed something has a bar; thresholds have none, for theirs is no evidence', () => {
  const verdict = { outcome: 'running', reason: 'so far', evidence: { value: 24, needed: 111 } } as const;
  const verdicts: GuardVerdict[] = [
    { kind: 'judge', guard: 'judge (log records)', verdict },
    {
      kind: 'judge',
      guard: 'judge (CloudWatch minutes)',
      verdict: { ...verdict, evidence: { value: 0.7, needed: 1000 } },
    },
    { kind: 'judge', guard: 'judge (100 %, against the past)', verdict: { outcome: 'pass', reason: 'as usual' } },
    { kind: 'threshold', guard: 'errors > 5', verdict },
  ];
  assert.deepEqual(cut(evidenceLines(verdicts), 80), [
    '  evidence  ████████████████████▏·······┊· 24 of 111  log records, ┊ is ×10',
    '            ·········┊·········┊·········· 0.7 of 1,000  CloudWatch minutes',
  ]);
});
