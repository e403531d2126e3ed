import type { Turn } from '../history/replay.ts';
import { actualWeight } from '../release/release.ts';

/** How much the candidate was let loose on users. */
export interface Exposure {
  /** The weights as read back, each from its moment on; epoch milliseconds. */
  readonly weights: readonly { readonly at: number; readonly weightPercent: number }[];
  /** Weight times time, in seconds of the whole traffic: 10 % for 60 s are 6 s. */
  readonly fullTrafficSeconds: number;
}

/** The exposure of one release, from its turns as the ledger tells them. */
export function exposureOf(turns: readonly Turn[], releaseId: string): Exposure {
  const weights: { at: number; weightPercent: number }[] = [];
  for (const { event, after } of turns) {
    if (after.release?.id !== releaseId) continue;
    const weightPercent = actualWeight(after.release) ?? 0;
    if ((weights.at(-1)?.weightPercent ?? 0) !== weightPercent) weights.push({ at: event.at, weightPercent });
  }
  const last = turns.findLast(({ after }) => after.release?.id === releaseId);
  const endedAt = last?.after.release?.marks.endedAt ?? last?.event.at ?? 0;
  const seconds = weights.map(({ at, weightPercent }, index) => {
    const until = weights[index + 1]?.at ?? Math.max(at, endedAt);
    return ((until - at) / 1_000) * (weightPercent / 100);
  });
  return { weights, fullTrafficSeconds: seconds.reduce((total, each) => total + each, 0) };
}
