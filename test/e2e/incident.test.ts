import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { SNS } from '@aws-sdk/client-sns';
import { Running } from './processes.ts';
import { bad, good, oneObject, REGION, Service, Site } from './site.ts';

let site: Site;
before(async () => {
  site = await Site.open();
});
after(() => site.close());

interface IncidentJson {
  readonly id: string;
  readonly phase: string;
  readonly severity: string | null;
  readonly kind: string;
  readonly subject: { readonly releaseId: string } | null;
  readonly messages: readonly { readonly audience: string; readonly stage: string; readonly state: string }[];
  readonly containments: readonly { readonly state: string; readonly told: string }[];
  readonly timeline: readonly { readonly kind: string; readonly text: string }[];
}

interface Listed {
  readonly incidents: readonly { readonly id: string; readonly phase: string }[];
}

/** `switchback incident …` or `postmortem …` in the service's own state. */
async function tell<T = IncidentJson>(service: Service, ...words: readonly string[]): Promise<T> {
  const { stdout, stderr, code } = await speak(service, ...words);
  assert.equal(code, 0, stderr);
  return oneObject<T>(stdout, stderr);
}

function speak(service: Service, ...words: readonly string[]) {
  return new Running([...words, '--state', service.stateDir, '--json'], site.env, site.folder).ended;
}

/** A release whose every invocation fails, rolled back by itself. */
async function rolledBack(): Promise<Service> {
  const service = await site.service(good('one'));
  const version = await service.publish(bad('two'));
  const { code } = await service.underTraffic(() =>
    service.json(
      'deploy',
      '--version',
      version,
      '--strategy',
      'canary 50% 1m',
      '--threshold',
      'error rate > 10% for 1s',
    ),
  );
  assert.equal(code, 3);
  return service;
}

describe('an incident', () => {
  test('of a release that was rolled back is open when the release’s own command has ended, and is led to its close', async () => {
    const service = await rolledBack();
    const { incidents } = await tell<Listed>(service, 'incident', 'list');
    assert.deepEqual(
      incidents.map(({ phase }) => phase),
      ['contained'],
    );
    const opened = await tell(service, 'incident', 'show');
    assert.ok(opened.messages.some(({ audience, state }) => audience === 'responders' && state === 'sent'));
    assert.ok(opened.messages.some(({ audience, state }) => audience === 'change' && state === 'sent'));
    assert.equal(opened.containments[0]?.told, `${service.name}:live was read back with version 1 alone`);
    const triaged = await tell(service, 'incident', 'triage', '--severity', 'SEV-2');
    assert.equal(triaged.severity, 'SEV-2');
    const resolved = await tell(
      service,
      'incident',
      'resolve',
      '--summary',
      'Edition two was broken.',
      '--waive-public',
      '--reason',
      'nobody was told',
    );
    assert.equal(resolved.phase, 'resolved');
    const early = await speak(service, 'incident', 'close');
    assert.equal(early.code, 6);
    const drafted = await tell<{ path: string; markdown: string }>(service, 'postmortem', 'draft');
    const text = await readFile(drafted.path, 'utf8');
    assert.equal(text, drafted.markdown);
    assert.match(text, /What the rollback did not undo/);
    await writeFile(
      drafted.path,
      text.replace('_What happened, in three sentences._', 'Edition two failed.\nIt went back.'),
    );
    const again = await tell<{ prose: Record<string, string> }>(service, 'postmortem', 'draft');
    assert.equal(again.prose.tldr, 'Edition two failed.\nIt went back.');
    for (const step of ['submit', 'review', 'publish']) await tell(service, 'postmortem', step);
    await tell(service, 'postmortem', 'action', 'test it before', '--owner', 'me', '--due', '10d', opened.id);
    const closed = await tell(service, 'incident', 'close', opened.id);
    assert.equal(closed.phase, 'closed');
  });

  test('of a release whose process was killed in the moment of its end is opened by whoever looks next, once', async () => {
    const service = await site.service(good('one'));
    const version = await service.publish(bad('two'));
    await service.underTraffic(async () => {
      const args = ['--version', version, '--strategy', 'canary 50% 1m', '--threshold', 'error rate > 10% for 1s'];
      const running = service.start('deploy', ...args, '--json-lines');
      await running.says(/serves again|version 1 alone/);
      await running.kill('SIGKILL');
    });
    // Whoever looks takes over what was under way.
    for (;;) {
      const { json } = await service.json('status');
      if (json.state === 'rolledBack') break;
    }
    const lists = await Promise.all([1, 2, 3].map(() => tell<Listed>(service, 'incident', 'list')));
    const { incidents } = await tell<Listed>(service, 'incident', 'list');
    assert.equal(incidents.length, 1, JSON.stringify(lists));
    const { timeline } = await tell(service, 'incident', 'show');
    assert.equal(timeline.filter(({ kind }) => kind === 'incident.declared').length, 1);
  });

  test('moves with its state, ledger and all', async () => {
    const service = await site.service(good('one'));
    const opened = await tell(service, 'incident', 'open', 'checkout fails', '--service', 'Shop');
    const version = await service.publish(good('two'));
    const deployed = await service.start('deploy', '--version', version, '--strategy', 'canary 10% 1h', '--detach')
      .ended;
    assert.equal(deployed.code, 0, deployed.stderr);
    const there = path.join(site.folder, 'moved', 'state.sqlite');
    const move = await speak(service, 'move', '--to', there);
    assert.equal(move.code, 0, move.stderr);
    // Whoever drives the new place would open another one for a release that comes without its incident.
    const arrived = [...move.stderr.matchAll(/^\W*(\S+) lives at/gm)].map(([, actor = '']) => actor);
    assert.deepEqual(
      arrived.map((actor) => (actor.endsWith(`/${service.name}/live`) ? 'release' : 'incident')),
      ['incident', 'release'],
      move.stderr,
    );
    const moved = new Service(site, service.name);
    const shown = await new Running(['incident', 'show', '--state', there, '--json'], site.env, site.folder).ended;
    assert.equal(oneObject<IncidentJson>(shown.stdout, shown.stderr).id, opened.id);
    assert.notEqual((await speak(moved, 'incident', 'note', opened.id, 'hello')).code, 0);
  });

  test('is opened by an alarm that CloudWatch tells of over SNS, and rolled back through the engine', async () => {
    const service = await site.service(good('one'));
    await service.publish(bad('two'));
    await service.site.lambda.updateAlias({ FunctionName: service.name, Name: 'live', FunctionVersion: '2' });
    const credentials = { accessKeyId: 'tester', secretAccessKey: 'secret' };
    const settings = { endpoint: site.local.endpoint, region: REGION, credentials };
    const [sns, cloudwatch] = [new SNS(settings), new CloudWatch(settings)];
    const { TopicArn } = await sns.createTopic({ Name: 'alarms' });
    const config = path.join(site.folder, 'inbox.yaml');
    await writeFile(
      config,
      `incidents:\n  inbox:\n    topics: ["${TopicArn}"]\n  services:\n    ${service.name}: {name: Shop}\n`,
    );
    const running = new Running(
      ['serve', '--json', '--state', service.stateDir, '--config', config],
      site.env,
      site.folder,
    );
    const [ready] = await running.says(/^\{.*\}$/m);
    const { inbox } = JSON.parse(ready) as { inbox: string };
    await sns.subscribe({ TopicArn, Protocol: 'http', Endpoint: `${inbox}/sns` });
    await running.says(/the subscription to .* is confirmed/);
    await cloudwatch.putMetricAlarm({
      AlarmName: `${service.name}-errors`,
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [
        { Name: 'FunctionName', Value: service.name },
        { Name: 'Resource', Value: `${service.name}:live` },
      ],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      AlarmActions: [TopicArn ?? ''],
    });
    await cloudwatch.setAlarmState({
      AlarmName: `${service.name}-errors`,
      StateValue: 'ALARM',
      StateReason: 'for the test',
    });
    let opened: Listed['incidents'] = [];
    while (opened.length === 0) opened = (await tell<Listed>(service, 'incident', 'list')).incidents;
    const incident = await tell(service, 'incident', 'show');
    assert.deepEqual([incident.phase, incident.severity], ['detected', null]);
    await tell(service, 'incident', 'triage', '--severity', 'SEV-1');
    const contained = await tell(service, 'incident', 'contain', '--rollback', '--to', '1', '--reason', 'it fails');
    assert.equal(contained.phase, 'contained');
    await service.assertLive('1');
    const { json } = await service.json('history');
    assert.equal((json as unknown as { releases: { state: string }[] }).releases[0]?.state, 'rolledBack');
    const { incidents } = await tell<Listed>(service, 'incident', 'list', '--all');
    assert.equal(incidents.length, 1);
    assert.equal((await running.kill('SIGTERM')).code, 0);
    sns.destroy();
    cloudwatch.destroy();
  });
});
