import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { good, REGION, type ReleaseJson, type Service, Site } from './site.ts';

let site: Site;
let cloudwatch: CloudWatch;
before(async () => {
  site = await Site.open();
  const credentials = { accessKeyId: 'tester', secretAccessKey: 'secret' };
  cloudwatch = new CloudWatch({ endpoint: site.local.endpoint, region: REGION, credentials });
});
after(() => {
  cloudwatch.destroy();
  return site.close();
});

/** An alarm on a metric that nobody sends, so that it keeps the state it was given. */
async function alarm(AlarmName: string, state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'): Promise<string> {
  await cloudwatch.putMetricAlarm({
    AlarmName,
    Namespace: 'Shop',
    MetricName: 'FailedOrders',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'ignore',
  });
  await turn(AlarmName, state);
  return AlarmName;
}

async function turn(AlarmName: string, StateValue: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'): Promise<void> {
  await cloudwatch.setAlarmState({ AlarmName, StateValue, StateReason: `a drill: ${StateValue}` });
}

async function upgraded(): Promise<Service> {
  const service = await site.service(good('one'));
  await service.publish(good('two'));
  return service;
}

const QUICK = ['--version', '2', '--strategy', 'canary 50% 300ms', '--bake', '300ms'];

describe('an alarm', { concurrency: 4 }, () => {
  test('that goes red in mid-release takes the release back, with its name and reason', async () => {
    const [service, name] = await Promise.all([upgraded(), alarm('goes-red', 'OK')]);
    await service.underTraffic(async () => {
      const deploy = service.start(
        'deploy',
        '--version',
        '2',
        '--strategy',
        'canary 50% 10m',
        '--alarm',
        name,
        '--json',
      );
      await deploy.says(/read back: version 1 50 %/);
      await turn(name, 'ALARM');
      const { code, stdout } = await deploy.ended;
      const json = JSON.parse(stdout) as ReleaseJson;
      assert.deepEqual({ code, state: json.state }, { code: 3, state: 'rolledBack' });
      assert.match(json.reason, /goes-red.*a drill: ALARM/);
    });
    await service.assertLive('1');
  });

  test('that is red already forbids a release (6), unless it is allowed by name and with a reason', async () => {
    const [service, name] = await Promise.all([upgraded(), alarm('red-before', 'ALARM')]);
    const { code, stderr } = await service.run('deploy', ...QUICK, '--alarm', name);
    assert.equal(code, 6);
    assert.match(stderr, /alarm "red-before" is red before the release has started \(a drill: ALARM\)/);
    assert.match(stderr, /--allow-alarm red-before --reason/);
    const allowed = ['--alarm', name, '--allow-alarm', name, '--reason', 'this is its fix'];
    const fix = await service.run('deploy', ...QUICK, ...allowed);
    assert.equal(fix.code, 0, fix.stderr);
    assert.match(fix.stderr, /alarm red-before is red already and is allowed: this is its fix/);
    await service.assertLive('2');
  });

  test('that does not exist is named (2)', async () => {
    const service = await upgraded();
    const { code, stderr } = await service.run('deploy', ...QUICK, '--alarm', 'nothing');
    assert.equal(code, 2);
    assert.match(
      stderr,
      /alarm "nothing" does not exist.*could never stop this release\n +next: aws cloudwatch describe-alarms/,
    );
  });

  test('that the release does not watch cannot be allowed (2)', async () => {
    const service = await upgraded();
    const { code, stderr } = await service.run('deploy', ...QUICK, '--allow-alarm', 'other', '--reason', 'why not');
    assert.equal(code, 2);
    assert.match(stderr, /does not watch an alarm of that name\n +next: add --alarm other/);
  });

  test('without data, or with its actions disabled, is named as a blind spot', async () => {
    const [service, name] = await Promise.all([upgraded(), alarm('blind', 'INSUFFICIENT_DATA')]);
    await cloudwatch.disableAlarmActions({ AlarmNames: [name] });
    const args = ['--version', '2', '--alarm', name];
    const { code, json } = await service.json<ReleaseJson & { blindSpots: string[] }>('plan', ...args);
    assert.equal(code, 0);
    assert.match(
      json.blindSpots.join('\n'),
      /alarm blind has INSUFFICIENT_DATA[\s\S]*alarm blind has its actions disabled/,
    );
  });
});
