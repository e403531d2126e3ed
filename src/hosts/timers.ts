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
/** How soon an actor that could not be woken, or that did not move its time, is woken again. */
const RETRY_MS = 1_000;
const PAGE = 100;

/** Delivers a tick to every actor whose time has come, until `stop` aborts. Never throws. */
export async function runTimers(options: TimerOptions, stop: AbortSignal): Promise<void> {
  let nap = new AbortController();
  const wake = () => nap.abort();
  const unlisten = options.onChange(wake);
  stop.addEventListener('abort', wake);
  while (!stop.aborted) {
    nap = new AbortController();
    const napMs = await wakeAllDue(options, stop).catch((error: unknown) => {
      options.report(`the timers could not be read: ${String(error)}`);
      return RETRY_MS;
    });
    if (!stop.aborted) await options.clock.sleep(napMs, nap.signal).catch(() => undefined);
  }
  stop.removeEventListener('abort', wake);
  unlisten();
}

/** Answers for how long nothing is to be done. */
async function wakeAllDue(options: TimerOptions, stop: AbortSignal): Promise<number> {
  const { clock } = options;
  const now = clock.now();
  let late = false;
  for (let after = { wakeAt: Number.NEGATIVE_INFINITY, actor: '' }; !stop.aborted; ) {
    const page = options.due(now, after, PAGE);
    for (const { actor } of page) late = !(await woken(options, actor)) || late;
    const last = page.at(-1);
    if (!last || page.length < PAGE) break;
    after = last;
  }
  const next = options.next(now);
  const untilNextMs = next === null ? LONGEST_NAP_MS : Math.max(0, next - clock.now());
  return Math.min(untilNextMs, late ? RETRY_MS : LONGEST_NAP_MS);
}

/** False where the actor has to be woken again. */
async function woken(options: TimerOptions, actor: string): Promise<boolean> {
  const now = options.clock.now();
  try {
    const wakeAt = await options.tick(actor, now);
    return wakeAt === null || wakeAt > now;
  } catch (error) {
    options.report(`${actor} could not be woken: ${String(error)}`);
    return false;
  }
}
