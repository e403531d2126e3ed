import { textOf } from '../../app/error-text.ts';
import type { Clock } from '../../app/ports/clock.ts';
import type { RunnerLease } from '../../app/ports/host-upkeep.ts';

export interface LeaseOptions {
  /** Takes or renews the lease for so long; false where somebody else has it. `signal`: it is no longer wanted. */
  acquire(forMs: number, signal: AbortSignal): Promise<boolean>;
  /** Gives it back; one that cannot be given back runs out by itself. */
  release(): Promise<void>;
  readonly clock: Clock;
  readonly report: (problem: string) => void;
}

/** A runner that gave no sign of life for this long has lost its office: short against a hold, long against a hiccup. */
const LEASE_MS = 10_000;
const RENEW_MS = LEASE_MS / 4;

/** Becomes the runner and stays it; undefined where another process is it. */
export async function takeLease(options: LeaseOptions): Promise<RunnerLease | undefined> {
  let heldUntil = performance.now() + LEASE_MS;
  const lost = new AbortController();
  const stop = new AbortController();
  if (!(await options.acquire(LEASE_MS, stop.signal))) return undefined;
  const renewing = renew();
  let released: Promise<void> | undefined;
  return { lost: lost.signal, release: () => (released ??= end()) };

  async function renew(): Promise<void> {
    while (!stop.signal.aborted) {
      await options.clock.sleep(RENEW_MS, stop.signal).catch(() => undefined);
      if (stop.signal.aborted) return;
      const asked = performance.now();
      try {
        if (!(await options.acquire(LEASE_MS, stop.signal))) return lost.abort();
        heldUntil = asked + LEASE_MS;
      } catch (error) {
        if (stop.signal.aborted || performance.now() < heldUntil) continue;
        options.report(`this process is no longer the runner, for it could not say that it lives: ${String(error)}`);
        return lost.abort();
      }
    }
  }

  async function end(): Promise<void> {
    stop.abort();
    await renewing;
    if (lost.signal.aborted) return;
    await options
      .release()
      .catch((error: unknown) => options.report(`the runner's lease runs out by itself: ${textOf(error)}`));
  }
}
