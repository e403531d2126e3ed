import type { AlarmReading } from '../../core/release/observation.ts';

export interface Alarms {
  /** Metric, composite and log alarms by name; one that does not exist is absent from the answer. */
  read(names: readonly string[]): Promise<readonly AlarmReading[]>;
}
