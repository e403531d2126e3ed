import { AwsError } from '../wire/service.ts';

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
}

/** Cuts one page out of a list; the token is the position where the next one starts. Throws InvalidNextToken. */
export function pageOf<T>(all: readonly T[], token: string | undefined, size: number): Page<T> {
  const start = positionOf(token);
  const end = start + size;
  return { items: all.slice(start, end), next: end < all.length ? tokenAt(end) : undefined };
}

export function positionOf(token: string | undefined): number {
  if (token === undefined) return 0;
  const text = Buffer.from(token, 'base64url').toString('latin1');
  if (!/^at:\d{1,9}$/.test(text)) throw new AwsError('InvalidNextToken', 'The next token specified is invalid.');
  return Number(text.slice(3));
}

export function tokenAt(position: number): string {
  return Buffer.from(`at:${position}`, 'latin1').toString('base64url');
}
