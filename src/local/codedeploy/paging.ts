import { refuse } from './errors.ts';

/** CodeDeploy's page of a list. */
const PAGE = 100;

/** Cuts one page out of a list of names; the token is the last name of the page before. */
export function pageOf(all: readonly string[], token: string | undefined): { items: string[]; nextToken?: string } {
  const after = token === undefined ? undefined : Buffer.from(token, 'base64url').toString('utf8');
  const start = after === undefined ? 0 : all.indexOf(after) + 1;
  if (after !== undefined && start === 0) throw refuse('InvalidNextTokenException', 'The next token is not valid');
  const items = all.slice(start, start + PAGE);
  const last = items.at(-1);
  const more = last !== undefined && start + PAGE < all.length;
  return { items, ...(more ? { nextToken: Buffer.from(last).toString('base64url') } : {}) };
}
