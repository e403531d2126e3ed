import { z } from 'zod';
import { parseDuration } from '../core/duration.ts';
import { APPROVAL_RULES, type ApprovalAction, type ApprovalRule } from '../core/incident/approvals.ts';
import { DEFAULT_POLICY, type Policy } from '../core/incident/policy.ts';
import { ROLES, type Role } from '../core/incident/roles.ts';
import {
  SEVERITY_MATRIX,
  type SeverityCondition,
  type SeverityLevel,
  type SeverityRule,
} from '../core/incident/severity.ts';
import type { IncidentSetup } from './incident/setup.ts';

/** `incidents:` in `switchback.yaml`: how this team runs them. What is left out stays as it is by default. */

const MAX_PEOPLE = 100;
const roleNames = Object.keys(ROLES) as [Role, ...Role[]];
const actionNames = Object.keys(APPROVAL_RULES) as [ApprovalAction, ...ApprovalAction[]];

const text = (max: number) => z.string().min(1).max(max);
const time = (what: string) =>
  z
    .string()
    .refine((value) => (parseDuration(value) ?? 0) > 0, { error: 'write a time such as 30s, 10m or 7d' })
    .describe(`${what}; a time such as 10m.`);

const reference = z
  .string()
  .regex(/^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, {
    error: 'a secret does not stand in this file: write env:NAME or file:PATH',
  })
  .describe('The secret of the webhook (whsec_…), as env:NAME or file:PATH.');

const condition = z
  .union(
    [
      z.strictObject({
        metric: z.enum(['errorRate', 'throttleRate', 'p95DurationRatio']),
        atLeast: z
          .number()
          .gt(0)
          .max(1_000)
          .describe('A share from 0 to 1; for p95DurationRatio a multiple of what is normal.'),
        for: time('How long').optional(),
        ofAllTraffic: z.literal(true).optional().describe('The rate times the share of traffic that it applies to.'),
      }),
      z.strictObject({ fact: z.enum(['allInvocationsFailing', 'dataLoss', 'securityExposure']) }),
    ],
    { error: 'write metric:, atLeast: and for:, or fact:' },
  )
  .describe('One thing that asks for this level.');

const severity = z.strictObject({
  label: text(80).optional(),
  anyOf: z.array(condition).min(1).max(20).optional().describe('Any of these is enough.'),
  rollback: z.enum(['auto', 'prompt']).optional(),
  page: z.enum(['immediately', 'businessHours']).optional(),
  publicUpdate: z.enum(['required', 'suggested', 'none']).optional(),
  acknowledgeWithin: time('By when somebody is on it').optional(),
  updateEvery: time('How often people are told').optional(),
  laterUpdateEvery: time('How often once it has become a long incident').optional(),
  postmortem: z.enum(['required', 'optional']).optional(),
  postmortemWithin: time('By when it is due').optional(),
});

const approval = z.strictObject({
  seats: z
    .array(z.array(z.enum(roleNames)).min(1).max(5))
    .max(4)
    .optional()
    .describe('Who has to approve: each seat by another person who holds one of its roles.'),
  authorMayApprove: z.boolean().optional(),
  breakGlass: z
    .boolean()
    .optional()
    .describe('Whether one person may do it at once, and another reviews it afterwards.'),
  openFor: time('How long the request stays open').optional(),
});

export const IncidentsSchema = z
  .strictObject({
    open: z
      .boolean()
      .optional()
      .describe('Whether a release that goes wrong opens an incident by itself; true unless told.'),
    holdBecomesIncident: time('A hold that lasts this long becomes an incident').optional(),
    nearMissRequests: z
      .number()
      .int()
      .min(0)
      .max(1_000_000)
      .optional()
      .describe('An automatic rollback that hurt at most this many requests is a near miss.'),
    commanderWithin: time('Without a commander for this long, somebody is reminded').optional(),
    reopenWithin: time('How long after its end an incident may be reopened').optional(),
    approvalHolds: time('A public text may be sent this long after it was approved').optional(),
    templates: text(1_000).optional().describe('A folder with the team’s own messages, relative to this file.'),
    services: z
      .record(
        text(140),
        z.strictObject({
          name: text(80).optional().describe('What the service is called towards customers.'),
          components: z.array(text(80)).min(1).max(50).optional(),
        }),
      )
      .optional()
      .describe('By the function’s name.'),
    severities: z
      .partialRecord(z.enum(['SEV-1', 'SEV-2', 'SEV-3']), severity)
      .optional()
      .describe('Changes to the severity matrix, level by level.'),
    approvals: z.partialRecord(z.enum(actionNames), approval).optional().describe('Changes to who approves what.'),
    inbox: z
      .strictObject({
        topics: z
          .array(
            z.string().regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(?:\.fifo)?$/, {
              error: 'write the ARN of an SNS topic',
            }),
          )
          .max(100)
          .optional()
          .describe('SNS topics whose CloudWatch alarms open incidents; only these are listened to.'),
        secret: reference.optional(),
        previousSecret: reference.optional(),
      })
      .optional()
      .describe('What switchback serve takes in: alarms by SNS, reports by a signed webhook.'),
    routes: z
      .array(
        z.strictObject({
          functions: z
            .array(text(140))
            .min(1)
            .max(100)
            .optional()
            .describe('The functions behind it; all unless told.'),
          zone: z.string().regex(/^[A-Z0-9]{1,32}$/, { error: 'write the id of the hosted zone' }),
          name: text(255).describe('The weighted name: api.shop.example'),
          sets: z
            .record(z.string().regex(/^[a-z0-9-]{1,30}$/), text(128))
            .describe('By region, the set identifier of its record.'),
        }),
      )
      .max(50)
      .optional()
      .describe('Names in Route 53 that lead traffic to regions: a region is isolated by weight 0.'),
    releasesWait: z
      .enum(['always', 'uncontained', 'never'])
      .optional()
      .describe(
        'When releases of an alias wait for the word of its incident’s commander: always while it is live, while users are still hurt (unless told), or never.',
      ),
    readers: z
      .array(text(200))
      .max(MAX_PEOPLE)
      .optional()
      .describe('Who reads each published postmortem, and says so.'),
  })
  .describe('How incidents are run.');

export type IncidentsConfig = z.infer<typeof IncidentsSchema>;

/** The keys that are possible at this place of the section, for those who mistyped one. */
export function incidentKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(IncidentsSchema.shape);
  if (path[0] === 'severities')
    return path.length === 2 ? Object.keys(severity.shape) : ['metric', 'atLeast', 'for', 'ofAllTraffic', 'fact'];
  if (path[0] === 'approvals') return Object.keys(approval.shape);
  if (path[0] === 'routes') return ['functions', 'zone', 'name', 'sets'];
  if (path[0] === 'inbox') return ['topics', 'secret', 'previousSecret'];
  return path[0] === 'services' ? ['name', 'components'] : [];
}

/** The section as incidents follow it. */
export function setupOf(config: IncidentsConfig): IncidentSetup {
  const { services = {}, open = true, readers = [], releasesWait = 'uncontained', routes = [] } = config;
  return {
    open,
    readers,
    releasesWait,
    routes: routes.map(({ functions = null, ...route }) => ({ ...route, functions })),
    policy: policyOf(config),
    serviceOf: ({ function: fn }) => ({
      name: services[fn]?.name ?? fn,
      components: services[fn]?.components ?? [services[fn]?.name ?? fn],
    }),
  };
}

function policyOf(config: IncidentsConfig): Policy {
  const { severities = {}, approvals = {}, nearMissRequests } = config;
  return {
    severities: {
      ...SEVERITY_MATRIX,
      levels: SEVERITY_MATRIX.levels.map((rule) => levelOf(rule, severities[rule.level])),
    },
    approvals: Object.fromEntries(
      actionNames.map((action) => [action, approvalOf(APPROVAL_RULES[action], approvals[action])]),
    ) as unknown as Policy['approvals'],
    reopenWithinMs: ms(config.reopenWithin) ?? DEFAULT_POLICY.reopenWithinMs,
    commanderWithinMs: ms(config.commanderWithin) ?? DEFAULT_POLICY.commanderWithinMs,
    approvalHoldsMs: ms(config.approvalHolds) ?? DEFAULT_POLICY.approvalHoldsMs,
    nearMissBadRequests: nearMissRequests ?? DEFAULT_POLICY.nearMissBadRequests,
    holdBecomesIncidentMs: ms(config.holdBecomesIncident) ?? DEFAULT_POLICY.holdBecomesIncidentMs,
  };
}

type SeverityConfig = NonNullable<NonNullable<IncidentsConfig['severities']>[SeverityLevel]>;

function levelOf(rule: SeverityRule, given: SeverityConfig | undefined): SeverityRule {
  if (!given) return rule;
  const { actions } = rule;
  return {
    level: rule.level,
    label: given.label ?? rule.label,
    anyOf: given.anyOf?.map(conditionOf) ?? rule.anyOf,
    actions: {
      rollback: given.rollback ?? actions.rollback,
      page: given.page ?? actions.page,
      publicUpdate: given.publicUpdate ?? actions.publicUpdate,
      ackWithinMs: ms(given.acknowledgeWithin) ?? actions.ackWithinMs,
      updateEveryMs: ms(given.updateEvery) ?? actions.updateEveryMs,
      longUpdateEveryMs: ms(given.laterUpdateEvery) ?? actions.longUpdateEveryMs,
      postmortem: given.postmortem ?? actions.postmortem,
      postmortemDueMs: ms(given.postmortemWithin) ?? actions.postmortemDueMs,
    },
  };
}

function conditionOf(given: z.infer<typeof condition>): SeverityCondition {
  if ('fact' in given) return { fact: given.fact };
  const { metric, atLeast: gte, for: lasting, ofAllTraffic } = given;
  return { metric, gte, forMs: ms(lasting) ?? 0, ...(ofAllTraffic ? { traffic: true } : {}) };
}

function approvalOf(rule: ApprovalRule, given: z.infer<typeof approval> | undefined): ApprovalRule {
  if (!given) return rule;
  return {
    seats: given.seats ?? rule.seats,
    authorMayApprove: given.authorMayApprove ?? rule.authorMayApprove,
    breakGlass: given.breakGlass ?? rule.breakGlass,
    openForMs: ms(given.openFor) ?? rule.openForMs,
  };
}

function ms(given: string | undefined): number | undefined {
  return given === undefined ? undefined : parseDuration(given);
}
