import type { Hooks } from '../../src/app/ports/hooks.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** How likely each trouble is, per call of a hook. */
export interface HookTroubles {
  readonly silent: number;
  readonly fails: number;
  readonly crashes: number;
  readonly doubled: number;
}

/** Hooks that answer late, twice, wrongly or never. `answer`: their answer reaches Switchback's endpoint. */
export function simHooks(
  timeline: Timeline,
  random: Random,
  { silent, fails, crashes, doubled }: HookTroubles,
  alive: () => boolean,
  answer: (executionId: string, status: 'Succeeded' | 'Failed') => void,
): Hooks {
  return {
    answer: async () => undefined,
    invoke: (_name, payload) =>
      timeline.promise((resolve, reject) => {
        const answers = (): void =>
          answer(payload.LifecycleEventHookExecutionId, random.chance(fails) ? 'Failed' : 'Succeeded');
        if (!random.chance(silent)) timeline.after(random.int(10, 600_000), answers);
        if (random.chance(doubled)) timeline.after(random.int(10, 900_000), answers);
        timeline.after(random.int(5, 2_000), () => {
          if (!alive()) return;
          if (random.chance(crashes)) reject(new Error('Error: the hook crashed'));
          else resolve(undefined);
        });
      }),
  };
}
