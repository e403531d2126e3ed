import { type AliasSnapshot, readDescription } from './alias.ts';
import { isOpen, type Release } from './release.ts';

/** What a release whose process has vanished has left behind, as far as alias and state tell. */
export interface Remains {
  readonly releaseId: string;
  /** Epoch milliseconds; null for an id that does not hold its time. */
  readonly beganAt: number | null;
  /** `open`: the state knows it and it has not ended · `unknown`: only the alias's owner tag tells of it. */
  readonly kind: 'open' | 'unknown';
}

/** A release of an unknown state this old is taken for abandoned where nobody says otherwise. */
export const ABANDONED_MS = 24 * 3_600_000;

/** What stands in the way of a new release; null where nothing does. `release`: the alias's last one that the state knows. */
export function remainsOf(release: Release | null, alias: AliasSnapshot, nowMs: number): Remains | null {
  const known = release?.id;
  if (isOpen(release)) return { releaseId: release.id, beganAt: release.started.at, kind: 'open' };
  const { tag } = readDescription(alias.description);
  if (!tag || tag.releaseId === known) return null;
  return { releaseId: tag.releaseId, beganAt: beganAt(tag.releaseId, nowMs), kind: 'unknown' };
}

/** Crockford's base 32, which release ids are written in: digits and letters that nobody takes for another. */
export const ID_ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARS = 8;

/** Ids hold this much of the time: they begin anew after some 35 years. */
const TURN_MS = ID_ALPHABET.length ** TIME_CHARS;
/** Clocks of other machines may be so much ahead. */
const SKEW_MS = 24 * 3_600_000;

/** When a release began, from its id: its first eight characters are the time. Null for an id of another form. */
export function beganAt(releaseId: string, nowMs: number): number | null {
  const time = releaseId.slice('r-'.length, 'r-'.length + TIME_CHARS);
  let ms = 0;
  for (const char of time) {
    const digit = ID_ALPHABET.indexOf(char);
    if (digit < 0) return null;
    ms = ms * ID_ALPHABET.length + digit;
  }
  if (time.length !== TIME_CHARS) return null;
  return ms + Math.max(0, Math.floor((nowMs + SKEW_MS - ms) / TURN_MS)) * TURN_MS;
}
