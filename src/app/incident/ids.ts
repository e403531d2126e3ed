import { createHash } from 'node:crypto';
import { newReleaseId } from '../ids.ts';

const PREFIX = 'INC-';

/** The incident of a release, or of a train, bears its own letters: whoever opens it a second time finds it open. */
export function incidentIdOf(releaseId: string): string {
  return `${PREFIX}${releaseId.replace(/^r-/, '').replace(/^t-/, 'T')}`;
}

/** For one that a person opens: as for releases, so that ids sort by age. */
export function newIncidentId(nowMs: number): string {
  return incidentIdOf(newReleaseId(nowMs));
}

/** For one that is told from outside, possibly more than once: the same for the same `cause`, and sorted by the time it tells. */
export function incidentIdFrom(cause: string, atMs: number): string {
  const time = newReleaseId(atMs).slice(2, 10);
  return `${PREFIX}${time}${createHash('sha256').update(cause).digest('hex').slice(0, 8)}`;
}
