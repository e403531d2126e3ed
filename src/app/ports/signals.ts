import type { Observation, Watch } from '../../core/release/observation.ts';

/** The world as the guards see it: log records, CloudWatch minutes, alarms, the alias. */
export interface Signals {
  /** One complete look. Never throws for a path that cannot be read: it is named in `blind`. */
  look(watch: Watch): Promise<Observation>;
  /** Tells `reader` what changes, until that is stopped. Objects and no promises, for there may be thousands. */
  follow(reader: Reader): Followed;
}

/** Whoever follows a watch. */
export interface Reader {
  readonly watch: Watch;
  /** Something changed. Calls never overlap: the next one waits for the promise of the last; where it rejects, that was all. */
  tell(observation: Observation): Promise<void>;
  /** The following has ended by itself, for this reason; nothing more is told. */
  ended(error: unknown): void;
}

export interface Followed {
  /** Resolves when nothing is told any more. */
  stop(): Promise<void>;
}
