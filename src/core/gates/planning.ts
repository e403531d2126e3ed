import type { Step } from '../release/plan.ts';
import { arrivalsOf, MAX_ARRIVALS } from './checks.ts';
import { dataProblem } from './data.ts';
import {
  GATE_ID,
  type Gate,
  MAX_APPROVAL_MS,
  MAX_GATE_MS,
  MAX_GATE_RUNS,
  MAX_GATES,
  placeText,
  runsOf,
} from './gate.ts';

export interface GatesProblem {
  /** `usage`: the gates are written wrongly · `refused`: they are right, and say that this must not go out. */
  readonly kind: 'usage' | 'refused';
  readonly message: string;
}

/** Why a plan cannot have these gates; undefined where it can. */
export function gatesProblem(gates: readonly Gate[], steps: readonly Step[]): GatesProblem | undefined {
  const usage = (message: string): GatesProblem => ({ kind: 'usage', message });
  if (gates.length > MAX_GATES) return usage(`${gates.length} gates: at most ${MAX_GATES} are possible`);
  const runs = runsOf(gates, steps.length);
  if (runs > MAX_GATE_RUNS) return usage(`gates at every step come to ${runs} runs: at most ${MAX_GATE_RUNS} are kept`);
  for (const [index, gate] of gates.entries()) {
    const { id, at, check, timeoutMs, onFail, onSilence } = gate;
    if (!GATE_ID.test(id))
      return usage(
        `gate "${id.slice(0, 60)}": a gate's name begins with a letter and has at most 40 letters, digits or -`,
      );
    if (gates.findIndex((each) => each.id === id) !== index) return usage(`gate ${id} stands twice in the plan`);
    if (typeof at === 'object' && (at.step < 1 || at.step > steps.length))
      return usage(`gate ${id} stands before step ${at.step}, and the plan has ${steps.length}`);
    const problem = checkProblem(gate);
    if (problem !== undefined) return usage(`gate ${id}: ${problem}`);
    const longest = check.kind === 'approval' ? MAX_APPROVAL_MS : MAX_GATE_MS;
    if (!(timeoutMs > 0 && timeoutMs <= longest))
      return usage(`gate ${id}: its time limit must be more than nothing and at most ${longest / 3_600_000} h`);
    if (check.kind !== 'approval') continue;
    if (check.people.length + check.roles.length === 0) return usage(`gate ${id} names nobody who could approve`);
    if (onFail === 'continue' || onSilence === 'continue')
      return usage(`gate ${id}: an approval that is not given cannot mean to go on: write rollback or hold`);
  }
  const refusal = dataProblem(gates);
  return refusal === undefined ? undefined : { kind: 'refused', message: refusal };
}

/** Why a check cannot be carried out like this, at this place; undefined where it can. */
function checkProblem({ at, check, timeoutMs }: Gate): string | undefined {
  const early = at === 'beforeTraffic' || (typeof at === 'object' && at.step === 1);
  switch (check.kind) {
    case 'load': {
      const arrivals = arrivalsOf(check);
      if (!early)
        return `load is put on a candidate before it has any traffic, not ${placeText(at)}: it would be load on production`;
      if (arrivals < 1) return 'its rate and its time come to no request at all';
      if (arrivals > MAX_ARRIVALS) return `${arrivals} requests: at most ${MAX_ARRIVALS} are sent`;
      return timeoutMs > check.forMs
        ? undefined
        : 'its load takes longer than its time limit: it would always be silent';
    }
    case 'functional':
      return !early && check.cases.some(({ failsWith }) => failsWith !== undefined)
        ? 'a case that must fail is run before any traffic only: later, the guards would count its failure'
        : undefined;
    case 'url':
      return check.allowPrivate || check.url.startsWith('https:')
        ? undefined
        : `${check.url} is not https: allowPrivate allows plain http`;
    default:
      return undefined;
  }
}
