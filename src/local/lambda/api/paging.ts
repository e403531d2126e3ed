/** Marker paging as Lambda's list operations do it. The marker is opaque to callers: the encoded position. */
import { invalidParameter } from './errors.ts';
import { between, check } from './validate.ts';

/** No list operation gives more items a page, whatever was asked for. */
const MAX_PAGE = 50;

export interface Page<T> {
  readonly items: T[];
  readonly NextMarker?: string;
}

/** Cuts the page that `marker` begins. Throws for a marker that no page gave and for a MaxItems below 1. */
export function pageOf<T>(all: readonly T[], marker: string | undefined, maxItems: number | undefined): Page<T> {
  check(between('maxItems', maxItems, 1, 10_000));
  const start = marker === undefined || marker === '' ? 0 : positionOf(marker);
  const end = start + Math.min(maxItems ?? MAX_PAGE, MAX_PAGE);
  const items = all.slice(start, end);
  return end < all.length ? { items, NextMarker: Buffer.from(`at:${end}`).toString('base64') } : { items };
}

function positionOf(marker: string): number {
  const [, digits] = /^at:(\d{1,9})$/.exec(Buffer.from(marker, 'base64').toString('latin1')) ?? [];
  if (digits === undefined) throw invalidParameter(`Invalid marker: ${marker}`);
  return Number(digits);
}
