import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf, signed, TOLERANCE_MS, verify } from '../../src/channels/standard-webhooks.ts';
import fc from '../property.ts';

/** The specification's own example: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const AT_MS = 1_614_265_330_000;
const BODY = '{"test": 2432232314}';
const KEY = keyOf(SECRET)!;

test('the specification’s example comes out byte for byte', () => {
  const headers = signed(ID, AT_MS, BODY, [KEY]);
  assert.deepEqual(headers, {
    'webhook-id': ID,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
  assert.deepEqual(verify(headers, BODY, [KEY], AT_MS), { ok: true, id: ID });
});

test('what was signed verifies with any of the keys while a secret is changed, and nothing else does', () => {
  const bytes = fc.uint8Array({ minLength: 24, maxLength: 64 }).map((each) => Buffer.from(each));
  fc.assert(
    fc.property(bytes, bytes, fc.string(), fc.integer({ min: 0, max: 2_000_000_000 }), (one, two, body, at) => {
      fc.pre(!one.equals(two));
      const headers = signed('id', at * 1_000, body, [one, two]);
      for (const key of [one, two]) assert.ok(verify(headers, body, [key], at * 1_000).ok);
      assert.ok(!verify(headers, `${body} `, [one, two], at * 1_000).ok, 'another body');
      assert.ok(!verify({ ...headers, 'webhook-id': 'other' }, body, [one], at * 1_000).ok, 'another id');
      assert.ok(!verify(signed('id', at * 1_000, body, [one]), body, [two], at * 1_000).ok, 'another key');
    }),
  );
});

test('clocks may differ by five minutes, and no more, in either direction', () => {
  const headers = signed(ID, AT_MS, BODY, [KEY]);
  for (const [skew, ok] of [
    [0, true],
    [TOLERANCE_MS, true],
    [-TOLERANCE_MS, true],
    [TOLERANCE_MS + 1_000, false],
    [-TOLERANCE_MS - 1_000, false],
  ] as const) {
    const verified = verify(headers, BODY, [KEY], AT_MS + skew);
    assert.equal(verified.ok, ok, String(skew));
    if (!verified.ok) assert.match(verified.told, skew > 0 ? /too old/ : /clock is more than 5 minutes ahead/);
  }
});

test('what is not signed, or signed with nonsense, is refused with the reason', () => {
  const good = signed(ID, AT_MS, BODY, [KEY]);
  const cases = [
    [{}, /header is missing/],
    [{ ...good, 'webhook-timestamp': 'soon' }, /no number/],
    [{ ...good, 'webhook-timestamp': '-1' }, /no number/],
    [{ ...good, 'webhook-signature': 'v1a,AAAA' }, /not of this secret/],
    [{ ...good, 'webhook-signature': 'v1,' }, /not of this secret/],
    [{ ...good, 'webhook-signature': `${'v1,x '.repeat(10_000)}` }, /not of this secret/],
  ] as const;
  for (const [headers, told] of cases) {
    const verified = verify(headers, BODY, [KEY], AT_MS);
    assert.match(verified.ok ? '' : verified.told, told);
  }
});

test('a secret has 24 to 64 bytes of base64', () => {
  assert.equal(keyOf('whsec_AAAA'), undefined);
  assert.equal(keyOf('whsec_not base64'), undefined);
  assert.equal(keyOf(`whsec_${Buffer.alloc(65).toString('base64')}`), undefined);
  assert.equal(keyOf(`whsec_${Buffer.alloc(24).toString('base64')}`)?.length, 24);
});
