import type { Clock } from '../app/ports/clock.ts';

export interface TimerOptions {
  /** Actors whose time had come at `now`, in the order of that time, from behind `after` on. */
  due(
    now: number,
    after: { wakeAt: number; actor: string },
    limit: number,
  ): readonly { actor: string; wakeAt: number }[];
  /** The earliest time behind `now` that an actor waits for. */
  next(now: number): number | null;
  /** Delivers the tick and answers the time that the actor waits for then. */
  tick(actor: string, at: number): Promise<number | null>;
  /** Calls back whenever an actor changed, so that an earlier time is noticed. Answers how to stop that. */
  onChange(changed: () => void): () => void;
  readonly clock: Clock;
  readonly report: (problem: string) => void;
}

/** Jumps of the wall clock, and machines that were asleep, are noticed this soon. */
const LONGEST_NAP_MS = 60_000;
const PAGE = 100;

/** An actor that could not be woken, or that did not move its time. */
interface Late {
  readonly since: number;
  readonly triedAt: number;
  readonly problem: string | undefined;
}

/** An actor that has been late for so long is woken again after so long: a state that is away is not asked at full pace. */
export function wakeAgainMs(lateMs: number): number {
  return Math.min(10_000, Math.max(1_000, lateMs));
}

/** Delivers a tick to every actor whose time has come, until `stop` aborts. Never throws. */
export async function runTimers(options: TimerOptions, stop: AbortSignal): Promise<void> {
  let nap = new AbortController();
  let late: ReadonlyMap<string, Late> = new Map();
  const wake = () => nap.abort();
  const unlisten = options.onChange(wake);
  stop.addEventListener('abort', wake);
  while (!stop.aborted) {
    nap = new AbortController();
    let napMs = wakeAgainMs(0);
    try {
      const now = options.clock.now();
      late = await wakeAllDue(options, late, now, stop);
      napMs = untilNext(options, late, now);
    } catch (error) {
      options.report(`the timers could not be read: ${String(error)}`);
    }
    if (!stop.aborted) await options.clock.sleep(napMs, nap.signal).catch(() => undefined);
  }
  stop.removeEventListener('abort', wake);
  unlisten();
}

/** Answers who has to be woken again. */
async function wakeAllDue(
  options: TimerOptions,
  late: ReadonlyMap<string, Late>,
  now: number,
  stop: AbortSignal,
): Promise<Map<string, Late>> {
  const still = new Map<string, Late>();
  for (let after = { wakeAt: Number.NEGATIVE_INFINITY, actor: '' }; !stop.aborted; ) {
    const page = options.due(now, after, PAGE);
    for (const { actor } of page) {
      const before = late.get(actor);
      const found = before && waitMs(before, now) > 0 ? before : await woken(options, actor, before);
      if (found) still.set(actor, found);
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) break;
    after = last;
  }
  return still;
}

/** For how long nothing is to be done, after all who were due at `roundAt` have been seen to. */
function untilNext({ clock, next }: TimerOptions, late: ReadonlyMap<string, Late>, roundAt: number): number {
  const now = clock.now();
  const nextAt = next(roundAt);
  let napMs = nextAt === null ? LONGEST_NAP_MS : Math.min(LONGEST_NAP_MS, Math.max(0, nextAt - now));
  for (const one of late.values()) napMs = Math.min(napMs, waitMs(one, now));
  return napMs;
}

/** How long a late actor is left alone yet; not at all where the clock was set back behind its last try. */
function waitMs({ since, triedAt }: Late, now: number): number {
  return now < triedAt ? 0 : Math.max(0, triedAt + wakeAgainMs(triedAt - since) - now);
}

/** Undefined where the actor waits for a later time now, or for none. */
async function woken(options: TimerOptions, actor: string, before: Late | undefined): Promise<Late | undefined> {
  const now = options.clock.now();
  const late = { since: Math.min(before?.since ?? now, now), triedAt: now };
  try {
    const wakeAt = await options.tick(actor, now);
    return wakeAt === null || wakeAt > now ? undefined : { ...late, problem: undefined };
  } catch (error) {
    const problem = `${actor} could not be woken: ${String(error)}`;
    if (problem !== before?.problem) options.report(problem);
    return { ...late, problem };
  }
}
