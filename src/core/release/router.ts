import type { AliasKey, Routing } from './alias.ts';

/**
 * Where traffic is not moved by an alias but by a router in front of two functions. The router stands where the function
 * stands in a key, so that everything that moves traffic works with it as with an alias; the versions are its arms.
 */

/** Two weighted records of one name and type in Route 53. */
export interface WeightedRecords {
  readonly kind: 'route53';
  readonly zone: string;
  readonly name: string;
  readonly type: string;
}

/** A stage of a REST API whose canary has another value of the variable that names the function. */
export interface CanaryStage {
  readonly kind: 'apiGateway';
  readonly api: string;
  readonly stage: string;
  readonly variable: string;
}

export type Router = WeightedRecords | CanaryStage;

/** Which function stands behind each arm; absent where the versions are those of one function. */
export type ArmFunctions = Readonly<Record<string, string>>;

/** What an arm may be called: the set identifier of its record, or its function's name. Never only digits, which would look like a version. */
export const ARM_NAME = /^(?!\d+$)[\w-]{1,64}$/;
export const ZONE_ID = /^[A-Z0-9]{1,32}$/;
export const DNS_NAME = /^(?=.{1,200}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+$/;
export const RECORD_TYPES = ['A', 'AAAA', 'CNAME'] as const;

export const API_ID = /^[a-z0-9]{1,32}$/;
export const STAGE_NAME = /^(?!\d+$)[\w-]{1,128}$/;
export const STAGE_VARIABLE = /^\w{1,64}$/;

const RECORDS = /^route53:([A-Z0-9]{1,32}):([a-z0-9_.-]{1,200})$/;
const STAGE = /^apigateway:([a-z0-9]{1,32}):(\w{1,64})$/;

export function routerKey(router: Router): Pick<AliasKey, 'function' | 'alias'> {
  return router.kind === 'route53'
    ? { function: `route53:${router.zone}:${router.name}`, alias: router.type }
    : { function: `apigateway:${router.api}:${router.variable}`, alias: router.stage };
}

/** The router that a key means; undefined where it means a function's alias. */
export function routerOf({ function: fn, alias }: Pick<AliasKey, 'function' | 'alias'>): Router | undefined {
  const records = RECORDS.exec(fn);
  if (records) return { kind: 'route53', zone: records[1]!, name: records[2]!, type: alias };
  const stage = STAGE.exec(fn);
  return stage ? { kind: 'apiGateway', api: stage[1]!, variable: stage[2]!, stage: alias } : undefined;
}

/** The AWS command that shows where the traffic of a key goes. */
export function lookCommand(key: Pick<AliasKey, 'function' | 'alias'>): string {
  const router = routerOf(key);
  if (router?.kind === 'route53')
    return `aws route53 list-resource-record-sets --hosted-zone-id ${router.zone} --start-record-name ${router.name}`;
  if (router) return `aws apigateway get-stage --rest-api-id ${router.api} --stage-name ${router.stage}`;
  return `aws lambda get-alias --function-name ${key.function} --name ${key.alias}`;
}

export const MAX_WEIGHT = 255;

/**
 * Two weights, each 0 to 255, whose proportion is nearest to `weightPercent` for the second: exact for whole percents, off by
 * at most 0.05 from 0.4 to 99.6 %. Nobody who asks for some traffic gets none: the least is 1 of 256 (0.39 %).
 */
export function weightsFor(weightPercent: number): { readonly first: number; readonly second: number } {
  if (weightPercent <= 0) return { first: 100, second: 0 };
  if (weightPercent >= 100) return { first: 0, second: 100 };
  if (Number.isInteger(weightPercent)) return { first: 100 - weightPercent, second: weightPercent };
  let best = { first: MAX_WEIGHT, second: 1 };
  let bestOff = Number.POSITIVE_INFINITY;
  for (let second = 1; second <= MAX_WEIGHT; second += 1) {
    const first = Math.min(MAX_WEIGHT, Math.max(1, Math.round((second * (100 - weightPercent)) / weightPercent)));
    const off = Math.abs((100 * second) / (first + second) - weightPercent);
    // The smallest weights of equal proportions come first.
    if (off < bestOff - EQUAL) [best, bestOff] = [{ first, second }, off];
  }
  return best;
}

const EQUAL = 1e-9;

/** The second's share of two weights in percent; equal shares where both are 0, as Route 53 answers then. */
export function percentOfWeights(first: number, second: number): number {
  if (first + second === 0) return 50;
  return Number(((100 * second) / (first + second)).toFixed(4));
}

/** The percent that weights can say and that is nearest to the one that is wanted. An API's stage can say any. */
export function sayableBy(router: Router | undefined, weightPercent: number): number {
  return router?.kind === 'route53' ? sayable(weightPercent) : weightPercent;
}

export function sayable(weightPercent: number): number {
  const { first, second } = weightsFor(weightPercent);
  return percentOfWeights(first, second);
}

/**
 * Two arms' weights as a routing. `main`: the arm that was the main one when a release last wrote, which the weights alone
 * do not tell; without it the larger one is.
 */
export function routingOfWeights(arms: readonly [Arm, Arm], main: string | undefined): Routing {
  const [a, b] = arms;
  if (a.weight > 0 && b.weight === 0) return { version: a.name, second: null };
  if (b.weight > 0 && a.weight === 0) return { version: b.name, second: null };
  const isFirst = main === a.name || (main !== b.name && a.weight >= b.weight);
  const [first, second] = isFirst ? [a, b] : [b, a];
  return {
    version: first.name,
    second: { version: second.name, weightPercent: percentOfWeights(first.weight, second.weight) },
  };
}

export interface Arm {
  readonly name: string;
  readonly weight: number;
}

/** Sentences for a plan: what this router cannot do that an alias can. */
export function routerWarnings(router: Router | undefined, weightsPercent: readonly number[]): string[] {
  if (router === undefined) return [];
  if (router.kind === 'apiGateway')
    return [
      'API Gateway has no conditional write: a change that somebody makes to the stage in the very moment between reading and writing it is written over',
    ];
  const said = weightsPercent
    .filter((percent) => sayable(percent) !== percent)
    .map((percent) => `${percent} % becomes ${sayable(percent)} %`);
  return [
    ...(said.length > 0 ? [`two weights of 0 to 255 cannot say every percent: ${said.join(', ')}`] : []),
    'names are moved, not requests: who has looked the name up goes on as before until its time to live is over, after a rollback too',
  ];
}
