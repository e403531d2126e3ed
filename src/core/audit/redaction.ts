import type { Stamp } from '../release/events.ts';

/** The ledger's own event: words were taken away from earlier entries of the same actor. */
export type RedactionEvent = Stamp & {
  readonly kind: 'redacted';
  readonly entries: readonly RedactedEntry[];
};

/** An entry that was changed, with the digest of what stood there and of what stands there now. */
export interface RedactedEntry {
  readonly sequence: number;
  /** The entry's hash: that of its old words, under which the chain goes on. */
  readonly hash: string;
  /** The digest of the entry as it stands since. */
  readonly digest: string;
}

/** The event as a redaction; undefined where it is another one. */
export function readRedaction(event: unknown): RedactionEvent | undefined {
  if (typeof event !== 'object' || event === null || !('kind' in event) || event.kind !== 'redacted') return undefined;
  return 'entries' in event && Array.isArray(event.entries) ? (event as RedactionEvent) : undefined;
}
