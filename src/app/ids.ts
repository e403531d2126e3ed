import { randomBytes } from 'node:crypto';
import { ID_ALPHABET } from '../core/release/remains.ts';

/** Shared with whoever reads the time of an id. */
const BASE32 = ID_ALPHABET;

/** `r-` and ten characters: eight of time, so ids sort by age, and two of chance. */
export function newReleaseId(nowMs: number): string {
  let time = '';
  for (let rest = nowMs, i = 0; i < 8; i += 1, rest = Math.floor(rest / 32)) time = BASE32[rest % 32] + time;
  return `r-${time}${random(2, BASE32)}`;
}

/** `t-` and ten characters, of time and chance as a release's. */
export function newTrainId(nowMs: number): string {
  return newReleaseId(nowMs).replace(/^r/, 't');
}

/** CodeDeploy's form of a deployment id: `d-` and nine capitals or digits. */
export function newDeploymentId(): string {
  return `d-${random(9, '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ')}`;
}

/** 128 random bits. */
export function newSecret(): string {
  return randomBytes(16).toString('hex');
}

function random(length: number, alphabet: string): string {
  // The small bias of the remainder is harmless: these ids are names, not secrets.
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}
