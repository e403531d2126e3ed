import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CodeDeploy } from '@aws-sdk/client-codedeploy';
import { actorOf } from '../../src/core/release/alias.ts';
import { hookExecutionId } from '../../src/core/release/gate-runs.ts';
import { type Callbacks, startCallbacks } from '../../src/web/callbacks.ts';
import { FLAGS, KEY, World } from '../cli/fakes.ts';

const OPERATION = 'CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus';
const open: Callbacks[] = [];
after(() => Promise.all(open.map((each) => each.close())));

/** A release whose pre-traffic hook was called and has not answered. */
async function waiting() {
  const world = new World();
  world.hook = () => undefined;
  await world.run(
    'deploy',
    ...FLAGS,
    '--version',
    '42',
    '--strategy',
    'canary 10% 30s',
    '--pre-traffic',
    'smoke',
    '--detach',
  );
  const callbacks = await startCallbacks({ host: world.host, clock: world.clock, port: 0 });
  open.push(callbacks);
  const release = (await world.host.read(actorOf(KEY)))!.state.release!;
  const body = {
    deploymentId: release.plan.deploymentId,
    lifecycleEventHookExecutionId: hookExecutionId(release, 'preTraffic'),
    status: 'Succeeded',
  };
  const post = async (text: string, target = OPERATION) => {
    const headers = { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' };
    const response = await fetch(callbacks.endpoint, { method: 'POST', body: text, headers });
    return { status: response.status, answer: (await response.json()) as { __type?: string } };
  };
  const phase = async () => (await world.host.read(actorOf(KEY)))!.state.release!;
  return { callbacks, body, post, phase };
}

test('AWS’s own client delivers the answer, and the release goes on', async () => {
  const { callbacks, body, phase } = await waiting();
  const client = new CodeDeploy({
    endpoint: callbacks.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  });
  const answer = await client.putLifecycleEventHookExecutionStatus({
    deploymentId: body.deploymentId,
    lifecycleEventHookExecutionId: body.lifecycleEventHookExecutionId,
    status: 'Succeeded',
  });
  assert.equal(answer.lifecycleEventHookExecutionId, body.lifecycleEventHookExecutionId);
  assert.equal((await phase()).gates.preTraffic?.status, 'passed');
  await assert.rejects(client.putLifecycleEventHookExecutionStatus({ ...body, status: 'Failed' }), {
    name: 'LifecycleEventAlreadyCompletedException',
  });
  client.destroy();
});

test('Failed rolls the release back', async () => {
  const { body, post, phase } = await waiting();
  assert.equal((await post(JSON.stringify({ ...body, status: 'Failed' }))).status, 200);
  assert.match((await phase()).rollback?.reason ?? '', /pre-traffic hook smoke answered Failed/);
});

test('whatever is not that answer is refused in CodeDeploy’s words and changes nothing', async () => {
  const { body, post, phase } = await waiting();
  const id = body.lifecycleEventHookExecutionId;
  const cases: [unknown, string][] = [
    [{ ...body, lifecycleEventHookExecutionId: `${id}x` }, 'InvalidLifecycleEventHookExecutionIdException'],
    [{ ...body, lifecycleEventHookExecutionId: 'a:b' }, 'InvalidLifecycleEventHookExecutionIdException'],
    [
      { ...body, lifecycleEventHookExecutionId: id.replace('preTraffic', 'postTraffic') },
      'InvalidLifecycleEventHookExecutionIdException',
    ],
    [
      { ...body, lifecycleEventHookExecutionId: id.replace('checkout', 'other') },
      'InvalidLifecycleEventHookExecutionIdException',
    ],
    [{ ...body, lifecycleEventHookExecutionId: 7 }, 'InvalidLifecycleEventHookExecutionIdException'],
    [{ ...body, deploymentId: 'd-OTHER1234' }, 'DeploymentDoesNotExistException'],
    [{ ...body, deploymentId: undefined }, 'DeploymentIdRequiredException'],
    [{ ...body, status: 'Pending' }, 'InvalidLifecycleEventHookExecutionStatusException'],
    [{ ...body, status: undefined }, 'InvalidLifecycleEventHookExecutionStatusException'],
    [[], 'SerializationException'],
    [null, 'SerializationException'],
  ];
  for (const [input, expected] of cases) {
    const { status, answer } = await post(JSON.stringify(input));
    assert.equal(status, 400);
    assert.equal(answer.__type, expected, JSON.stringify(input));
  }
  assert.equal((await post('{"deploymentId":')).answer.__type, 'SerializationException');
  assert.equal((await post('{}', 'CodeDeploy_20141006.CreateDeployment')).answer.__type, 'UnknownOperationException');
  assert.equal((await post(`"${'x'.repeat(20_000)}"`)).status, 413);
  assert.equal((await phase()).gates.preTraffic?.status, 'waiting');
});

test('it listens on loopback unless told otherwise', async () => {
  const { callbacks } = await waiting();
  assert.match(callbacks.endpoint, /^http:\/\/127\.0\.0\.1:\d+$/);
});
