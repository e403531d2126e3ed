import type { Clock } from '../clock.ts';
import type { PreparedCall } from '../wire/dispatch.ts';
import type { Output } from '../wire/protocol.ts';
import { AwsError, type Handler } from '../wire/service.ts';
import type { FaultRule } from './rule.ts';

/** Reads remembered to be taken again before a write; the oldest are forgotten first. */
const MAX_REMEMBERED = 200;

/**
 * Eventual consistency on purpose: before a write runs, the reads that a `staleRead` rule names are taken once more, and
 * until `delayMs` have passed they are answered with what was true then.
 */
export interface StaleReads {
  /** Takes the reads that the rules name, if this call is a write to their service. */
  beforeWrite(call: PreparedCall, rules: readonly FaultRule[]): Promise<void>;
  /** The old answer to this read, while it is to be given. */
  answer(call: PreparedCall): Output | undefined;
  /** Notes a read, so that a later write finds it. */
  remember(call: PreparedCall): void;
  clear(): void;
}

interface OldAnswer {
  readonly output: Output;
  readonly untilMs: number;
}

export function createStaleReads(clock: Clock): StaleReads {
  const reads = new Map<string, PreparedCall>();
  const answers = new Map<string, OldAnswer>();

  async function take(call: PreparedCall, delayMs: number): Promise<void> {
    try {
      const output = structuredClone(await call.run());
      answers.set(keyOf(call), { output, untilMs: clock.now() + delayMs });
    } catch (error) {
      // What could not be read before the write (not created yet) has no old answer.
      if (!(error instanceof AwsError)) throw error;
    }
  }

  return {
    async beforeWrite(call, rules) {
      if (isRead(call.operation.name)) return;
      for (const rule of rules) {
        if (rule.service !== '*' && rule.service !== call.facts.id) continue;
        const sameService = [...reads.values()].filter((read) => read.facts.id === call.facts.id);
        const named = sameService.filter((read) => rule.operation === '*' || read.operation.name === rule.operation);
        const derived = derivedRead(call, rule.operation);
        const byKey = new Map([...named, ...(derived ? [derived] : [])].map((read) => [keyOf(read), read]));
        for (const read of byKey.values()) await take(read, rule.delayMs);
      }
    },
    answer(call) {
      const key = keyOf(call);
      const old = answers.get(key);
      if (old && clock.now() < old.untilMs) return old.output;
      answers.delete(key);
      return undefined;
    },
    remember(call) {
      if (!isRead(call.operation.name)) return;
      const key = keyOf(call);
      reads.delete(key);
      reads.set(key, call);
      const [oldest] = reads.keys();
      if (reads.size > MAX_REMEMBERED && oldest !== undefined) reads.delete(oldest);
    },
    clear() {
      reads.clear();
      answers.clear();
    },
  };
}

/** The read that names the same thing as the write, from the members both inputs have (UpdateAlias -> GetAlias). */
function derivedRead(write: PreparedCall, operationName: string): PreparedCall | undefined {
  const operation = write.model.operations.get(operationName);
  const handler: Handler | undefined = write.service.operations[operationName];
  if (!operation || !handler || operation.input.kind !== 'structure') return undefined;
  const source = write.input as Readonly<Record<string, unknown>>;
  const shared = operation.input.members.filter((member) => source[member.name] !== undefined);
  if (operation.input.members.some((member) => member.required && !shared.includes(member))) return undefined;
  const input = Object.fromEntries(shared.map((member) => [member.name, source[member.name]]));
  const context = { ...write.context, operation: operationName };
  return {
    ...write,
    operation,
    input,
    context,
    run: async () => ((await handler(input as never, context)) ?? {}) as Output,
  };
}

function isRead(operationName: string): boolean {
  return /^(Get|List|Describe|Head|Lookup|BatchGet)/.test(operationName);
}

function keyOf(call: PreparedCall): string {
  const input = Object.entries(call.input as object).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${call.facts.id} ${call.context.region} ${call.operation.name} ${JSON.stringify(input)}`;
}
