import type { Command } from './commands.ts';
import type { Move } from './moves.ts';
import type { Release } from './release.ts';

/** When stable is to be warmed; null where it is not, or not now: only while all traffic is on the candidate. */
export function warmAt({ plan, phase, step, rollback, warmth, stepSince }: Release): number | null {
  if (!plan.keepWarm || rollback || step !== plan.steps.length - 1) return null;
  if (phase !== 'holding' && phase !== 'checking' && phase !== 'gating') return null;
  return warmth?.nextAt ?? stepSince;
}

/** Adds the invocations that are due. A release that is looked at late warms once, not once for every time it missed. */
export function warming(move: Move, at: number): Move {
  const { release, commands } = move;
  const due = warmAt(release);
  const { keepWarm, key, stable } = release.plan;
  if (due === null || at < due || !keepWarm) return move;
  const times = (release.warmth?.times ?? 0) + 1;
  const command: Command = {
    kind: 'keepWarm',
    key: `${release.id}/warm/${times}`,
    function: key.function,
    version: stable,
    warm: keepWarm,
  };
  return {
    release: { ...release, warmth: { nextAt: at + keepWarm.everyMs, times } },
    commands: [...commands, command],
  };
}
