import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { GetAliasCommand, LambdaClient, ListAliasesCommand, UpdateAliasCommand } from '@aws-sdk/client-lambda';
import type { RecordedCall } from '../../../src/local/links.ts';
import { AwsError } from '../../../src/local/wire/service.ts';
import { type Serving, serving } from '../serving.ts';

const alias = { weight: 0, updates: 0 };
const service = {
  id: 'lambda' as const,
  operations: {
    GetAlias: () => ({ Name: 'live', Description: `weight ${alias.weight}` }),
    ListAliases: () => ({ Aliases: [{ Name: 'live', Description: `weight ${alias.weight}` }] }),
    UpdateAlias(input: { Description?: string }) {
      if (input.Description === 'NaN') throw new AwsError('PreconditionFailedException', 'too late', {}, 412);
      alias.updates += 1;
      alias.weight = Number(input.Description);
      return { Name: 'live', Description: input.Description };
    },
  },
};
const recorded: RecordedCall[] = [];
let server: Serving;
let lambda: LambdaClient;

before(async () => {
  server = await serving([service], { recorder: { record: (call) => void recorded.push(call) } });
  lambda = new LambdaClient(server.sdk);
});
afterEach(async () => {
  assert.equal((await control('DELETE', '/faults')).status, 200);
});
after(async () => {
  lambda.destroy();
  await server.close();
});

interface ControlAnswer {
  readonly status: string;
  readonly error: string;
  readonly faults: readonly { readonly kind: string; readonly applied: number }[];
  readonly services: { readonly lambda: readonly string[] };
}

async function control(method: string, path: string, body?: unknown) {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(`${server.endpoint}/_local${path}`, init);
  return { status: response.status, json: (await response.json()) as ControlAnswer };
}

async function fault(rule: object): Promise<void> {
  const { status, json } = await control('PUT', '/faults', { service: 'lambda', ...rule });
  assert.equal(status, 200, JSON.stringify(json));
}

const target = { FunctionName: 'f', Name: 'live' };
const get = () => lambda.send(new GetAliasCommand(target));
const update = (weight: number) => lambda.send(new UpdateAliasCommand({ ...target, Description: String(weight) }));

test('throttle answers with the service own throttling error, as often as it says', async () => {
  await fault({ operation: 'GetAlias', kind: 'throttle', times: 2 });
  for (const _ of [1, 2])
    await assert.rejects(get(), { name: 'TooManyRequestsException', Reason: 'CallerRateLimitExceeded' });
  await get();
  assert.equal((await control('GET', '/faults')).json.faults[0]?.applied, 2);
});

test('error answers with a 5xx of the service, or with the code and status of the rule', async () => {
  await fault({ operation: 'GetAlias', kind: 'error', times: 1 });
  await assert.rejects(get(), { name: 'ServiceException', $fault: 'server' });
  await control('DELETE', '/faults');
  await fault({ operation: '*', kind: 'error', code: 'AccessDeniedException', status: 403, message: 'no' });
  await assert.rejects(get(), { name: 'AccessDeniedException', message: 'no' });
});

test('slow waits by the clock before the call runs', async () => {
  await fault({ operation: 'UpdateAlias', kind: 'slow', delayMs: 5_000 });
  const before = alias.updates;
  const slow = update(1);
  await waitFor(() => server.faults.list()[0]?.applied === 1);
  assert.equal(alias.updates, before);
  server.clock.advance(5_000);
  await slow;
  assert.equal(alias.updates, before + 1);
});

test('lostAnswer does what was asked and drops the connection', async () => {
  await fault({ operation: 'UpdateAlias', kind: 'lostAnswer' });
  await assert.rejects(update(7), /socket hang up|ECONNRESET/);
  assert.equal(alias.weight, 7);
});

test('a call whose answer is lost is on record as what it came to', async () => {
  await fault({ operation: 'UpdateAlias', kind: 'lostAnswer' });
  await assert.rejects(update(7));
  assert.deepEqual(recorded.at(-1)?.output, { Name: 'live', Description: '7' });
  await assert.rejects(update(Number.NaN));
  assert.deepEqual([recorded.at(-1)?.output, recorded.at(-1)?.errorCode], [undefined, 'PreconditionFailedException']);
});

for (const kind of ['lostRequest', 'reset']) {
  test(`${kind} drops the connection and does nothing`, async () => {
    await fault({ operation: 'UpdateAlias', kind });
    await assert.rejects(update(99), /socket hang up|ECONNRESET/);
    assert.notEqual(alias.weight, 99);
  });
}

test('staleRead answers what was true before the last write, until its time is over', async () => {
  await update(10);
  await fault({ operation: 'GetAlias', kind: 'staleRead', delayMs: 2_000 });
  await update(20);
  assert.equal((await get()).Description, 'weight 10');
  await update(30);
  assert.equal((await get()).Description, 'weight 20');
  server.clock.advance(2_000);
  assert.equal((await get()).Description, 'weight 30');
});

test('staleRead also covers reads that name other things than the write, once they were seen', async () => {
  await update(1);
  await fault({ operation: 'ListAliases', kind: 'staleRead', delayMs: 2_000 });
  const list = () => lambda.send(new ListAliasesCommand({ FunctionName: 'f', MaxItems: 5 }));
  await list();
  await update(2);
  assert.equal((await list()).Aliases?.[0]?.Description, 'weight 1');
});

test('a probability chooses the same calls again for the same seed', async () => {
  const run = async () => {
    await fault({ id: 'p', operation: 'GetAlias', kind: 'throttle', probability: 0.5, seed: 7 });
    const outcomes: boolean[] = [];
    for (let call = 0; call < 20; call++) {
      outcomes.push(
        await get().then(
          () => true,
          () => false,
        ),
      );
    }
    return outcomes;
  };
  const first = await run();
  assert.deepEqual(await run(), first);
  assert.ok(first.includes(true) && first.includes(false));
});

test('rules are listed, replaced by id and removed one by one', async () => {
  await fault({ id: 'a', operation: 'GetAlias', kind: 'throttle' });
  await fault({ id: 'a', operation: 'GetAlias', kind: 'slow', delayMs: 0 });
  const { json } = await control('GET', '/faults');
  assert.deepEqual(
    json.faults.map((rule) => rule.kind),
    ['slow'],
  );
  assert.equal((await control('DELETE', '/faults/a')).status, 200);
  assert.equal((await control('DELETE', '/faults/a')).status, 404);
});

const invalid: readonly (readonly [string, unknown, RegExp])[] = [
  ['no object', 7, /a rule is a JSON object/],
  ['an unknown member', { operation: 'GetAlias', kind: 'slow', delay: 1 }, /^delay is 1: a rule has the members/],
  ['an unknown service', { service: 'ec2', operation: '*', kind: 'slow' }, /^service is "ec2": it must be/],
  ['an unknown operation', { operation: 'GetAliass', kind: 'slow' }, /^operation is "GetAliass": lambda has no such/],
  ['no operation', { kind: 'slow' }, /^operation is missing/],
  ['an unknown kind', { operation: '*', kind: 'explode' }, /^kind is "explode": it must be one of throttle/],
  ['a probability above one', { operation: '*', kind: 'slow', probability: 2 }, /^probability is 2: .* from 0 to 1/],
  ['no whole number of times', { operation: '*', kind: 'slow', times: 1.5 }, /^times is 1.5: .*whole number/],
  ['a wait that is too long', { operation: '*', kind: 'slow', delayMs: 1e9 }, /^delayMs/],
  ['a status that is no error', { operation: '*', kind: 'error', status: 200 }, /^status is 200/],
  ['an id that is no name', { operation: '*', kind: 'slow', id: 'a/b' }, /^id is "a\/b"/],
];
for (const [what, rule, says] of invalid) {
  test(`a rule with ${what} is refused with the reason`, async () => {
    const body = typeof rule === 'object' ? { service: 'lambda', ...rule } : rule;
    const { status, json } = await control('PUT', '/faults', body);
    assert.equal(status, 400);
    assert.match(json.error, says);
    assert.deepEqual((await control('GET', '/faults')).json.faults, []);
  });
}

test('health lists what is emulated', async () => {
  const { json } = await control('GET', '/health');
  assert.equal(json.status, 'ok');
  assert.deepEqual(json.services.lambda, ['GetAlias', 'ListAliases', 'UpdateAlias']);
});

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
