import { z } from 'zod';
import type { Audience } from '../core/comms/audiences.ts';

/** `channels:` in `switchback.yaml`: the ways to the outside world. Secrets stand there by reference alone. */

const AUDIENCE_NAMES = [
  'responders',
  'employees',
  'executives',
  'customers',
  'x',
  'ticket',
  'change',
] as const satisfies readonly Audience[];

const secret = (what: string) =>
  z
    .string()
    .superRefine((value, context) => {
      const message = secretProblem(value);
      // Never with its value: it may be the secret itself.
      if (message) context.addIssue({ code: 'custom', message });
    })
    .describe(`${what}, as env:NAME, file:PATH, secretsmanager:NAME or ssm:NAME.`);

function secretProblem(value: string): string | undefined {
  const known = /^(?:env:[A-Za-z_][A-Za-z0-9_]*|(?:file|secretsmanager|ssm):.+)$/.test(value);
  return known
    ? undefined
    : 'a secret does not stand in this file: write env:NAME, file:PATH, secretsmanager:NAME or ssm:NAME';
}

const text = (what: string, max = 255) => z.string().min(1).max(max).describe(what);
const url = (what: string) => z.url({ protocol: /^https?$/, error: 'write a URL with https://' }).describe(what);

const common = {
  audiences: z
    .array(z.enum(AUDIENCE_NAMES))
    .min(1)
    .optional()
    .describe('Who is told by it: responders, employees, executives, customers, x, ticket or change.'),
  severities: z
    .array(z.enum(['SEV-1', 'SEV-2', 'SEV-3']))
    .min(1)
    .optional()
    .describe('Only incidents of these levels; one whose level is not set yet is told anyway.'),
  nearMisses: z.boolean().optional().describe('Whether rollbacks that nobody felt are told too.'),
  baseUrl: url('Where the vendor is called, instead of its usual address.').optional(),
  allowInsecureLoopback: z.boolean().optional().describe('For trials: http and addresses of this machine are allowed.'),
};

const announces = {
  releases: z
    .enum(['off', 'ends', 'steps'])
    .optional()
    .describe(
      'Whether it hears of every release: its start, what waits for a person, and its end (ends); and each weight (steps).',
    ),
};

const slack = z.strictObject({
  kind: z.literal('slack'),
  ...common,
  ...announces,
  token: secret('The bot’s token (xoxb-…)'),
  channel: text('The id of the channel (C…), of which the bot is a member.'),
});
const slackWebhook = z.strictObject({
  kind: z.literal('slack-webhook'),
  ...common,
  ...announces,
  url: secret('The incoming webhook’s URL'),
});
const pagerduty = z.strictObject({
  kind: z.literal('pagerduty'),
  ...common,
  routingKey: secret('The integration key of an Events API v2 integration'),
});
const pagerdutyChange = z.strictObject({
  kind: z.literal('pagerduty-change'),
  ...common,
  ...announces,
  routingKey: secret('The integration key of an Events API v2 integration; not of a ruleset'),
});
const teams = z.strictObject({
  kind: z.literal('teams'),
  ...common,
  ...announces,
  url: secret('The URL of a Workflows webhook'),
});
const email = z.strictObject({
  kind: z.literal('email'),
  ...common,
  host: text('The SMTP server.'),
  port: z.number().int().min(1).max(65_535).optional().describe('587 unless told; 465 speaks TLS from the start.'),
  user: text('The user name at the SMTP server.').optional(),
  password: secret('The password at the SMTP server').optional(),
  tls: z.boolean().optional().describe('Whether TLS is demanded; true unless told.'),
  from: z.email().describe('The sender.'),
  to: z.array(z.email()).min(1).max(50).describe('The receivers; one mail for all of them.'),
  replyTo: z.email().optional().describe('Where answers go.'),
  unsubscribeUrl: url('For lists that people joined: an address whose POST takes them off (RFC 8058).').optional(),
});
const sns = z.strictObject({
  kind: z.literal('sns'),
  ...common,
  ...announces,
  topicArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(?:\.fifo)?$/, { error: 'write the ARN of an SNS topic' })
    .describe('The topic; one whose name ends in .fifo is written to in order.'),
});
const webhook = z.strictObject({
  kind: z.literal('webhook'),
  ...common,
  ...announces,
  url: z
    .string()
    .refine((value) => /^https?:\/\/[^\s/@]+(?:\/\S*)?$/.test(value) || secretProblem(value) === undefined, {
      error:
        'write a URL with https://, or where a secret one stands: env:NAME, file:PATH, secretsmanager:NAME, ssm:NAME',
    })
    .describe('Where it is posted: a URL, or where a secret one stands.'),
  secret: secret('whsec_… and base64 of 24 to 64 random bytes (Standard Webhooks)'),
  previousSecret: secret('The secret before, while it is being changed: both sign').optional(),
});
const statuspage = z.strictObject({
  kind: z.literal('statuspage'),
  ...common,
  page: text('The id of the page.'),
  token: secret('The API key'),
  components: z
    .record(z.string().min(1).max(255), text('A component’s id.'))
    .optional()
    .describe('A service or component of ours to the id of the page’s component.'),
  notify: z.boolean().optional().describe('Whether subscribers are notified; true unless told.'),
});
const x = z.strictObject({
  kind: z.literal('x'),
  ...common,
  consumerKey: secret('The app’s API key'),
  consumerSecret: secret('The app’s API key secret'),
  token: secret('The account’s access token'),
  tokenSecret: secret('The account’s access token secret'),
  links: z.boolean().optional().describe('Whether posts may hold a link, which costs about 13 times as much.'),
  lookUps: z.boolean().optional().describe('Whether doubts are settled by reading the account’s posts, which costs.'),
});
const jira = z.strictObject({
  kind: z.literal('jira'),
  ...common,
  site: url('https://YOUR-SITE.atlassian.net'),
  email: z.email().describe('Whose API token it is.'),
  token: secret('The API token'),
  project: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{0,31}$/, { error: 'write the key of the project, such as OPS' })
    .describe('The key of the project.'),
  issueType: text('Incident unless told.').optional(),
  priorities: z
    .partialRecord(z.enum(['SEV-1', 'SEV-2', 'SEV-3']), text('A priority.'))
    .optional()
    .describe('The priority of each level; without it none is set.'),
  labels: z
    .array(z.string().regex(/^\S{1,255}$/))
    .max(20)
    .optional()
    .describe('Further labels.'),
  transitions: z
    .strictObject({
      mitigated: text('The transition or status when it has stopped.').optional(),
      resolved: text('The transition or status when it is resolved; Done unless told.').optional(),
      reopened: text('The transition or status when it is opened again.').optional(),
    })
    .optional()
    .describe('How the issue follows the incident, by the names of the workflow.'),
});
const servicenow = z.strictObject({
  kind: z.literal('servicenow'),
  ...common,
  instance: url('https://YOUR-INSTANCE.service-now.com'),
  record: z.enum(['incident', 'change']).optional().describe('What is opened; incident unless told.'),
  user: text('The user of the integration.'),
  password: secret('Its password'),
  assignmentGroup: text('The sys_id of the group.').optional(),
  configurationItem: text('The sys_id of the configuration item.').optional(),
  closeCode: text('The close code; it differs by instance.').optional(),
  states: z
    .strictObject({
      mitigated: text('The state when it has stopped.').optional(),
      resolved: text('The state when it is resolved.').optional(),
      reopened: text('The state when it is opened again.').optional(),
    })
    .optional()
    .describe('States of incidents, by number; they differ by instance.'),
  closePath: z
    .array(text('A state.'))
    .min(1)
    .max(8)
    .optional()
    .describe('The states of a change on its way to being closed, by number.'),
});

const KINDS = [
  slack,
  slackWebhook,
  pagerduty,
  pagerdutyChange,
  teams,
  email,
  sns,
  webhook,
  statuspage,
  x,
  jira,
  servicenow,
] as const;

export const CHANNEL_KINDS: readonly string[] = KINDS.map(({ shape }) => shape.kind.value);

/** One channel, by its kind. */
export const ChannelSchema = z.discriminatedUnion('kind', KINDS, {
  error: ({ code }) =>
    code === 'invalid_union' ? `kind is one of ${CHANNEL_KINDS.join(', ')}` : 'a channel has a kind and its settings',
});

export const MAX_CHANNELS = 20;

/** Names stand in ids, headers and labels as they are. */
export const ChannelsSchema = z
  .record(
    z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,39}$/, { error: 'a name has letters, digits and dashes, at most 40' }),
    ChannelSchema,
  )
  .refine((channels) => Object.keys(channels).length <= MAX_CHANNELS, {
    error: `at most ${MAX_CHANNELS} channels are possible`,
  })
  .describe('How people are told, each way by a name of yours.');

export type ChannelConfig = z.infer<typeof ChannelSchema>;
export type ChannelKind = ChannelConfig['kind'];
export type ConfigOf<K extends ChannelKind> = Extract<ChannelConfig, { kind: K }>;

/** The keys possible in a channel of this kind, or at a path within it; those of all kinds where the kind is not known. */
export function channelKeys(kind: unknown, path: readonly PropertyKey[] = []): readonly string[] {
  if (path[0] === 'transitions' || path[0] === 'states') return ['mitigated', 'resolved', 'reopened'];
  const mine = KINDS.filter(({ shape }) => shape.kind.value === kind);
  return [...new Set((mine.length > 0 ? mine : KINDS).flatMap(({ shape }) => Object.keys(shape)))];
}
