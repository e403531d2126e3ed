import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAdmission } from '../../../../src/local/lambda/api/admission.ts';
import fc from '../../../property.ts';

const KEY = 'eu-central-1/orders';

test('without a reservation, a region runs 1000 at once less what others reserved', () => {
  const admission = createAdmission();
  admission.setReserved('eu-central-1/other', 400);
  const answers = Array.from({ length: 601 }, () => admission.admit(KEY, `${KEY}/1`, undefined));
  assert.equal(answers.filter((answer) => typeof answer !== 'string').length, 600);
  assert.equal(answers[600], 'ConcurrentInvocationLimitExceeded');
  assert.notEqual(typeof admission.admit('us-east-1/orders', 'us-east-1/orders/1', undefined), 'string');
});

test('provisioned places are used first and spill over into the rest of the reservation', () => {
  const admission = createAdmission();
  admission.setReserved(KEY, 3);
  admission.setProvisioned(KEY, `${KEY}/1`, 2);
  const use = (version: string) => {
    const answer = admission.admit(KEY, `${KEY}/${version}`, 3);
    return typeof answer === 'string' ? 'throttled' : answer.provisioned;
  };
  assert.deepEqual(['1', '1', '1', '1', '$LATEST'].map(use), ['used', 'used', 'spilled', 'throttled', 'throttled']);
});

test('never more run than are reserved, and every place given back can be taken again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5 }), fc.array(fc.boolean(), { maxLength: 60 }), (reserved, steps) => {
      const admission = createAdmission();
      const running: (() => void)[] = [];
      for (const isStart of steps) {
        const answer = isStart ? admission.admit(KEY, `${KEY}/1`, reserved) : undefined;
        if (typeof answer === 'object') {
          running.push(answer.release);
          assert.equal(answer.functionConcurrency, running.length);
        }
        if (typeof answer === 'string') assert.equal(running.length, reserved);
        if (answer === undefined) running.pop()?.();
        assert.ok(running.length <= reserved);
      }
    }),
  );
});
