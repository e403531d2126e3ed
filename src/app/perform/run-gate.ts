import type { CommandResult } from '../../core/release/commands.ts';
import { textOf } from '../error-text.ts';
import type { Clock } from '../ports/clock.ts';
import type { GateOrder, GateRunner } from '../ports/gates.ts';

export type { GateOrder };

export interface RunGatePorts {
  readonly gates: GateRunner;
  readonly clock: Clock;
  readonly isAwaited: (command: GateOrder) => Promise<boolean>;
}

/** How soon a running gate notices that its release has moved on. */
const ASK_MS = 500;

/**
 * Runs a gate until it has its verdict, its time is over, or its release no longer waits for it. A gate may run twice: after
 * a crash nobody knows how far it came, and a check changes nothing.
 */
export async function runGate(command: GateOrder, ports: RunGatePorts): Promise<CommandResult> {
  const { gates, clock, isAwaited } = ports;
  const stop = new AbortController();
  const watching = watch();
  try {
    const { verdict, evidence } = await gates.run(command, stop.signal);
    return { outcome: 'gateDone', verdict, evidence };
  } catch (error) {
    return { outcome: 'failed', error: textOf(error), retryable: false };
  } finally {
    stop.abort(new Error('it has ended'));
    await watching;
  }

  async function watch(): Promise<void> {
    while (!stop.signal.aborted) {
      await clock.sleep(ASK_MS, stop.signal).catch(() => undefined);
      if (stop.signal.aborted) return;
      if (clock.now() >= command.deadline) stop.abort(new Error('its time is over'));
      // A state that does not answer says nothing about the release.
      else if (!(await isAwaited(command).catch(() => true))) stop.abort(new Error('the release has moved on'));
    }
  }
}
