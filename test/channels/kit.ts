import type { TestContext } from 'node:test';
import type { ChannelConfig } from '../../src/app/channels-schema.ts';
import type { About, Outgoing } from '../../src/app/ports/channels.ts';
import type { Clock } from '../../src/app/ports/clock.ts';
import type { Topics } from '../../src/app/ports/topics.ts';
import { type ChannelSet, type ChannelsOptions, createChannels } from '../../src/channels/index.ts';
import type { Audience, Stage } from '../../src/core/comms/audiences.ts';
import type { DraftFacts } from '../../src/core/comms/facts.ts';
import type { Message } from '../../src/core/comms/outbox.ts';
import { TeamsVendor, WebhookVendor } from './fakes/inboxes.ts';
import { JiraVendor } from './fakes/jira.ts';
import { PagerDutyVendor } from './fakes/pagerduty.ts';
import { ServiceNowVendor } from './fakes/servicenow.ts';
import { SlackVendor, SlackWebhookVendor } from './fakes/slack.ts';
import { StatuspageVendor } from './fakes/statuspage.ts';
import { XVendor } from './fakes/x.ts';
import { type Vendor, VendorServer } from './server.ts';

export const T0 = Date.UTC(2026, 10, 21, 3, 18);
/** Requests give up after this, real ones after 10 s. Long enough for a busy machine: only what hangs waits for it. */
export const TIMEOUT_MS = 3_000;

/** A clock whose sleepers wake at once, and which has moved on by then. */
export function quickClock(from = T0): Clock & { skip(ms: number): void } {
  let now = from;
  return {
    now: () => now,
    skip: (ms) => {
      now += ms;
    },
    sleep: async (ms) => {
      now += ms;
    },
  };
}

export const FACTS: DraftFacts = {
  id: 'INC-42',
  title: 'checkout fails',
  drill: false,
  service: 'Checkout',
  components: ['checkout'],
  severity: 'SEV-1',
  phase: 'triaged',
  effect: 'errors',
  affectedShare: 0.4,
  badRequests: 120,
  workaround: null,
  startedAt: T0 - 120_000,
  detectedAt: T0 - 60_000,
  containedAt: null,
  resolvedAt: null,
  nextUpdateAt: T0 + 1_200_000,
  commander: null,
  target: 'checkout:live',
  stable: '6',
  candidate: '7',
  releaseId: 'r-01kfp2v9x3',
  weightPercent: 10,
  breach: 'error rate 40 % > 5 % for 2 minutes',
  containment: ['checkout:live was read back with version 6 alone'],
  summary: null,
  links: ['https://example.com/runbook', 'OPS-7'],
};

export const ABOUT: About = {
  facts: FACTS,
  source: 'release',
  type: 'operational',
  kind: 'incident',
  private: false,
  region: 'eu-west-1',
  rolledBack: true,
};

export interface Wanted {
  readonly channel: string;
  readonly kind: string;
  readonly audience?: Audience;
  readonly stage?: Stage;
  readonly id?: string;
  readonly text?: string;
  readonly subject?: string;
  readonly earlier?: Outgoing['earlier'];
  readonly about?: Partial<About>;
  readonly facts?: Partial<DraftFacts>;
  readonly attempts?: number;
}

/** A message on its way, as the outbox hands it over. */
export function outgoing(wanted: Wanted): Outgoing {
  const { channel, kind, audience = 'responders', stage = 'ack', text = 'Checkout fails for some users.' } = wanted;
  const message: Message = {
    id: wanted.id ?? `INC-42/draft/${stage}/${audience}/1/${channel}`,
    channel: { name: channel, kind, replaySafe: false, canReconcile: false },
    audience,
    stage,
    text,
    digest: 'a'.repeat(64),
    createdAt: T0,
    notAfter: null,
    attempts: wanted.attempts ?? 1,
    looks: 0,
    now: { state: 'sending', claim: 'c', since: T0 },
  };
  return {
    message,
    subject: wanted.subject ?? `[SEV-1] INC-42 checkout fails: ${stage}`,
    about: { ...ABOUT, ...wanted.about, facts: { ...FACTS, ...wanted.facts } },
    earlier: wanted.earlier ?? [],
  };
}

/** What a channel took before. */
export function audienceRef(audience: Audience, ref: string, stage: Stage = 'ack'): Outgoing['earlier'][number] {
  return { audience, ref, stage };
}

const LOOPBACK = { allowInsecureLoopback: true } as const;

export const ENV = {
  SLACK: SlackVendor.token,
  PD: PagerDutyVendor.key,
  HOOK: WebhookVendor.secret,
  STATUSPAGE: StatuspageVendor.token,
  CK: 'ck',
  CS: 'consumer-secret',
  AT: 'access-token',
  AS: 'access-secret',
  JIRA: JiraVendor.token,
  SN: ServiceNowVendor.password,
  SMTP: 'mail-password',
};

/** A kind of channel at a vendor on this machine, with what its webhook's address is. */
export interface Place {
  readonly vendor: (now: () => number) => Vendor;
  readonly config: (url: string) => ChannelConfig;
  readonly audience: Audience;
  readonly env?: (url: string) => Readonly<Record<string, string>>;
}

/** Every kind that speaks HTTP. */
export const PLACES: Readonly<Record<string, Place>> = {
  slack: {
    vendor: () => new SlackVendor(),
    config: (baseUrl) => ({ kind: 'slack', token: 'env:SLACK', channel: SlackVendor.channel, baseUrl, ...LOOPBACK }),
    audience: 'responders',
  },
  'slack-webhook': {
    vendor: () => new SlackWebhookVendor(),
    config: () => ({ kind: 'slack-webhook', url: 'env:SLACK_URL', ...LOOPBACK }),
    env: (url) => ({ SLACK_URL: `${url}${SlackWebhookVendor.path}` }),
    audience: 'responders',
  },
  pagerduty: {
    vendor: () => new PagerDutyVendor(),
    config: (baseUrl) => ({ kind: 'pagerduty', routingKey: 'env:PD', baseUrl, ...LOOPBACK }),
    audience: 'responders',
  },
  'pagerduty-change': {
    vendor: () => new PagerDutyVendor(),
    config: (baseUrl) => ({ kind: 'pagerduty-change', routingKey: 'env:PD', baseUrl, ...LOOPBACK }),
    audience: 'change',
  },
  teams: {
    vendor: () => new TeamsVendor(),
    config: () => ({ kind: 'teams', url: 'env:TEAMS_URL', ...LOOPBACK }),
    env: (url) => ({ TEAMS_URL: `${url}${TeamsVendor.path}?${TeamsVendor.query}` }),
    audience: 'responders',
  },
  webhook: {
    vendor: () => new WebhookVendor(),
    config: (url) => ({ kind: 'webhook', url: `${url}/hook`, secret: 'env:HOOK', ...LOOPBACK }),
    audience: 'responders',
  },
  statuspage: {
    vendor: (now) => new StatuspageVendor(now),
    config: (baseUrl) => ({
      kind: 'statuspage',
      page: StatuspageVendor.page,
      token: 'env:STATUSPAGE',
      components: { checkout: 'c-checkout' },
      baseUrl,
      ...LOOPBACK,
    }),
    audience: 'customers',
  },
  x: {
    vendor: () => new XVendor(),
    config: (baseUrl) => ({
      kind: 'x',
      consumerKey: 'env:CK',
      consumerSecret: 'env:CS',
      token: 'env:AT',
      tokenSecret: 'env:AS',
      lookUps: true,
      baseUrl,
      ...LOOPBACK,
    }),
    audience: 'x',
  },
  jira: {
    vendor: () => new JiraVendor(),
    config: (site) => ({
      kind: 'jira',
      site,
      email: JiraVendor.email,
      token: 'env:JIRA',
      project: 'OPS',
      priorities: { 'SEV-1': 'Highest' },
      ...LOOPBACK,
    }),
    audience: 'ticket',
  },
  servicenow: {
    vendor: () => new ServiceNowVendor(),
    config: (instance) => ({
      kind: 'servicenow',
      instance,
      user: ServiceNowVendor.user,
      password: 'env:SN',
      ...LOOPBACK,
    }),
    audience: 'ticket',
  },
  'servicenow-change': {
    vendor: () => new ServiceNowVendor(),
    config: (instance) => ({
      kind: 'servicenow',
      record: 'change',
      instance,
      user: ServiceNowVendor.user,
      password: 'env:SN',
      ...LOOPBACK,
    }),
    audience: 'change',
  },
};

/** Topics that nobody publishes to. */
export const NO_TOPICS: Topics = {
  publish: () => Promise.reject(new Error('no topic is set up in this test')),
};

export interface Stand<V extends Vendor> {
  readonly server: VendorServer;
  readonly vendor: V;
  readonly channels: ChannelSet;
  readonly clock: ReturnType<typeof quickClock>;
  /** A message for this channel. */
  message(wanted?: Partial<Wanted>): Outgoing;
}

/** A vendor on loopback and the channel that speaks to it, until the test ends. `place`: a key of {@link PLACES}. */
export async function stand<V extends Vendor>(
  t: TestContext | undefined,
  place: string,
  changes: object = {},
  more: Partial<ChannelsOptions> = {},
): Promise<Stand<V>> {
  const { vendor: make, config, env, audience } = PLACES[place]!;
  const clock = quickClock();
  const vendor = make(() => clock.now());
  const server = await VendorServer.start(vendor);
  t?.after(() => server.stop());
  const configured = { ...config(server.url), ...changes } as ChannelConfig;
  const channels = createChannels({
    configs: { [place]: configured },
    clock,
    topics: NO_TOPICS,
    secrets: { env: { ...ENV, ...env?.(server.url) }, folder: '/' },
    random: () => 0,
    timeoutMs: TIMEOUT_MS,
    ...more,
  });
  return {
    server,
    vendor: vendor as V,
    channels,
    clock,
    message: (wanted = {}) => outgoing({ channel: place, kind: configured.kind, audience, ...wanted }),
  };
}
