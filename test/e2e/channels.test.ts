import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../app/clock.ts';
import { JiraVendor } from '../channels/fakes/jira.ts';
import { PagerDutyVendor } from '../channels/fakes/pagerduty.ts';
import { ServiceNowVendor } from '../channels/fakes/servicenow.ts';
import { SlackVendor } from '../channels/fakes/slack.ts';
import { ENV } from '../channels/kit.ts';
import { textAt, VendorServer } from '../channels/server.ts';
import { type Ended, Running } from './processes.ts';
import { bad, good, type Service, Site } from './site.ts';

/** A release that goes wrong, told to a chat, a pager, a ticket and a change record: real processes, vendors on loopback. */
describe('a release that goes wrong is told by every channel', () => {
  const slack = new SlackVendor();
  const pager = new PagerDutyVendor();
  const jira = new JiraVendor();
  const now = new ServiceNowVendor();
  let site: Site;
  let service: Service;
  let servers: readonly VendorServer[] = [];
  let folder = '';

  before(async () => {
    site = await Site.open();
    service = await site.service(good('one'));
    servers = await Promise.all([slack, pager, jira, now].map((vendor) => VendorServer.start(vendor)));
    folder = path.join(site.folder, 'project');
    mkdirSync(folder);
    const [chat, page, tickets, changes] = servers.map(({ url }) => url);
    const local = 'allowInsecureLoopback: true';
    writeFileSync(
      path.join(folder, 'switchback.yaml'),
      `channels:
  war-room: {kind: slack, token: env:SLACK, channel: ${SlackVendor.channel}, baseUrl: "${chat}", ${local}}
  calendar: {kind: pagerduty-change, routingKey: env:PD, baseUrl: "${page}", ${local}}
  pager: {kind: pagerduty, routingKey: env:PD, baseUrl: "${page}", ${local}}
  tickets: {kind: jira, site: "${tickets}", email: ${JiraVendor.email}, token: env:JIRA, project: OPS, ${local}}
  changes: {kind: servicenow, record: change, instance: "${changes}", user: switchback, password: env:SN, ${local}}
`,
    );
  });
  after(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await site.close();
  });

  const run = (...args: readonly string[]): Promise<Ended> =>
    new Running(args, { ...site.env, ...ENV, SWITCHBACK_STATE: service.stateDir }, folder).ended;

  test('its rollback opens a ticket and a change record, and both end with the incident', async () => {
    const version = await service.publish(bad('two'));
    const target = ['--function', service.name, '--alias', 'live'];
    const how = [
      '--version',
      version,
      '--strategy',
      'all-at-once',
      '--bake',
      '60s',
      '--threshold',
      'error rate > 20% for 1s',
    ];
    const deployed = await service.underTraffic(() => run('deploy', ...target, ...how));
    assert.equal(deployed.code, 3, deployed.stderr);
    await service.assertLive('1');
    const words = [
      /release of version 2 after version 1/,
      /version 2 has 100 % of the traffic/,
      /back to version 1 from version 2/,
    ];
    assert.deepEqual(
      words.map((word) => pager.changes.filter((each) => word.test(each)).length),
      [1, 1, 1],
      JSON.stringify(pager.changes),
    );

    const serving = new Running(
      ['serve', '--port', '0'],
      { ...site.env, ...ENV, SWITCHBACK_STATE: service.stateDir },
      folder,
    );
    try {
      await until(() => slack.posts.length >= 1 && now.rows.length >= 1 && jira.issues.length >= 1, 'the first words');
      assert.equal(slack.posts.length, 1, JSON.stringify(slack.posts));
      assert.match(
        slack.posts[0]!.text,
        new RegExp(`${service.name}:live was rolled back from version ${version} to version 1`),
      );
      assert.match(textAt(jira.issues[0]!.fields, 'summary'), /rolled back/);
      const [change] = now.rows;
      assert.equal(change!.table, 'change_request');
      assert.match(
        change!.fields.short_description!,
        new RegExp(`rollback of ${service.name}:live from version ${version} to version 1`),
      );
      await until(() => pager.alerts.length === 1, 'the alert');

      for (const order of [
        ['triage', '--severity', 'SEV-2'],
        [
          'resolve',
          '--summary',
          'Version 2 always failed. Version 1 serves.',
          '--waive-public',
          '--reason',
          'few saw it',
        ],
      ]) {
        const { code, stderr } = await run('incident', ...order);
        assert.equal(code, 0, stderr);
      }
      await until(() => jira.issues[0]!.status === 'Done' && change!.fields.state === '3', 'the ends');
      await until(() => pager.alerts[0]!.state === 'resolved', 'the end of the alert');
      assert.equal(jira.issues.length, 1, 'one ticket');
      assert.equal(now.rows.length, 1, 'one change');
      await until(() => slack.posts.some(({ text }) => /resolved/.test(text)), 'the last word');
      assert.deepEqual(
        [...new Set(slack.posts.slice(1).map(({ thread }) => thread))],
        [slack.posts[0]!.ts],
        'all in one thread',
      );
    } finally {
      const { code, stderr } = await serving.kill('SIGTERM');
      assert.equal(code, 0, stderr);
    }
  });
});
