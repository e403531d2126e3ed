import type { Minute } from '../../src/core/judge/peers.ts';
import type { Tick } from './traffic.ts';

/** CloudWatch's view of a release: its ticks, added up by the minute. */
export function minutesOf(ticks: readonly Tick[], tickSeconds: number): readonly Minute[] {
  const ticksAMinute = 60 / tickSeconds;
  return Array.from({ length: ticks.length / ticksAMinute }, (_, minute) => {
    const stable = { invocations: 0, errors: 0 };
    const candidate = { invocations: 0, errors: 0 };
    for (const tick of ticks.slice(minute * ticksAMinute, (minute + 1) * ticksAMinute)) {
      stable.invocations += tick.nBlue;
      stable.errors += tick.xBlue;
      candidate.invocations += tick.nGreen;
      candidate.errors += tick.xGreen;
    }
    return { stable, candidate };
  });
}
