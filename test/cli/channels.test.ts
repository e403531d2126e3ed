import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { main } from '../../src/cli/program.ts';
import { wire } from '../../src/wire.ts';
import { JiraVendor } from '../channels/fakes/jira.ts';
import { PagerDutyVendor } from '../channels/fakes/pagerduty.ts';
import { SlackVendor } from '../channels/fakes/slack.ts';
import { ENV } from '../channels/kit.ts';
import { type Vendor, VendorServer } from '../channels/server.ts';

/** A folder with a configuration, the environment that it speaks of, and the real adapters. */
function project(t: TestContext, config: string, env: Readonly<Record<string, string>> = ENV) {
  const folder = mkdtempSync(join(tmpdir(), 'switchback-channels-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'switchback.yaml'), config);
  return async (...argv: string[]) => {
    let out = '';
    let err = '';
    const exit = await main(
      argv,
      {
        env: { ...env, HOME: folder, NO_COLOR: '1' },
        cwd: folder,
        stdout: { write: (text) => (out += text) },
        stderr: { write: (text) => (err += text) },
        clock: { now: () => Date.now(), sleep: async () => undefined },
        wire,
        ask: undefined,
        onInterrupt: () => () => undefined,
      },
      '1.2.3',
    );
    return { exit, out, err };
  };
}

async function vendors(t: TestContext) {
  const start = async <V extends Vendor>(vendor: V) => {
    const server = await VendorServer.start(vendor);
    t.after(() => server.stop());
    return { vendor, server };
  };
  return {
    slack: await start(new SlackVendor()),
    pager: await start(new PagerDutyVendor()),
    jira: await start(new JiraVendor()),
  };
}

const local = 'allowInsecureLoopback: true';

test('channels test says by each channel whether it works, without a word where everybody would read it', async (t) => {
  const { slack, pager, jira } = await vendors(t);
  const run = project(
    t,
    `channels:
  war-room: {kind: slack, token: env:SLACK, channel: ${SlackVendor.channel}, baseUrl: "${slack.server.url}", ${local}}
  pager: {kind: pagerduty, routingKey: env:PD, baseUrl: "${pager.server.url}", ${local}}
  tickets: {kind: jira, site: "${jira.server.url}", email: ${JiraVendor.email}, token: env:JIRA, project: OPS, ${local}}
`,
  );
  const { exit, out } = await run('channels', 'test');
  assert.equal(exit, 0, out);
  assert.match(out, /war-room\s+slack: sent/);
  assert.match(out, /pager\s+pagerduty: sent {2}switchback\/TEST, and resolved again/);
  assert.match(out, /tickets\s+jira: checked {2}project Operations; nothing was written there/);
  assert.match(slack.vendor.posts[0]!.text, /TEST of Switchback.*\n.*nobody has to do anything/);
  assert.deepEqual(
    pager.vendor.alerts.map(({ state }) => state),
    ['resolved'],
  );
  assert.equal(jira.vendor.issues.length, 0);
});

test('channels test --dry-run shows every request without its secrets, and sends none', async (t) => {
  const { slack, pager, jira } = await vendors(t);
  const run = project(
    t,
    `channels:
  war-room: {kind: slack, token: env:SLACK, channel: ${SlackVendor.channel}, baseUrl: "${slack.server.url}", ${local}}
  pager: {kind: pagerduty, routingKey: env:PD, baseUrl: "${pager.server.url}", ${local}}
  tickets: {kind: jira, site: "${jira.server.url}", email: ${JiraVendor.email}, token: env:JIRA, project: OPS, ${local}}
  topic: {kind: sns, topicArn: "arn:aws:sns:eu-west-1:123456789012:alerts"}
  mail: {kind: email, host: mail.shop.example, from: bot@shop.example, to: [all@shop.example]}
  hook: {kind: webhook, url: env:HOOK_URL, secret: env:HOOK}
`,
    { ...ENV, HOOK_URL: 'https://hooks.example.com/very/secret/path' },
  );
  const { exit, out } = await run('channels', 'test', '--dry-run');
  assert.equal(exit, 0, out);
  for (const { server } of [slack, pager, jira]) assert.equal(server.requests.length, 0);
  for (const shown of [
    '/chat.postMessage',
    '/v2/enqueue',
    '/rest/api/3/issue',
    'sns:Publish',
    'Subject: TEST of Switchback',
    'webhook-signature',
  ])
    assert.ok(out.includes(shown), `${shown} in ${out}`);
  for (const secret of [
    ...Object.values(ENV).filter((each) => each.length > 4),
    'very/secret',
    Buffer.from(`${JiraVendor.email}:${JiraVendor.token}`).toString('base64'),
  ])
    assert.ok(!out.includes(secret), `${secret} in ${out}`);
});

test('what is wrong is said with what to do, by exit codes for scripts', async (t) => {
  const run = project(
    t,
    'channels:\n  hook: {kind: webhook, url: "https://169.254.169.254/", secret: env:HOOK}\n  pager: {kind: pagerduty, routingKey: env:NOTHING}\n',
  );
  const tried = await run('channels', 'test');
  assert.equal(tried.exit, 2);
  assert.match(tried.out, /hook\s+webhook: refused {2}169\.254\.169\.254 is not on the public internet/);
  assert.match(tried.out, /pager\s+pagerduty: refused {2}NOTHING is not set in the environment/);
  assert.match(tried.out, /next: put it right, then: switchback channels test pager/);
  const json = JSON.parse((await run('channels', 'list', '--json')).out) as {
    channels: { name: string; missing: string[] }[];
  };
  assert.deepEqual(
    json.channels.map(({ name, missing }) => [name, missing]),
    [
      ['hook', []],
      ['pager', ['NOTHING is not set in the environment']],
    ],
  );
  const unknown = await run('channels', 'test', 'pagr');
  assert.equal(unknown.exit, 2);
  assert.match(unknown.err, /there is no channel "pagr"\n {2}next: did you mean pager\?/);
});

test('a secret in the file is refused and not repeated, and without channels nothing is tried', async (t) => {
  const leaky = project(t, 'channels:\n  war-room: {kind: slack, token: xoxb-1234567890-secret, channel: C1}\n');
  const refused = await leaky('channels', 'list');
  assert.equal(refused.exit, 2);
  assert.match(refused.err, /switchback\.yaml:2:\d+: channels\.war-room\.token: a secret does not stand in this file/);
  assert.doesNotMatch(refused.err + refused.out, /1234567890/);
  const none = project(t, 'function: checkout\n');
  assert.match((await none('channels', 'list')).out, /No channels are set up/);
  assert.equal((await none('channels', 'test')).exit, 2);
});
