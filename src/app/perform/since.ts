import { fingerprint } from '../../core/fingerprint.ts';
import type { Observation, Watch } from '../../core/release/observation.ts';

/** The observation with the place that its log counts go on from. */
export function readSince(observation: Observation, { logCursor }: Pick<Watch, 'logCursor'>): Observation {
  if (!observation.logs) return observation;
  return {
    ...observation,
    logs: { ...observation.logs, since: logCursor === undefined ? null : fingerprint(logCursor) },
  };
}
