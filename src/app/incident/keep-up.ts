import { textOf } from '../error-text.ts';
import type { Clock } from '../ports/clock.ts';
import type { Host } from '../ports/host.ts';
import type { HostUpkeep } from '../ports/host-upkeep.ts';

export interface KeepUpOptions {
  readonly host: HostUpkeep & Pick<Host<unknown, unknown>, 'list'>;
  readonly clock: Clock;
  readonly report: (problem: string) => void;
  /** What is kept up, for people; `incidents` where it is not given. */
  readonly what?: string;
}

/** How soon another process takes over where the runner died, and a command whose process died. */
const ROUND_MS = 2_000;
/** Most of the time there is no incident: then there is nothing to be elected for. */
const IDLE_MS = 5_000;

/**
 * Drives the incidents until `signal` aborts: their clocks, as long as no other process does, and commands whose process
 * died. They watch nothing, so that is all there is to drive. Never throws.
 */
export async function keepUp(
  { host, clock, report, what = 'incidents' }: KeepUpOptions,
  signal: AbortSignal,
): Promise<void> {
  let lease: Awaited<ReturnType<HostUpkeep['tryBecomeRunner']>>;
  while (!signal.aborted) {
    let idle = false;
    try {
      if (!lease || lease.lost.aborted) {
        idle = (await host.list({ open: true, limit: 1 })).length === 0;
        lease = idle ? undefined : await host.tryBecomeRunner();
      }
      if (lease) await host.recover();
    } catch (error) {
      report(`${what} could not be looked after: ${textOf(error)}`);
    }
    await clock.sleep(idle ? IDLE_MS : ROUND_MS, signal).catch(() => undefined);
  }
  await lease?.release();
}
