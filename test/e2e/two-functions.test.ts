import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { APIGateway } from '@aws-sdk/client-api-gateway';
import { type ResourceRecordSet, Route53 } from '@aws-sdk/client-route-53';
import { type Ended, Running } from './processes.ts';
import { bad, good, oneObject, REGION, type ReleaseJson, Site, zipOf } from './site.ts';
import { underTraffic } from './traffic.ts';

let site: Site;
let route53: Route53;
let gateway: APIGateway;
before(async () => {
  site = await Site.open();
  const credentials = { accessKeyId: 'tester', secretAccessKey: 'secret' };
  route53 = new Route53({ endpoint: site.local.endpoint, region: 'us-east-1', credentials });
  gateway = new APIGateway({ endpoint: site.local.endpoint, region: REGION, credentials });
});
after(async () => {
  route53.destroy();
  gateway.destroy();
  await site.close();
});

/** What leads to the two functions, as the team sees it. */
interface Front {
  readonly traffic: object;
  weights(): Promise<Record<string, number>>;
  /** Where the owner tag lies. */
  tag(): Promise<string>;
  /** A change by somebody who knows nothing of releases. */
  move(blue: number, green: number): Promise<void>;
}

async function weightedName(label: string): Promise<Front> {
  const { HostedZone } = await route53.createHostedZone({ Name: 'example.com', CallerReference: label });
  const zone = (HostedZone?.Id ?? '').replace('/hostedzone/', '');
  const name = `${label}.example.com`;
  const arm = (SetIdentifier: string, Weight: number): ResourceRecordSet => ({
    Name: name,
    Type: 'CNAME',
    SetIdentifier,
    Weight,
    TTL: 1,
    ResourceRecords: [{ Value: `${SetIdentifier}.example.net` }],
  });
  const Changes = [arm('blue', 100), arm('green', 0)].map(
    (ResourceRecordSet) => ({ Action: 'CREATE', ResourceRecordSet }) as const,
  );
  await route53.changeResourceRecordSets({ HostedZoneId: zone, ChangeBatch: { Changes } });
  const move = async (blue: number, green: number) => {
    const moved = [arm('blue', blue), arm('green', green)];
    const batch = moved.map((ResourceRecordSet) => ({ Action: 'UPSERT', ResourceRecordSet }) as const);
    await route53.changeResourceRecordSets({ HostedZoneId: zone, ChangeBatch: { Changes: batch } });
  };
  const records = async () =>
    (await route53.listResourceRecordSets({ HostedZoneId: zone, StartRecordName: name })).ResourceRecordSets ?? [];
  return {
    traffic: { route53: { zone, name, type: 'CNAME' } },
    move,
    async weights() {
      const arms = (await records()).filter(({ Weight }) => Weight !== undefined);
      return Object.fromEntries(arms.map(({ SetIdentifier = '', Weight = 0 }) => [SetIdentifier, Weight]));
    },
    tag: async () => (await records()).find(({ Type }) => Type === 'TXT')?.ResourceRecords?.[0]?.Value ?? '',
  };
}

async function canaryStage(label: string, functions: Readonly<Record<string, string>>): Promise<Front> {
  const { id: restApiId = '' } = await gateway.createRestApi({ name: label });
  const { id: deploymentId = '' } = await gateway.createDeployment({ restApiId });
  const stage = { restApiId, stageName: 'prod' };
  const canarySettings = { percentTraffic: 0, deploymentId };
  const variables = { fn: functions.blue ?? '' };
  await gateway.createStage({ ...stage, deploymentId, variables, canarySettings, description: 'ours' });
  return {
    traffic: { apiGateway: { api: restApiId, stage: 'prod', variable: 'fn' } },
    async weights() {
      const { variables: main = {}, canarySettings: canary } = await gateway.getStage(stage);
      const percent = canary?.percentTraffic ?? 0;
      const share = (name: string | undefined): number =>
        (main.fn === name ? 100 - percent : 0) + (canary?.stageVariableOverrides?.fn === name ? percent : 0);
      return { blue: share(functions.blue), green: share(functions.green) };
    },
    tag: async () => (await gateway.getStage(stage)).description ?? '',
    async move(_blue, green) {
      const patchOperations = [
        { op: 'replace' as const, path: '/canarySettings/percentTraffic', value: String(green) },
      ];
      await gateway.updateStage({ ...stage, patchOperations });
    },
  };
}

/** Two functions and what leads to them, as a team has them. */
class Pair {
  readonly functions: Readonly<Record<string, string>>;
  readonly config: string;
  readonly #front: Front;
  readonly #state: string;

  private constructor(functions: Readonly<Record<string, string>>, front: Front, label: string) {
    this.functions = functions;
    this.#front = front;
    this.#state = path.join(site.folder, `${label}-state`);
    this.config = path.join(site.folder, `${label}.yaml`);
    writeFileSync(this.config, JSON.stringify({ traffic: { ...front.traffic, functions } }));
  }

  static async open(
    label: string,
    blueSource: string,
    greenSource: string,
    behind: (label: string, functions: Readonly<Record<string, string>>) => Promise<Front> = weightedName,
  ): Promise<Pair> {
    const blue = await site.service(blueSource, { alias: null });
    const green = await site.service(greenSource, { alias: null });
    const functions = { blue: blue.name, green: green.name };
    return new Pair(functions, await behind(label, functions), label);
  }

  run(verb: string, ...args: readonly string[]): Promise<Ended> {
    const all = [verb, '--config', this.config, '--state', this.#state, ...args];
    return new Running(all, site.env, site.folder).ended;
  }

  async json<T = ReleaseJson>(verb: string, ...args: readonly string[]): Promise<{ code: number | null; json: T }> {
    const { code, stdout, stderr } = await this.run(verb, ...args, '--json');
    return { code, json: oneObject<T>(stdout, stderr) };
  }

  weights(): Promise<Record<string, number>> {
    return this.#front.weights();
  }

  tag(): Promise<string> {
    return this.#front.tag();
  }

  move(blue: number, green: number): Promise<void> {
    return this.#front.move(blue, green);
  }

  /** Waits until the weights are these. */
  async until(wanted: Record<string, number>): Promise<void> {
    const patience = AbortSignal.timeout(60_000);
    for (;;) {
      const { blue, green } = await this.weights();
      if (blue === wanted.blue && green === wanted.green) return;
      await pause(50, undefined, { signal: patience });
    }
  }

  /** Calls the functions as clients of the name would, by its weights, some thirty times a second while `work` goes on. */
  underTraffic<T>(work: () => Promise<T>): Promise<T> {
    return underTraffic([() => this.#call()], 30, work);
  }

  async #call(): Promise<void> {
    const { blue = 0, green = 0 } = await this.weights();
    const arm = Math.random() * (blue + green) < green ? 'green' : 'blue';
    await site.lambda.invoke({ FunctionName: this.functions[arm] ?? '' });
  }
}

describe('two functions behind weighted records', { concurrency: 3 }, () => {
  test('a bad canary of 10 % is seen in its own function’s log, and the weights go back', async () => {
    const pair = await Pair.open('bad', good('one'), bad('two'));
    const { code, json } = await pair.underTraffic(() => pair.json('deploy', '--strategy', 'canary 10% 80s'));
    assert.equal(code, 3, json.reason);
    const { state, stable, candidate, alias } = json;
    assert.deepEqual(
      { state, stable, candidate, alias },
      { state: 'rolledBack', stable: 'blue', candidate: 'green', alias: 'CNAME' },
    );
    assert.ok(json.evidence.some(({ outcome }) => outcome === 'fail'));
    assert.deepEqual(await pair.weights(), { blue: 100, green: 0 });
    assert.match(await pair.tag(), /^"switchback serial=\d+ main=blue"$/, 'no owner tag is left');
  });

  test('new code goes into the idle function, is promoted, and a rollback leads back', async () => {
    const pair = await Pair.open('good', good('one'), good('old'));
    const zip = path.join(site.folder, 'two-functions.zip');
    writeFileSync(zip, zipOf(good('two')));
    const quick = ['--strategy', 'canary 10% 300ms', '--bake', '300ms'];
    const { code, stdout, stderr } = await pair.underTraffic(() => pair.run('deploy', '--zip', zip, ...quick));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /promoted/);
    assert.match(stderr, /10 %/);
    assert.deepEqual(await pair.weights(), { blue: 0, green: 100 });
    const { Payload } = await site.lambda.invoke({ FunctionName: pair.functions.green ?? '' });
    assert.match(Buffer.from(Payload ?? []).toString(), /two/);

    const status = await pair.json('status');
    assert.deepEqual([status.code, status.json.state, status.json.candidate], [0, 'promoted', 'green']);
    const again = await pair.json('deploy', '--zip', zip, ...quick);
    assert.deepEqual([again.code, again.json.state], [0, 'noop']);
    const back = await pair.underTraffic(() => pair.run('rollback', '--reason', 'a customer calls'));
    assert.equal(back.code, 0, back.stderr);
    assert.deepEqual(await pair.weights(), { blue: 100, green: 0 });
  });

  test('without its state a rollback still finds and moves the records', async () => {
    const pair = await Pair.open('lost', good('one'), good('two'));
    const back = () => pair.run('rollback', '--to', 'green', '--reason', 'blue is broken');
    const { code, stderr } = await pair.underTraffic(back);
    assert.equal(code, 0, stderr);
    assert.deepEqual(await pair.weights(), { blue: 0, green: 100 });
  });

  test('what somebody else makes of the weights in mid-release is left, and can be repaired', async () => {
    const pair = await Pair.open('moved', good('one'), good('two'));
    const release = pair.json('deploy', '--strategy', 'canary 10% 80s');
    await pair.until({ blue: 90, green: 10 });
    await pair.move(30, 70);
    const { code, json } = await release;
    assert.deepEqual([code, json.state], [4, 'halted'], json.reason);
    assert.match(json.reason, /changed by somebody else/);
    assert.deepEqual(await pair.weights(), { blue: 30, green: 70 });
    const repaired = await pair.underTraffic(() => pair.run('repair'));
    assert.equal(repaired.code, 0, repaired.stderr);
    assert.deepEqual(await pair.weights(), { blue: 100, green: 0 });
    assert.match(await pair.tag(), /^"switchback serial=\d+ main=blue"$/);
  });

  test('what two functions cannot have is refused before anything is done', async () => {
    const pair = await Pair.open('refused', good('one'), good('two'));
    const unknown = await pair.run('deploy', '--version', '7');
    assert.deepEqual([unknown.code, /"7" is neither of blue and green/.test(unknown.stderr)], [2, true]);
    const alias = await pair.run('deploy', '--test-alias', 'try');
    assert.deepEqual([alias.code, /needs an alias/.test(alias.stderr)], [2, true]);
    assert.deepEqual(await pair.weights(), { blue: 100, green: 0 });
    assert.equal(await pair.tag(), '');
  });
});

describe('two functions behind a stage of an API', { concurrency: 2 }, () => {
  test('a bad canary of 10 % is rolled back, and the stage is described as before', async () => {
    const pair = await Pair.open('api-bad', good('one'), bad('two'), canaryStage);
    const { code, json } = await pair.underTraffic(() => pair.json('deploy', '--strategy', 'canary 10% 80s'));
    assert.deepEqual([code, json.state, json.alias], [3, 'rolledBack', 'prod'], json.reason);
    assert.deepEqual([json.stable, json.candidate], [pair.functions.blue, pair.functions.green]);
    assert.deepEqual(await pair.weights(), { blue: 100, green: 0 });
    assert.equal(await pair.tag(), 'ours');
  });

  test('what somebody else makes of the share in mid-release is left', async () => {
    const pair = await Pair.open('api-moved', good('one'), good('two'), canaryStage);
    const release = pair.json('deploy', '--strategy', 'canary 10% 80s');
    await pair.until({ blue: 90, green: 10 });
    await pair.move(30, 70);
    const { code, json } = await release;
    assert.deepEqual([code, json.state], [4, 'halted'], json.reason);
    assert.deepEqual(await pair.weights(), { blue: 30, green: 70 });
  });

  test('a good one is promoted, and a rollback leads back', async () => {
    const pair = await Pair.open('api-good', good('one'), good('two'), canaryStage);
    const quick = ['--strategy', 'canary 10% 300ms', '--bake', '300ms'];
    const { code, stderr } = await pair.underTraffic(() => pair.run('deploy', ...quick));
    assert.equal(code, 0, stderr);
    assert.match(stderr, /no conditional write/);
    assert.deepEqual(await pair.weights(), { blue: 0, green: 100 });
    const status = await pair.json('status');
    assert.deepEqual([status.code, status.json.state], [0, 'promoted']);
    const replay = await pair.run('replay');
    assert.deepEqual([replay.code, replay.stdout.includes(status.json.id ?? '?')], [0, true], replay.stderr);
    const back = await pair.underTraffic(() => pair.run('rollback', '--reason', 'a customer calls'));
    assert.equal(back.code, 0, back.stderr);
    assert.deepEqual(await pair.weights(), { blue: 100, green: 0 });
  });
});
