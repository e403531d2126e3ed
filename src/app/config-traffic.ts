import { z } from 'zod';
import { ARM_NAME, type ArmFunctions, DNS_NAME, RECORD_TYPES, routerKey, ZONE_ID } from '../core/release/router.ts';

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
      .describe('Two weighted records of one name and type; their set identifiers are the names under functions.'),
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
  .describe('Moves traffic between two functions instead of two versions of one.');

export const TRAFFIC_KEYS = {
  traffic: ['route53', 'functions'],
  route53: ['zone', 'name', 'type'],
} as const satisfies Record<string, readonly string[]>;

export type TrafficConfig = z.infer<typeof TrafficSchema>;

/** What it sets: the router in the place of function and alias, and the functions behind it. */
export function trafficSettings({ route53, functions }: TrafficConfig): {
  readonly function: string;
  readonly alias: string;
  readonly functions: ArmFunctions;
} {
  return { ...routerKey(route53), functions };
}
