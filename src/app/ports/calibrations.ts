import type { AliasKey } from '../../core/release/alias.ts';
import type { CalibrationRecord } from '../../core/replay/calibration.ts';

/** What was learned of aliases, one calibration each: the newest. */
export interface Calibrations {
  /** Undefined where the alias was never calibrated. Throws, with a sentence, where the record cannot be read. */
  read(key: AliasKey): Promise<CalibrationRecord | undefined>;
  write(calibration: CalibrationRecord): Promise<void>;
}
