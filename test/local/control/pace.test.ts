import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createPace } from '../../../src/local/codedeploy/pace.ts';
import { type Serving, serving } from '../serving.ts';

let changes = 0;
const changed = () => {
  changes += 1;
};
let server: Serving;
before(async () => {
  server = await serving([], { pace: createPace(changed) });
});
after(() => server.close());

async function ask(method: string, body?: string): Promise<{ status: number; answer: Record<string, unknown> }> {
  const response = await fetch(`${server.endpoint}/_local/codedeploy`, { method, ...(body ? { body } : {}) });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

test('a minute of CodeDeploy lasts a minute, until it is told otherwise', async () => {
  assert.deepEqual(await ask('GET'), { status: 200, answer: { minuteMs: 60_000 } });
  assert.deepEqual(await ask('PUT', '{"minuteMs":1000}'), { status: 200, answer: { minuteMs: 1_000 } });
  assert.equal(changes, 1);
  assert.deepEqual(await ask('DELETE'), { status: 200, answer: { minuteMs: 60_000 } });
});

for (const body of ['{"minuteMs":9}', '{"minuteMs":60001}', '{"minuteMs":"1s"}', '{}', 'null', 'no JSON']) {
  test(`${body} is no length of a minute`, async () => {
    const { status, answer } = await ask('PUT', body);
    assert.equal(status, 400);
    assert.match(String(answer.error), /^minuteMs is .*: send \{"minuteMs":1000\}, a whole number from 10 to 60000$/);
  });
}

test('other methods are not served', async () => {
  assert.equal((await ask('POST', '{"minuteMs":1000}')).status, 405);
});
