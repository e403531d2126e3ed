import { seenOf } from '../release/guards.ts';
import { actualWeight } from '../release/release.ts';
import type { Turn } from './replay.ts';

/** What happened in a stretch of time that ends at `atMs`; epoch milliseconds. */
export interface SeriesPoint {
  readonly atMs: number;
  /** The candidate's share as last read back, in percent. */
  readonly weightPercent: number;
  readonly stable: Seen;
  readonly candidate: Seen;
}

interface Seen {
  readonly invocations: number;
  readonly errors: number;
}

/** A release as a picture shows it. */
export interface ReleaseSeries {
  readonly releaseId: string;
  readonly stable: string;
  readonly candidate: string;
  readonly points: readonly SeriesPoint[];
  /** Moments worth a line of their own. */
  readonly marks: readonly { readonly atMs: number; readonly label: string }[];
}

/** More points than this no picture can show. */
export const MAX_POINTS = 240;

/** One release as a series, from its turns as the ledger tells them; undefined where they hold none of it. */
export function seriesOf(turns: readonly Turn[], releaseId: string): ReleaseSeries | undefined {
  const mine = turns.filter(({ after }) => after.release?.id === releaseId);
  const last = mine.at(-1)?.after.release;
  if (!last) return undefined;
  const { stable, candidate } = last.plan;
  let before = { stable: NONE, candidate: NONE };
  const points = mine.map(({ event, after }): SeriesPoint => {
    const { guards } = after.release!;
    const now = { stable: seenOf(guards, stable), candidate: seenOf(guards, candidate) };
    const point = {
      atMs: event.at,
      weightPercent: actualWeight(after.release!) ?? 0,
      stable: since(before.stable, now.stable),
      candidate: since(before.candidate, now.candidate),
    };
    before = now;
    return point;
  });
  const { marks } = last;
  const named = [
    [marks.firstBadAt, 'first failure seen'],
    [marks.rollbackOrderedAt, 'rollback ordered'],
    [marks.restoredAt, 'stable restored'],
  ] as const;
  return {
    releaseId,
    stable,
    candidate,
    points: thinned(points),
    marks: named.flatMap(([atMs, label]) => (atMs === undefined ? [] : [{ atMs, label }])),
  };
}

const NONE: Seen = { invocations: 0, errors: 0 };

/** A count that was revised downwards is no negative count. */
function since(before: Seen, now: Seen): Seen {
  return {
    invocations: Math.max(0, now.invocations - before.invocations),
    errors: Math.max(0, now.errors - before.errors),
  };
}

/** Joins neighbours until there are few enough: sums of what was counted, the weight that each stretch ended with. */
function thinned(points: readonly SeriesPoint[]): readonly SeriesPoint[] {
  const size = Math.ceil(points.length / MAX_POINTS);
  if (size <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / size) }, (_, index) => {
    const part = points.slice(index * size, (index + 1) * size);
    const end = part.at(-1)!;
    return {
      ...end,
      stable: sum(part.map(({ stable }) => stable)),
      candidate: sum(part.map((each) => each.candidate)),
    };
  });
}

function sum(all: readonly Seen[]): Seen {
  return {
    invocations: all.reduce((total, each) => total + each.invocations, 0),
    errors: all.reduce((total, each) => total + each.errors, 0),
  };
}
