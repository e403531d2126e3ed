import { CATALOG } from '../wire/catalog.ts';
import { loadModel } from '../wire/model.ts';
import type { ServiceId } from '../wire/service.ts';

export const FAULT_KINDS = ['throttle', 'error', 'slow', 'lostAnswer', 'lostRequest', 'staleRead', 'reset'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** One rule of `PUT /_local/faults`: which calls it meets, and what it does to them. */
export interface FaultRule {
  readonly id: string;
  /** A service id, or `*`. */
  readonly service: ServiceId | '*';
  /** An operation's name, or `*`. */
  readonly operation: string;
  readonly kind: FaultKind;
  /** 0 to 1; drawn from a generator seeded with `seed`, so that a run can be repeated. */
  readonly probability: number;
  readonly seed: number;
  /** How many calls it meets before it is spent; missing means no end. */
  readonly times?: number;
  /** `slow`: the wait before the call runs. `staleRead`: how long after a write the old answer is given. */
  readonly delayMs: number;
  readonly status?: number;
  readonly code?: string;
  readonly message?: string;
}

/** A rule that cannot be taken: which member, its value, and why. */
export class RuleError extends Error {
  readonly member: string;

  constructor(member: string, value: unknown, why: string) {
    super(`${member} is ${JSON.stringify(value) ?? 'missing'}: ${why}`);
    this.member = member;
  }
}

const MEMBERS = 'id service operation kind probability seed times delayMs status code message'.split(' ');
/** Longer than any client waits. */
const MAX_DELAY_MS = 10 * 60_000;
const DEFAULT_DELAY_MS = 1_000;
const MAX_TIMES = 1_000_000;
const MAX_TEXT = 500;

/** Checks one rule as it came in. Throws {@link RuleError}. `fallbackId` names it where it does not name itself. */
export async function readRule(source: unknown, fallbackId: string): Promise<FaultRule> {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) {
    throw new RuleError('rule', source, 'a rule is a JSON object');
  }
  const rule = source as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(rule).find((member) => !MEMBERS.includes(member));
  if (unknown !== undefined)
    throw new RuleError(unknown, rule[unknown], `a rule has the members ${MEMBERS.join(', ')}`);
  const { service, operation } = await readTarget(rule);
  const kind = FAULT_KINDS.find((known) => known === rule.kind);
  if (!kind) throw new RuleError('kind', rule.kind, `it must be one of ${FAULT_KINDS.join(', ')}`);
  const id = text(rule, 'id') ?? fallbackId;
  if (!/^[\w.-]{1,100}$/.test(id)) throw new RuleError('id', id, 'use up to 100 letters, digits, _ . or -');
  const times = number(rule, 'times', 1, MAX_TIMES);
  const status = number(rule, 'status', 400, 599);
  const code = text(rule, 'code');
  const message = text(rule, 'message');
  return {
    id,
    service,
    operation,
    kind,
    probability: number(rule, 'probability', 0, 1, false) ?? 1,
    seed: number(rule, 'seed', 0, 2 ** 32 - 1) ?? 1,
    delayMs: number(rule, 'delayMs', 0, MAX_DELAY_MS) ?? DEFAULT_DELAY_MS,
    ...(times === undefined ? {} : { times }),
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
  };
}

async function readTarget(rule: Readonly<Record<string, unknown>>): Promise<Pick<FaultRule, 'service' | 'operation'>> {
  const { service, operation } = rule;
  const ids = CATALOG.map((facts) => facts.id);
  const known = ids.find((id) => id === service);
  if (service !== '*' && !known) throw new RuleError('service', service, `it must be * or one of ${ids.join(', ')}`);
  if (typeof operation !== 'string' || operation === '') {
    throw new RuleError('operation', operation, 'it must be * or the name of an operation');
  }
  if (known && operation !== '*' && !(await loadModel(known)).operations.has(operation)) {
    throw new RuleError('operation', operation, `${known} has no such operation`);
  }
  return { service: known ?? '*', operation };
}

function number(
  rule: Readonly<Record<string, unknown>>,
  member: string,
  min: number,
  max: number,
  whole = true,
): number | undefined {
  const value = rule[member];
  if (value === undefined) return undefined;
  const fits = typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value));
  if (!fits) throw new RuleError(member, value, `it must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
  return value;
}

function text(rule: Readonly<Record<string, unknown>>, member: string): string | undefined {
  const value = rule[member];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value.length > MAX_TEXT) {
    throw new RuleError(member, value, `it must be text of at most ${MAX_TEXT} characters`);
  }
  return value;
}
