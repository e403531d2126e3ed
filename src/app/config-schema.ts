import { z } from 'zod';
import { parseThreshold } from '../core/release/threshold.ts';
import { ChannelsSchema } from './channels-schema.ts';
import { TrafficSchema } from './config-traffic.ts';
import { trainSchema } from './config-train.ts';

import { Gates } from './gates/setting.ts';

import { IncidentsSchema } from './incidents-schema.ts';

import type { ReleaseSettings } from './settings.ts';
import { StatusPageSchema } from './status/schema.ts';
import { stepsProblem } from './wanted.ts';

const name = z.string().min(1).max(255);
const time = z.string().describe('A time such as 30s, 5m or 1h 30m.');

const functionName = z.string().min(1).max(140).describe('The name of the Lambda function.');

const release = {
  alias: z.string().min(1).max(128).optional().describe('The alias that production calls.'),
  code: name.optional().describe('A zip file or a folder, relative to this file. Without it $LATEST is published.'),
  strategy: z
    .string()
    .optional()
    .describe('"canary 10% 5m", "linear 20% every 2m", "all-at-once", "5% 5m, 25% 10m", or one of SAM’s names.'),
  steps: z
    .array(
      z.strictObject({
        weight: z.number().describe('Percent of the traffic.'),
        hold: time,
        invocations: z.number().int().positive().optional().describe('The step ends early once this many were seen.'),
      }),
    )
    .min(1)
    .max(100)
    .optional()
    .describe('Rising weights and how long each is held; instead of a strategy.'),
  bake: time.optional().describe('How long 100 % is watched before the release counts as promoted.'),
  alarms: z.array(name).max(10).optional().describe('CloudWatch alarms; one that goes red rolls the release back.'),
  thresholds: z
    .array(
      z.string().superRefine((text, context) => {
        const read = parseThreshold(text);
        if (!read.ok) context.addIssue({ code: 'custom', message: read.problem });
      }),
    )
    .max(20)
    .optional()
    .describe('Sentences such as "error rate > 5% for 2 minutes", judged on the candidate alone.'),
  hooks: z
    .strictObject({
      preTraffic: name.optional().describe('A function called before any traffic moves.'),
      postTraffic: name.optional().describe('A function called at 100 %.'),
      everyStep: name.optional().describe('A function called before the weight of every step.'),
      timeout: time.optional().describe('Silence this long counts as failure; at most 1h.'),
    })
    .optional()
    .describe('Validation hooks as CodeDeploy calls them.'),
  approvals: z
    .array(name)
    .max(50)
    .optional()
    .describe('Who has to approve before any traffic: names as they are proved, or role:NAME.'),
  gates: Gates.optional(),
  signals: z
    .array(z.enum(['logs', 'metrics']))
    .optional()
    .describe('What the guards are fed with.'),
  testAlias: z
    .string()
    .regex(/^(?!\d+$)[\w-]{1,128}$/, { error: 'AWS does not allow such an alias name' })
    .optional()
    .describe('An alias that leads to the candidate alone, for gates and people; blue/green makes one by itself.'),
  keepWarm: z
    .strictObject({
      event: z.unknown().optional().describe('What stable is invoked with; it must do no harm. {} unless told.'),
      concurrency: z.number().int().min(1).max(50).optional().describe('Environments that stay ready; 2 unless told.'),
      every: time.optional().describe('4m unless told.'),
    })
    .optional()
    .describe('Keeps the stable version ready while all traffic is on the candidate, by invoking it.'),
  promoteEarly: z
    .number()
    .gt(1)
    .max(100)
    .optional()
    .describe(
      'Steps before the bake end early once the candidate is shown not to fail this many times as often as stable.',
    ),
  judge: z
    .union([z.literal(false), z.strictObject({ alpha: z.number().gt(0).lt(1) })], {
      error: 'write false, or alpha: and a chance such as 0.01',
    })
    .optional()
    .describe('The chance, at most, of rolling back a release that is no worse; false switches the judge off.'),
};

export type ReleaseInput = z.infer<z.ZodObject<typeof release>>;

function checkStrategy(value: ReleaseInput, context: z.RefinementCtx): void {
  if (value.strategy !== undefined && value.steps !== undefined) {
    context.addIssue({ code: 'custom', path: ['steps'], message: 'write either a strategy or steps, not both' });
    return;
  }
  if (value.strategy === undefined && value.steps === undefined) return;
  const problem = stepsProblem(value as Pick<ReleaseSettings, 'strategy' | 'steps' | 'bake'>);
  if (problem) context.addIssue({ code: 'custom', path: [...problem.path], message: problem.message });
}

export const RELEASE_KEYS: readonly string[] = Object.keys(release);

const SHARED = ['strategy', 'steps', 'bake'];
/** The keys of the train section, for those who mistyped one. */
export const TRAIN_KEYS = {
  train: ['name', ...SHARED, 'takeBack', 'onHalted', 'hold', 'members', 'waves'],
  wave: ['name', 'region', 'hold', 'members'],
  member: ['function', 'region', 'version', ...RELEASE_KEYS.filter((key) => !SHARED.includes(key))],
} as const satisfies Record<string, readonly string[]>;

const Release = z.strictObject(release).superRefine(checkStrategy);

/** The one definition of `switchback.yaml`: types, messages and the editors' JSON Schema come from it. */
export const Config = z
  .strictObject({
    function: functionName.optional(),
    traffic: TrafficSchema.optional(),
    ...release,
    defaults: Release.optional().describe('What every function below has, unless it says otherwise.'),
    train: trainSchema(release, checkStrategy)
      .optional()
      .describe('Several functions as one release: switchback deploy --train NAME.'),
    functions: z.record(functionName, Release).optional().describe('Several functions, each by its name.'),
    channels: ChannelsSchema.optional(),
    incidents: IncidentsSchema.optional(),
    statusPage: StatusPageSchema.optional(),
  })
  .superRefine((value, context) => {
    checkStrategy(value, context);
    for (const key of ['function', 'alias', 'testAlias', 'keepWarm'] as const) {
      if (value.traffic !== undefined && value[key] !== undefined)
        context.addIssue({ code: 'custom', path: [key], message: `traffic leads to two functions: leave ${key} out` });
    }
    if (value.functions === undefined) {
      if (value.defaults !== undefined && value.train === undefined)
        context.addIssue({
          code: 'custom',
          path: ['defaults'],
          message: 'defaults are for functions or a train, and there are none',
        });
      return;
    }
    if (value.traffic !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['traffic'],
        message: 'traffic names its own functions: a file of many functions cannot have it',
      });
    for (const key of ['function', ...RELEASE_KEYS]) {
      if (key in value) {
        context.addIssue({
          code: 'custom',
          path: [key],
          message: `where there are functions, write ${key} under one of them or under defaults`,
        });
      }
    }
  })
  .describe('How Switchback releases the functions of this project.');
