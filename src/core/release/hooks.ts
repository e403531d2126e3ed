import type { HookName } from './commands.ts';
import { bySystem, look, type Move, orderRollback } from './moves.ts';
import type { Release } from './release.ts';

export const HOOK_WORDS: Readonly<Record<HookName, string>> = {
  preTraffic: 'pre-traffic',
  postTraffic: 'post-traffic',
};

/** A hook's answer, whichever way it came. The first one counts; anything later changes nothing. */
export function answerHook(
  release: Release,
  hook: HookName,
  status: 'Succeeded' | 'Failed',
  at: number,
): Move | undefined {
  if (!isAwaited(release, hook)) return undefined;
  if (status === 'Failed') return failHook(release, hook, 'answered Failed', at);
  const answered = settle(release, hook, status, at);
  // The hook may have taken an hour: the alias is looked at again before the first weight is put on it.
  if (hook === 'preTraffic') return look(answered);
  // The bake begins now: the hook's own time is not counted as time under watch.
  return { release: { ...answered, phase: 'holding', stepSince: at }, commands: [] };
}

/** Silence counts as failure. */
export function hookTimedOut(release: Release, hook: HookName, at: number): Move | undefined {
  const run = release.hooks[hook];
  const gate = release.plan[hook];
  if (!run || !gate || !isAwaited(release, hook) || at < run.deadline) return undefined;
  const minutes = Math.round(gate.timeoutMs / 60_000);
  const limit = minutes > 0 ? `${minutes} min` : `${gate.timeoutMs / 1_000} s`;
  return failHook(release, hook, `did not answer within ${limit}`, at);
}

/** A hook that crashed, or could not be called, has failed: waiting for its answer would tell no more. */
export function hookCrashed(release: Release, error: string, at: number): Move | undefined {
  const { phase } = release;
  const hook = phase === 'preTraffic' || phase === 'postTraffic' ? phase : undefined;
  return hook && isAwaited(release, hook) ? failHook(release, hook, `crashed: ${error}`, at) : undefined;
}

function isAwaited(release: Release, hook: HookName): boolean {
  return release.phase === hook && release.hooks[hook]?.status === 'called';
}

function failHook(release: Release, hook: HookName, what: string, at: number): Move {
  const reason = `the ${HOOK_WORDS[hook]} hook ${release.plan[hook]!.function} ${what}`;
  return orderRollback(settle(release, hook, 'Failed', at), bySystem(at, reason));
}

function settle(release: Release, hook: HookName, status: 'Succeeded' | 'Failed', at: number): Release {
  const run = release.hooks[hook]!;
  return { ...release, waitingFor: null, hooks: { ...release.hooks, [hook]: { ...run, status, endedAt: at } } };
}
