import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_BUNDLE_BYTES, readBundle } from '../../../src/app/bundle/read.ts';
import { type Bundle, bundleOf, checksumOf } from '../../../src/core/replay/bundle.ts';
import type { ReleaseRecord } from '../../../src/core/replay/record.ts';
import { threshold, told } from '../../core/replay/records.ts';
import fc from '../../property.ts';

const RECORD = told({
  minutes: 2,
  stable: [90, 0.4],
  candidate: [10, 0.2],
  plan: {
    judge: { alpha: 0.01, latencyLimits: [{ quantile: 0.99, limitMs: 800 }] },
    thresholds: [threshold('p90 > 300ms for 1m'), threshold('errors > 5 for 1m')],
    alarms: [{ name: 'checkout-errors' }],
    secret: 'nobody’s business',
  },
}).record('r-1');

/** A bundle whose release was changed by hand, with a checksum that fits. */
function forged(change: (release: Record<string, unknown>) => unknown): string {
  const bundle: { release: Record<string, unknown> } & Omit<Bundle, 'release'> = JSON.parse(
    JSON.stringify(bundleOf(RECORD)),
  );
  change(bundle.release);
  const release = JSON.parse(JSON.stringify(bundle.release)) as ReleaseRecord;
  return JSON.stringify({ ...bundle, release, checksum: checksumOf(release) });
}

function problemOf(text: string): string {
  const read = readBundle(text);
  assert.ok(!read.ok, 'it was read');
  return read.problem;
}

test('a bundle comes back as it was written, and holds no secret', () => {
  const text = JSON.stringify(bundleOf(RECORD));
  const read = readBundle(text);
  assert.ok(read.ok, JSON.stringify(read));
  assert.deepEqual(read.release, RECORD);
  assert.doesNotMatch(text, /nobody’s business|d-ABCDEFGHI/);
});

test('what is no bundle is named', () => {
  const table: [string, RegExp][] = [
    ['', /^it is not JSON/],
    ['[]', /^it is no bundle of a release: "format" is not/],
    ['null', /^it is no bundle/],
    ['{"format":"switchback.release","v":2}', /^it is of version 2; this Switchback reads version 1: upgrade$/],
    ['{"format":"switchback.release","v":1}', /^checksum: /],
    [JSON.stringify({ ...bundleOf(RECORD), checksum: 'x' }), /^its checksum is x, but its content says \w+: it was/],
    ['x'.repeat(MAX_BUNDLE_BYTES + 1), /^it has more than \d+ bytes$/],
  ];
  for (const [text, expected] of table) assert.match(problemOf(text), expected);
});

test('a forged bundle is refused where it is wrong, whatever its checksum says', () => {
  const at = (release: Record<string, unknown>, name: string): Record<string, unknown> =>
    release[name] as Record<string, unknown>;
  const look = (release: Record<string, unknown>): Record<string, unknown> =>
    (release.looks as Record<string, unknown>[])[0]!;
  const table: [(release: Record<string, unknown>) => unknown, RegExp][] = [
    [(r) => Object.assign(r, { id: '../../etc/passwd' }), /^release\.id: /],
    [(r) => Object.assign(look(r), { afterMs: 'soon' }), /^release\.looks\.0\.afterMs: .*expected number/],
    [(r) => Object.assign(look(r), { weightPercent: 101 }), /^release\.looks\.0\.weightPercent: /],
    [(r) => Object.assign(look(r), { logs: { '42': [1, -1, 0, 0, 0] } }), /^release\.looks\.0\.logs\.42\.1: /],
    [(r) => Object.assign(look(r), { logs: { '42': [1e300, 0, 0, 0, 0] } }), /^release\.looks\.0\.logs\.42\.0: /],
    [(r) => Object.assign(look(r), { logs: { '42': [1] } }), /^release\.looks\.0\.logs\.42: /],
    [(r) => Object.assign(look(r), { logs: { '42': new Array(10_000).fill(0) } }), /^release\.looks\.0\.logs\.42: /],
    [(r) => Object.assign(r, { looks: new Array(50_001).fill({ afterMs: 0, weightPercent: 0 }) }), /^release\.looks: /],
    [(r) => Object.assign(at(r, 'plan'), { candidate: '41' }), /^plan: stable and candidate are both version 41$/],
    [(r) => Object.assign(at(r, 'plan'), { steps: [] }), /^release\.plan\.steps: /],
    [(r) => Object.assign(at(r, 'plan'), { judge: { alpha: 7 } }), /^plan\.judge: alpha is 7/],
    [(r) => Object.assign(at(r, 'plan'), { judge: { alpha: 0.01, phi: { errors: 0 } } }), /^plan\.judge: phi is 0/],
    [
      (r) => Object.assign(r, { weights: [{ look: 49_000, afterMs: 0, weightPercent: 5 }] }),
      /^weights: one is set before look 49000, but there are/,
    ],
    [(r) => Object.assign(r, { marks: {} }), /^release\.marks\.startedAt: /],
    [(r) => Object.assign(at(r, 'plan'), { strategy: 'x'.repeat(5_000) }), /^release\.plan\.strategy: /],
  ];
  for (const [change, expected] of table) assert.match(problemOf(forged(change)), expected);
});

test('numbers that JSON can write and no count can be are refused', () => {
  const text = JSON.stringify(bundleOf(RECORD)).replace('"weightPercent":10', '"weightPercent":1e999');
  assert.match(problemOf(text), /weightPercent/);
});

test('no text at all makes the reader throw', () => {
  const whole = JSON.stringify(bundleOf(RECORD));
  fc.assert(
    fc.property(fc.nat({ max: whole.length }), fc.string({ maxLength: 3 }), fc.nat({ max: 20 }), (at, put, cut) => {
      const text = `${whole.slice(0, at)}${put}${whole.slice(at + cut)}`;
      const read = readBundle(text);
      assert.ok(read.ok ? text === whole || JSON.stringify(JSON.parse(text)) === whole : read.problem.length > 0);
    }),
  );
  fc.assert(
    fc.property(fc.json(), (text) => {
      assert.equal(readBundle(text).ok, false);
    }),
  );
});
