import type { AlarmReading } from '../../core/release/observation.ts';

export interface Alarms {
  /** Metric, composite and log alarms by name; one that does not exist is absent from the answer. */
  read(names: readonly string[]): Promise<readonly AlarmReading[]>;
  /** Those of the alarms that a mute rule keeps silent right now: they are evaluated, and page nobody. */
  muted(names: readonly string[]): Promise<readonly string[]>;
}
