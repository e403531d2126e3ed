import type { Clock } from '../../app/ports/clock.ts';
import type { RunnerLease } from '../../app/ports/host-upkeep.ts';
import type { Objects } from '../../app/ports/objects.ts';
import { readJson } from './document.ts';
import { persistently } from './retry.ts';

export interface ElectionOptions {
  readonly objects: Objects;
  readonly place: string;
  readonly key: string;
  /** Who this process is; no two hosts have the same. */
  readonly owner: string;
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly report: (problem: string) => void;
}

/**
 * Takes the lease for as long as it is renewed; undefined where another process has it. Times are of the machines' own
 * clocks: where they differ by more than the lease two processes may both have it, which costs requests and breaks nothing.
 */
export async function takeLease(options: ElectionOptions): Promise<RunnerLease | undefined> {
  const { objects, place, key, owner, clock } = options;
  const there = await persistently(place, () => objects.get(key));
  if (there && isHeld(readJson(place, key, there.body), owner, clock.now())) return undefined;
  const etag = await persistently(place, () => objects.put(key, bodyOf(options), there?.etag ?? null));
  // Also where the answer was lost: then the next call finds the lease to be its own.
  if (etag === undefined) return undefined;
  return new Lease(options, etag);
}

function isHeld({ owner, until }: Readonly<Record<string, unknown>>, self: string, now: number): boolean {
  return owner !== self && typeof until === 'number' && until >= now;
}

function bodyOf({ owner, clock, leaseMs }: ElectionOptions): string {
  return JSON.stringify({ owner, until: clock.now() + leaseMs });
}

class Lease implements RunnerLease {
  readonly #options: ElectionOptions;
  readonly #lost = new AbortController();
  readonly #stop = new AbortController();
  readonly #renewing: Promise<void>;
  #etag: string;

  constructor(options: ElectionOptions, etag: string) {
    this.#options = options;
    this.#etag = etag;
    this.#renewing = this.#renewUntilStopped();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async release(): Promise<void> {
    this.#stop.abort();
    await this.#renewing;
    const { objects, key, report } = this.#options;
    await objects
      .delete(key, this.#etag)
      .catch((error: unknown) => report(`the runner's lease runs out by itself: ${String(error)}`));
  }

  async #renewUntilStopped(): Promise<void> {
    const { clock, leaseMs, report } = this.#options;
    for (;;) {
      await clock.sleep(leaseMs / 3, this.#stop.signal).catch(() => undefined);
      if (this.#stop.signal.aborted) return;
      try {
        if (await this.#renew()) continue;
        this.#lost.abort();
        return;
      } catch (error) {
        report(`the runner's lease could not be renewed: ${String(error)}`);
      }
    }
  }

  /** False where another process has it. */
  async #renew(): Promise<boolean> {
    const { objects, place, key, owner } = this.#options;
    const etag = await objects.put(key, bodyOf(this.#options), this.#etag);
    if (etag !== undefined) {
      this.#etag = etag;
      return true;
    }
    const there = await objects.get(key);
    if (!there || readJson(place, key, there.body).owner !== owner) return false;
    // An earlier renewal whose answer was lost.
    this.#etag = there.etag;
    return true;
  }
}
