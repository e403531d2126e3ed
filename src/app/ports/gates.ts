import type { Evidence } from '../../core/gates/gate.ts';
import type { Verdict } from '../../core/judge/verdict.ts';
import type { Command } from '../../core/release/commands.ts';

export type GateOrder = Extract<Command, { kind: 'runGate' }>;

export interface GateAnswer {
  readonly verdict: Verdict;
  readonly evidence: Evidence;
}

export interface GateRunner {
  /**
   * Checks what the gate checks, until `signal` aborts: then the release no longer waits for it. What could not be measured
   * is a verdict (`inconclusive`, `error`); whatever is thrown counts as `error`.
   */
  run(order: GateOrder, signal: AbortSignal): Promise<GateAnswer>;
}

/** Where nothing can be checked: a gate says so, and its rule for silence decides. */
export const NO_GATES: GateRunner = {
  run: async ({ check }) => ({
    verdict: { outcome: 'error', reason: `a ${check.kind} gate cannot be checked by this process` },
    evidence: { facts: [] },
  }),
};
