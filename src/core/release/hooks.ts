import type { HookName } from './commands.ts';
import { bySystem, look, type Move, orderRollback } from './moves.ts';
import type { Release } from './release.ts';

const SPOKEN: Readonly<Record<HookName, string>> = { preTraffic: 'pre-traffic', postTraffic: 'post-traffic' };

/** A hook's answer, whichever way it came. The first one counts; anything later changes nothing. */
export function answerHook(
  release: Release,
  hook: HookName,
  status: 'Succeeded' | 'Failed',
  at: number,
): Move | undefined {
  const run = release.hooks[hook];
  if (release.phase !== hook || run?.status !== 'called') return undefined;
  const answered: Release = {
    ...release,
    waitingFor: null,
    hooks: { ...release.hooks, [hook]: { ...run, status, endedAt: at } },
  };
  if (status === 'Failed') {
    return orderRollback(
      answered,
      bySystem(at, `the ${SPOKEN[hook]} hook ${release.plan[hook]!.function} answered Failed`),
    );
  }
  // The hook may have taken an hour: the alias is looked at again before the first weight is put on it.
  if (hook === 'preTraffic') return look(answered);
  // The bake begins now: the hook's own time is not counted as time under watch.
  return { release: { ...answered, phase: 'holding', stepSince: at }, commands: [] };
}

/** Silence counts as failure. */
export function hookTimedOut(release: Release, hook: HookName, at: number): Move | undefined {
  const run = release.hooks[hook];
  const gate = release.plan[hook];
  if (release.phase !== hook || run?.status !== 'called' || !gate || at < run.deadline) return undefined;
  const silent: Release = {
    ...release,
    hooks: { ...release.hooks, [hook]: { ...run, status: 'Failed', endedAt: at } },
  };
  const minutes = Math.round(gate.timeoutMs / 60_000);
  const limit = minutes > 0 ? `${minutes} min` : `${gate.timeoutMs / 1_000} s`;
  return orderRollback(
    silent,
    bySystem(at, `the ${SPOKEN[hook]} hook ${gate.function} did not answer within ${limit}`),
  );
}
