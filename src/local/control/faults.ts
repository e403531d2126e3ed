import type { Clock } from '../clock.ts';
import type { CallResult, Interference, PreparedCall } from '../wire/dispatch.ts';
import type { Output } from '../wire/protocol.ts';
import { AwsError } from '../wire/service.ts';
import type { FaultRule } from './rule.ts';
import { createStaleReads } from './stale.ts';

export interface RuleState extends FaultRule {
  /** How many calls the rule has met. */
  readonly applied: number;
}

/** The faults that are switched on: the wire layer asks them about every call. */
export interface Faults extends Interference {
  put(rule: FaultRule): void;
  /** True where there was such a rule. */
  remove(id: string): boolean;
  clear(): void;
  list(): readonly RuleState[];
}

interface Entry {
  readonly rule: FaultRule;
  readonly random: () => number;
  applied: number;
}

/** Makes the table of faults. Rules apply in the order they were put; each one that meets a call acts on it. */
export function createFaults(clock: Clock): Faults {
  const entries = new Map<string, Entry>();
  const stale = createStaleReads(clock);

  function meets(entry: Entry, call: PreparedCall): boolean {
    const { rule } = entry;
    if (rule.times !== undefined && entry.applied >= rule.times) return false;
    if (rule.service !== '*' && rule.service !== call.facts.id) return false;
    if (rule.operation !== '*' && rule.operation !== call.operation.name) return false;
    if (rule.probability < 1 && entry.random() >= rule.probability) return false;
    return true;
  }

  async function around(call: PreparedCall): Promise<CallResult> {
    const staleRules = [...entries.values()].filter(({ rule }) => rule.kind === 'staleRead');
    await stale.beforeWrite(
      call,
      staleRules.map(({ rule }) => rule),
    );
    let loseAnswer = false;
    for (const entry of entries.values()) {
      if (!meets(entry, call)) continue;
      if (entry.rule.kind === 'staleRead') {
        const output = stale.answer(call);
        if (output === undefined) continue;
        entry.applied += 1;
        return { kind: 'output', output };
      }
      entry.applied += 1;
      const { rule } = entry;
      if (rule.kind === 'throttle' || rule.kind === 'error') throw faultError(call, rule);
      if (rule.kind === 'slow') await wait(clock, rule.delayMs, call.context.signal);
      if (rule.kind === 'lostRequest') return { kind: 'drop', how: 'close', ran: undefined };
      if (rule.kind === 'reset') return { kind: 'drop', how: 'reset', ran: undefined };
      if (rule.kind === 'lostAnswer') loseAnswer = true;
    }
    return loseAnswer ? runAndLose(call) : { kind: 'output', output: await runAndRemember(call) };
  }

  async function runAndRemember(call: PreparedCall): Promise<Output> {
    const output = await call.run();
    stale.remember(call);
    return output;
  }

  return {
    get active() {
      return entries.size > 0;
    },
    around,
    put: (rule) => void entries.set(rule.id, { rule, random: seededRandom(rule.seed), applied: 0 }),
    remove: (id) => entries.delete(id),
    clear() {
      entries.clear();
      stale.clear();
    },
    list: () => [...entries.values()].map(({ rule, applied }) => ({ ...rule, applied })),
  };
}

/** The call happens, whatever it comes to; its answer is lost on the way. */
async function runAndLose(call: PreparedCall): Promise<CallResult> {
  try {
    return { kind: 'drop', how: 'close', ran: { output: await call.run() } };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { kind: 'drop', how: 'close', ran: { error } };
  }
}

function faultError({ facts }: PreparedCall, rule: FaultRule): AwsError {
  const standard = rule.kind === 'throttle' ? facts.throttle : facts.fault;
  const own = rule.code !== undefined && rule.code !== standard.code;
  const status = rule.status ?? standard.status;
  return new AwsError(
    rule.code ?? standard.code,
    rule.message ?? standard.message,
    own ? {} : standard.members,
    status,
  );
}

function wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    signal.addEventListener('abort', () => {
      cancel();
      resolve();
    });
  });
}

/** mulberry32: a small generator with a 32-bit seed, good enough to choose calls. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
