import { z } from 'zod';
import {
  API_ID,
  ARM_NAME,
  type ArmFunctions,
  DNS_NAME,
  RECORD_TYPES,
  routerKey,
  STAGE_NAME,
  STAGE_VARIABLE,
  ZONE_ID,
} from '../core/release/router.ts';

const arm = z.string().regex(ARM_NAME, { error: 'write letters, digits, - and _, not digits alone' });

/** `traffic:`: the router that leads to two functions. */
export const TrafficSchema = z
  .strictObject({
    route53: z
      .strictObject({
        zone: z.string().regex(ZONE_ID, { error: 'write the hosted zone’s id, such as Z0123456789ABC' }),
        name: z.string().regex(DNS_NAME, { error: 'write a name such as checkout.example.com, in lower case' }),
        type: z.enum(RECORD_TYPES).describe('The type of the two weighted records.'),
      })
      .optional()
      .describe('Two weighted records of one name and type; their set identifiers are the names under functions.'),
    apiGateway: z
      .strictObject({
        api: z.string().regex(API_ID, { error: 'write the id of the REST API, such as a1b2c3d4e5' }),
        stage: z.string().regex(STAGE_NAME, { error: 'API Gateway does not allow such a stage name' }),
        variable: z.string().regex(STAGE_VARIABLE, { error: 'write letters, digits and _' }),
      })
      .optional()
      .describe('A stage with a canary; the stage variable holds the name of the function that is called.'),
    functions: z
      .record(arm, z.string().min(1).max(140))
      .refine((functions) => Object.keys(functions).length === 2, {
        error: 'two functions are needed, each under its set identifier',
      })
      .refine((functions) => new Set(Object.values(functions)).size === Object.keys(functions).length, {
        error: 'both name the same function',
      })
      .describe('The function behind each record, by the record’s set identifier.'),
  })
  .superRefine(({ route53, apiGateway, functions }, context) => {
    if ((route53 === undefined) === (apiGateway === undefined))
      context.addIssue({ code: 'custom', path: [], message: 'write either route53 or apiGateway' });
    const bad = apiGateway && Object.values(functions).find((name) => !ARM_NAME.test(name));
    if (bad !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['functions'],
        message: `a stage variable holds the name of a function alone, which "${bad}" is not`,
      });
  })
  .describe('Moves traffic between two functions instead of two versions of one.');

export const TRAFFIC_KEYS = {
  traffic: ['route53', 'apiGateway', 'functions'],
  route53: ['zone', 'name', 'type'],
  apiGateway: ['api', 'stage', 'variable'],
} as const satisfies Record<string, readonly string[]>;

export type TrafficConfig = z.infer<typeof TrafficSchema>;

/**
 * What it sets: the router in the place of function and alias, and the functions behind it by the names of its arms. A stage
 * knows its functions by their own names alone.
 */
export function trafficSettings({ route53, apiGateway, functions }: TrafficConfig): {
  readonly function?: string;
  readonly alias?: string;
  readonly functions: ArmFunctions;
} {
  if (route53) return { ...routerKey({ kind: 'route53', ...route53 }), functions };
  const named = Object.fromEntries(Object.values(functions).map((name) => [name, name]));
  return { ...(apiGateway ? routerKey({ kind: 'apiGateway', ...apiGateway }) : {}), functions: named };
}
