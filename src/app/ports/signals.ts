import type { Observation, Watch } from '../../core/release/observation.ts';

/** The world as the guards see it: log records, CloudWatch minutes, alarms, the alias. */
export interface Signals {
  /** One complete look. Never throws for a path that cannot be read: it is named in `blind`. */
  look(watch: Watch): Promise<Observation>;
  /**
   * Watches until `signal` aborts; calls `tell` only when something changed. Calls never overlap: the next one waits for
   * the promise of the last.
   */
  follow(watch: Watch, tell: (observation: Observation) => Promise<void>, signal: AbortSignal): Promise<void>;
}
