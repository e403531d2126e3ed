import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { identityOf } from '../../../src/local/sts/identity.ts';
import { createSts } from '../../../src/local/sts/service.ts';
import { inProcess, wireOver } from '../wire/in-process.ts';

test('callers are told who their access key speaks for', async () => {
  const sts = new STSClient(inProcess(wireOver([createSts()])));
  const { $metadata, ...identity } = await sts.send(new GetCallerIdentityCommand({}));
  assert.deepEqual(identity, {
    Account: '123456789012',
    Arn: 'arn:aws:iam::123456789012:user/alice',
    UserId: identityOf('alice', '123456789012').userId,
  });
  assert.match(identity.UserId, /^AIDA[A-F0-9]{17}$/);
});

const names: readonly (readonly [string, string])[] = [
  ['alice', 'alice'],
  ['release-bot@ci', 'release-bot@ci'],
  ['AKIAIOSFODNN7EXAMPLE', 'local'],
  ['ASIAIOSFODNN7EXAMPLE', 'local'],
  ['', 'local'],
  ['not a name', 'local'],
];
for (const [accessKeyId, userName] of names) {
  test(`the access key id '${accessKeyId}' is the user ${userName}`, () => {
    assert.equal(identityOf(accessKeyId, '1').userName, userName);
  });
}
