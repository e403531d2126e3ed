import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leaks } from '../../../src/core/comms/plain-language.ts';
import { redact } from '../../../src/core/comms/redact.ts';
import fc from '../../property.ts';

const KEY = `-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----`;

const LEAKS: readonly (readonly [string, string])[] = [
  ['AKIAIOSFODNN7EXAMPLE', 'an AWS access key id'],
  ['aws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY', 'an AWS secret access key'],
  [KEY, 'a private key'],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U', 'a JSON web token'],
  ['xoxb-123456789012-abcdefghijkl', 'a Slack token'],
  ['https://hooks.slack.com/services/T000/B000/XXXXXXXX', 'a Slack webhook address'],
  ['ghp_0123456789abcdefghij0123456789abcdef', 'a GitHub token'],
  ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'a webhook secret'],
  ['password=hunter2secret', 'a password or key'],
  ['postgres://app:s3cr3t@db/orders', 'a password in an address'],
  ['jane.doe@example.com', 'an email address'],
  ['4111 1111 1111 1111', 'a card number'],
];

test('what must not leave is taken out, and a mark says what stood there', () => {
  for (const [leak, what] of LEAKS) {
    const { text, taken } = redact(`before ${leak} after`);
    assert.ok(taken.includes(what), `${what}: ${taken}`);
    assert.match(text, /^before /, what);
    assert.match(text, /after$/, what);
    assert.ok(!text.includes(leak) && text.includes(`[${what} was taken out]`), text);
  }
});

test('a private key goes as a whole, one that was cut off too', () => {
  assert.equal(redact(`a\n${KEY}\nb`).text, 'a\n[a private key was taken out]\nb');
  assert.equal(redact(KEY.slice(0, 50)).text, '[a private key was taken out]');
});

test('an ordinary text is left alone', () => {
  const text =
    'checkout:live rolled back from 42 to 41 at 2026-11-21 03:18 UTC, arn:aws:lambda:eu-west-1:123456789012:x';
  assert.deepEqual(redact(text), { text, taken: [] });
});

test('no text keeps anything that would stop it, however its parts are joined, and doing it twice changes nothing', () => {
  const part = fc.oneof(fc.constantFrom(...LEAKS.map(([leak]) => leak)), fc.string({ maxLength: 12 }));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), fc.constantFrom('', ' ', '\n', '='), (parts, joint) => {
      const once = redact(parts.join(joint)).text;
      assert.deepEqual(leaks(once), [], once);
      assert.equal(redact(once).text, once);
    }),
  );
});
