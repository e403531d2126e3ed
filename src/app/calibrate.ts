import { BIN_MS } from '../core/judge/calibrate.ts';
import { type Result, refuse } from '../core/refusal.ts';
import type { AliasKey } from '../core/release/alias.ts';
import { type CalibrationRecord, learn } from '../core/replay/calibration.ts';
import type { Calibrations } from './ports/calibrations.ts';
import type { Clock } from './ports/clock.ts';
import type { AwsPorts } from './ports/index.ts';
import type { PastLogs } from './ports/past-logs.ts';

export interface CalibrateOptions {
  readonly key: AliasKey;
  readonly hours: number;
  /** Where the function logs; its own configuration says it where this is absent. */
  readonly logGroup?: string;
  readonly alpha: number;
  readonly progress: (part: number) => void;
}

export interface CalibratePorts extends Pick<AwsPorts, 'aliases' | 'versions'> {
  readonly pastLogs: PastLogs;
  readonly calibrations: Calibrations;
  readonly clock: Clock;
}

/** What is younger may not be visible in the logs yet. */
const SETTLE_MS = 60_000;

/** Learns from the stable version's own log records, tests the judge on them, and keeps what was learned. */
export async function calibrateAlias(
  ports: CalibratePorts,
  { key, hours, logGroup, alpha, progress }: CalibrateOptions,
): Promise<Result<CalibrationRecord>> {
  const alias = await ports.aliases.get(key);
  if (!alias) return refuse('usage', `function "${key.function}" has no alias "${key.alias}" in ${key.region}`);
  if (alias.version === '$LATEST')
    return refuse(
      'refused',
      `alias ${key.alias} points to $LATEST, whose code may have changed meanwhile: there is no one version to learn from`,
    );
  const group = logGroup ?? (await ports.versions.get(key.function, alias.version))?.logGroup;
  if (group === undefined)
    return refuse('halted', `alias ${key.alias} points to version ${alias.version}, which does not exist any more`);
  const nowMs = ports.clock.now();
  // Whole bins, so that none looks emptier than it was; a young function is read up to now.
  const settled = nowMs - SETTLE_MS;
  const span = { fromMs: Math.floor((nowMs - hours * 3_600_000) / BIN_MS) * BIN_MS, untilMs: settled };
  const query = { function: key.function, version: alias.version, logGroup: group, ...span };
  const traffic = await ports.pastLogs.read(query, progress);
  const learned = learn({ key, version: alias.version, nowMs, span, traffic, alpha });
  if (!learned.ok) {
    const { refusal } = learned;
    return refuse(
      refusal.kind,
      `${refusal.message} (log group ${group}, the last ${hours} h)`,
      `aws logs tail ${group} --since ${Math.ceil(hours)}h`,
    );
  }
  await ports.calibrations.write(learned.value);
  return learned;
}
