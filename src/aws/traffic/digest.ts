import { createHash } from 'node:crypto';
import { canonicalJson } from '../../core/canonical-json.ts';

/** A digest of what was read, in the place of a revision: the same data always gives the same one. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
