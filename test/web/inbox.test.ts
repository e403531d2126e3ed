import assert from 'node:assert/strict';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { AlarmPorts } from '../../src/app/incident/alarms.ts';
import { DEFAULT_SETUP } from '../../src/app/incident/setup.ts';
import { incidentActor } from '../../src/app/incident-actor.ts';
import { keyOf, signed } from '../../src/channels/standard-webhooks.ts';
import { commandOf, type IncidentCommand } from '../../src/core/incident/commands.ts';
import type { IncidentEvent } from '../../src/core/incident/events.ts';
import type { IncidentDoc } from '../../src/core/incident/incident.ts';
import { inboxRoutes } from '../../src/web/inbox.ts';
import { TestClock } from '../app/clock.ts';
import { MemoryHost } from '../app/memory-host.ts';
import { Story, T0 } from '../core/release/builders.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:alarms';
const CERTIFICATE = 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-x.pem';
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const KEYS = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

function alarmText(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    AlarmName: 'checkout-errors',
    AlarmArn: 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout-errors',
    AlarmDescription: null,
    AWSAccountId: '123456789012',
    NewStateValue: 'ALARM',
    NewStateReason: 'Threshold Crossed: 1 datapoint [9.0 (05/01/26 11:59:00)] was greater than 5.0.',
    StateChangeTime: '2026-01-05T11:59:30.000+0000',
    Region: 'EU (Ireland)',
    OldStateValue: 'OK',
    Trigger: {
      MetricName: 'Errors',
      Namespace: 'AWS/Lambda',
      Dimensions: [
        { value: 'checkout', name: 'FunctionName' },
        { value: 'checkout:live', name: 'Resource' },
      ],
    },
    ...changes,
  });
}

function envelope(changes: Record<string, string> = {}, version = '2') {
  const message: Record<string, string> = {
    Type: 'Notification',
    MessageId: 'm-1',
    TopicArn: TOPIC,
    Subject: 'ALARM',
    Message: alarmText(),
    Timestamp: new Date(T0).toISOString(),
    SignatureVersion: version,
    SigningCertURL: CERTIFICATE,
    ...changes,
  };
  const fields =
    message.Type === 'Notification'
      ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
      : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
  const text = fields.flatMap((name) => (message[name] === undefined ? [] : [`${name}\n${message[name]}\n`])).join('');
  const algorithm = version === '1' ? 'RSA-SHA1' : 'RSA-SHA256';
  return { Signature: createSign(algorithm).update(text).sign(KEYS.privateKey, 'base64'), ...message };
}

/** The inbox before incidents in memory; SNS's own hosts are played. */
class Desk {
  readonly clock = new TestClock();
  readonly reports: string[] = [];
  readonly fetched: string[] = [];
  readonly incidents = new MemoryHost<IncidentDoc, IncidentEvent, IncidentCommand>({
    logic: incidentActor,
    commandOf,
    clock: this.clock,
    report: () => undefined,
    perform: async () => undefined,
  });
  broken = false;
  secrets = [SECRET];
  readonly #ports: AlarmPorts = {
    incidents: this.incidents,
    releases: { read: async (actor) => ({ actor, sequence: 1, state: new Story().start().write().doc }) },
    clock: this.clock,
    setup: DEFAULT_SETUP,
  };
  readonly app = inboxRoutes({
    ports: async () => {
      if (this.broken) throw new Error('the state is locked');
      return this.#ports;
    },
    now: () => this.clock.now(),
    topics: [TOPIC],
    secrets: async () => this.secrets,
    report: (problem) => this.reports.push(problem),
    fetch: async (url) => {
      this.fetched.push(url);
      return new Response(url === CERTIFICATE ? KEYS.publicKey : '<ok/>');
    },
  });

  constructor() {
    this.clock.advance(T0 - this.clock.now());
  }

  async sns(message: object): Promise<{ status: number; json: Record<string, unknown> }> {
    return this.#post('/sns', JSON.stringify(message), { 'content-type': 'text/plain; charset=UTF-8' });
  }

  async webhook(body: string, headers?: Record<string, string>) {
    return this.#post('/webhook', body, headers ?? signed('evt-1', this.clock.now(), body, [keyOf(SECRET)!]));
  }

  async #post(path: string, body: string, headers: Record<string, string>) {
    const answer = await this.app.request(path, { method: 'POST', body, headers });
    return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
  }

  async all() {
    return (await this.incidents.list({ limit: 10 })).map(({ state }) => state.incident!);
  }
}

test('an alarm that goes red opens an incident about its alias, once, however often SNS brings it', async () => {
  for (const version of ['1', '2']) {
    const desk = new Desk();
    const first = await desk.sns(envelope({}, version));
    assert.deepEqual([first.status, first.json.did], [200, 'opened']);
    assert.deepEqual((await desk.sns(envelope({ MessageId: 'm-2' }, version))).json, {
      did: 'known',
      incident: first.json.incident,
    });
    const [incident] = await desk.all();
    assert.equal(incident?.source, 'alarm');
    assert.equal(incident?.title, 'alarm checkout-errors is red for checkout:live');
    assert.equal(incident?.subject?.alias.region, 'eu-west-1');
    assert.equal(incident?.subject?.releaseId, 'r-1');
    assert.equal(incident?.subject?.weightPercent, 10);
    assert.equal(incident?.marks.detectedAt, Date.UTC(2026, 0, 5, 11, 59, 30));
    assert.equal(desk.fetched.length, 1);
  }
});

test('another alarm about the same alias, and the green of the first, stand in the incident that is live', async () => {
  const desk = new Desk();
  await desk.sns(envelope());
  const arn = 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout-slow';
  const other = await desk.sns(envelope({ Message: alarmText({ AlarmArn: arn, AlarmName: 'checkout-slow' }) }));
  assert.equal(other.json.did, 'noted');
  const green = await desk.sns(
    envelope({ Message: alarmText({ NewStateValue: 'OK', StateChangeTime: '2026-01-05T12:00:00.000+0000' }) }),
  );
  assert.equal(green.json.did, 'noted');
  const unknown = await desk.sns(envelope({ Message: alarmText({ NewStateValue: 'OK', AlarmArn: `${arn}er` }) }));
  assert.equal(unknown.json.did, 'nothing');
  const [incident, ...others] = await desk.all();
  assert.deepEqual(others, []);
  assert.deepEqual(
    incident?.timeline.map(({ kind }) => kind).filter((kind) => kind.startsWith('alarm')),
    ['alarm.fired', 'alarm.cleared'],
  );
  assert.equal(incident?.phase, 'detected');
});

test('whatever is not SNS’s, or not of a topic that is listened to, changes nothing', async () => {
  const desk = new Desk();
  const signedWell = envelope();
  const cases: [object, number, RegExp][] = [
    [{ ...signedWell, Message: alarmText({ AlarmName: 'other' }) }, 403, /signature is not SNS/],
    [envelope({ TopicArn: TOPIC.replace('alarms', 'others') }), 403, /not listened to/],
    [
      envelope({ SigningCertURL: 'https://sns.eu-west-1.amazonaws.com.evil.example/x.pem' }),
      403,
      /not at an address of SNS/,
    ],
    [envelope({ SigningCertURL: 'http://sns.eu-west-1.amazonaws.com/x.pem' }), 403, /not at an address of SNS/],
    [envelope({ SigningCertURL: 'https://sns.us-east-1.amazonaws.com/x.pem' }), 403, /not at an address of SNS/],
    [envelope({ SigningCertURL: 'https://user@sns.eu-west-1.amazonaws.com/x.pem' }), 403, /not at an address of SNS/],
    [envelope({ SigningCertURL: 'https://127.0.0.1/x.pem' }), 403, /not at an address of SNS/],
    [envelope({ Timestamp: new Date(T0 - 2 * 3_600_000).toISOString() }), 403, /is not of this hour/],
    [envelope({ Timestamp: 'yesterday' }), 403, /is not of this hour/],
    [{ hello: 'world' }, 400, /no message of SNS/],
  ];
  for (const [message, status, why] of cases) {
    const answer = await desk.sns(message);
    assert.equal(answer.status, status, JSON.stringify(answer.json));
    assert.match(JSON.stringify(answer.json), why);
  }
  assert.deepEqual(await desk.all(), []);
  assert.deepEqual(new Set(desk.fetched), new Set([CERTIFICATE]));
});

test('a subscription is confirmed at SNS’s own address, for a topic that is listened to', async () => {
  const desk = new Desk();
  const ours = `https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=t`;
  const confirmation = { Type: 'SubscriptionConfirmation', Token: 't', Message: 'You have chosen to subscribe' };
  assert.equal((await desk.sns(envelope({ ...confirmation, SubscribeURL: ours }))).status, 200);
  assert.ok(desk.fetched.includes(ours));
  const theirs = 'https://evil.example/?Token=t';
  assert.equal((await desk.sns(envelope({ ...confirmation, SubscribeURL: theirs }))).status, 502);
  assert.ok(!desk.fetched.includes(theirs));
  const ended = await desk.sns(envelope({ ...confirmation, Type: 'UnsubscribeConfirmation', SubscribeURL: ours }));
  assert.equal(ended.status, 200);
  assert.match(desk.reports.join('\n'), /has ended: its alarms are not heard any more/);
});

const REPORT = JSON.stringify({
  type: 'incident.report',
  timestamp: '2026-01-05T12:00:00Z',
  data: {
    title: 'payments are slow',
    service: 'Payments',
    severity: 'SEV-2',
    breach: 'p95 3 s',
    beganAt: '2026-01-05T11:50:00Z',
  },
});

test('a signed report opens an incident once; the signature, the time and the shape are asked for', async () => {
  const desk = new Desk();
  const first = await desk.webhook(REPORT);
  assert.deepEqual([first.status, first.json.did], [200, 'opened']);
  desk.clock.advance(1_000);
  assert.equal((await desk.webhook(REPORT)).json.did, 'known');
  const [incident, ...others] = await desk.all();
  assert.deepEqual(others, []);
  assert.deepEqual(
    [incident?.source, incident?.service, incident?.breach, incident?.severity],
    ['report', 'Payments', 'p95 3 s', 'SEV-2'],
  );
  assert.equal((await desk.webhook(REPORT, {})).status, 401);
  const old = signed('evt-2', desk.clock.now() - 6 * 60_000, REPORT, [keyOf(SECRET)!]);
  assert.equal((await desk.webhook(REPORT, old)).status, 401);
  const wrong = signed('evt-3', desk.clock.now(), REPORT, [Buffer.alloc(32, 8)]);
  assert.equal((await desk.webhook(REPORT, wrong)).status, 401);
  for (const body of [
    '{',
    '{"type":"other"}',
    '{"type":"incident.report","data":{"title":"x"}}',
    REPORT.replace('"breach"', '"breech"'),
  ])
    assert.equal(
      (await desk.webhook(body, signed('evt-4', desk.clock.now(), body, [keyOf(SECRET)!]))).status,
      422,
      body,
    );
  desk.secrets = [];
  assert.equal((await desk.webhook(REPORT)).status, 403);
  assert.equal((await desk.webhook('x'.repeat(30_000))).status, 413);
});

test('secrets in what is told from outside are taken out, and a long title is cut with a mark', async () => {
  const desk = new Desk();
  const body = JSON.stringify({
    type: 'incident.report',
    data: { title: 'login AKIAABCDEFGHIJKLMNOP fails', service: 'Login', breach: 'token=abcdefgh1234' },
  });
  await desk.webhook(body, signed('evt-9', desk.clock.now(), body, [keyOf(SECRET)!]));
  const name = 'n'.repeat(255);
  const arn = `arn:aws:cloudwatch:eu-west-1:123456789012:alarm:${name}`;
  await desk.sns(envelope({ Message: alarmText({ AlarmName: name, AlarmArn: arn, Trigger: undefined }) }));
  const incidents = await desk.all();
  assert.ok(!JSON.stringify(incidents).includes('AKIAABCDEFGHIJKLMNOP'));
  assert.ok(!JSON.stringify(incidents).includes('abcdefgh1234'));
  assert.ok(incidents.some(({ title }) => title.length === 200 && title.endsWith('…')));
});

test('a state that cannot be written makes the sender try again', async () => {
  const desk = new Desk();
  desk.broken = true;
  assert.equal((await desk.sns(envelope())).status, 503);
  desk.broken = false;
  assert.equal((await desk.sns(envelope())).json.did, 'opened');
});
