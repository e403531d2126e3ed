import { placeText } from '../../core/gates/gate.ts';
import type { Release } from '../../core/release/release.ts';

/** Every gate of the plan with its runs, as scripts read them. Never an execution id: whoever knows it can answer for the hook. */
export function gatesJson({ plan, gates }: Pick<Release, 'plan' | 'gates'>) {
  return plan.gates.map(({ id, at, check, timeoutMs, onFail, onSilence }) => ({
    id,
    kind: check.kind,
    at,
    place: placeText(at),
    timeoutMs,
    onFail,
    onSilence,
    runs: Object.entries(gates)
      .filter(([, run]) => run.gate === id)
      .map(([name, { executionId: _secret, gate: _gate, ...run }]) => ({ run: name, ...run })),
  }));
}

/** What hooks were told of before there were gates of other kinds; kept for scripts. */
export function hooksJson({ plan, gates }: Pick<Release, 'plan' | 'gates'>) {
  const hooks = Object.entries(gates).filter(([, run]) =>
    plan.gates.some(({ id, check }) => id === run.gate && check.kind === 'hook'),
  );
  return Object.fromEntries(
    hooks.map(([name, { status, verdict, startedAt, deadline, endedAt }]) => [
      name,
      {
        status: status === 'waiting' ? 'called' : verdict?.outcome === 'pass' ? 'Succeeded' : 'Failed',
        startedAt,
        deadline,
        ...(endedAt === undefined ? {} : { endedAt }),
      },
    ]),
  );
}
