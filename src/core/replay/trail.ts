import { fingerprint } from '../fingerprint.ts';
import { failing, type GuardState, guardVerdicts } from '../release/guards.ts';
import type { Plan } from '../release/plan.ts';
import type { Decided } from './record.ts';

/** Notes what the guards say at look after look. */
export class Trail {
  #looks = 0;
  #trail = '';
  #failed: Decided['failed'] = null;
  #judges: Decided['judges'] = {};

  /** Notes one look; answers whether a guard wants the candidate gone. */
  add(plan: Plan, guards: GuardState, at: number): boolean {
    const verdicts = guardVerdicts(plan, guards, at);
    const said = verdicts.map(({ guard, verdict }) => [guard, verdict.outcome, verdict.reason]);
    this.#trail = fingerprint(`${this.#trail}${JSON.stringify(said)}`);
    this.#judges = lastWords(guards);
    const failed = failing(verdicts);
    if (failed && !this.#failed)
      this.#failed = { look: this.#looks, guard: failed.guard, reason: failed.verdict.reason };
    this.#looks += 1;
    return failed !== undefined;
  }

  decided(): Decided {
    return { failed: this.#failed, judges: this.#judges, trail: this.#trail };
  }
}

function lastWords({ judges }: GuardState): Decided['judges'] {
  const said = Object.entries(judges).flatMap(([source, { decision }]) =>
    decision ? [[source, { kind: decision.kind, reason: decision.reason }] as const] : [],
  );
  return Object.fromEntries(said);
}
