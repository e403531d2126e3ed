import { createHash, timingSafeEqual } from 'node:crypto';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Result, refuse } from '../core/refusal.ts';
import type { Person } from './approve.ts';

/** A file of tokens is a page long; a larger one is something else. */
export const MAX_TOKENS_BYTES = 256_000;
const MAX_TOKENS = 500;
/** A token shorter than this could be guessed; it is never stored, so only the caller's own can be measured. */
const LEAST_TOKEN_CHARS = 20;
const MAX_TOKEN_CHARS = 500;

/** Who may speak over the API: a name, roles, and the SHA-256 of the token, never the token. */
export interface ApiToken {
  readonly name: string;
  readonly roles: readonly string[];
  readonly sha256: string;
  /** ISO 8601; from then on it is no token any more. */
  readonly expires?: string | undefined;
}

const name = z.string().min(1).max(200);
const Tokens = z
  .array(
    z.strictObject({
      name,
      roles: z.array(z.string().min(1).max(100)).max(50).default([]),
      sha256: z.string().regex(/^[0-9a-f]{64}$/, 'write the SHA-256 of the token as 64 hexadecimal digits'),
      expires: z.iso.datetime({ offset: true }).optional(),
    }),
  )
  .max(MAX_TOKENS);

/** Reads a list of tokens, YAML or JSON. The tokens' hashes are never part of a message. */
export function readTokens(text: string, source: string): Result<readonly ApiToken[]> {
  if (Buffer.byteLength(text) > MAX_TOKENS_BYTES)
    return refuse('usage', `${source} is larger than ${MAX_TOKENS_BYTES} bytes`);
  let parsed: unknown;
  try {
    parsed = parse(text, { maxAliasCount: 0 }) ?? [];
  } catch {
    return refuse('usage', `${source} is neither YAML nor JSON`, HOW);
  }
  const read = Tokens.safeParse(parsed);
  if (!read.success) {
    const [issue] = read.error.issues;
    return refuse(
      'usage',
      `${source}: ${(issue?.path ?? []).map(String).join('.') || 'the list'}: ${issue?.message}`,
      HOW,
    );
  }
  const doubled = read.data.find(
    ({ sha256 }, index) => read.data.findIndex((each) => each.sha256 === sha256) !== index,
  );
  return doubled
    ? refuse('usage', `${source}: ${doubled.name} has the token of another: each needs its own`, HOW)
    : { ok: true, value: read.data };
}

const HOW = 'write a list of {name, roles, sha256}; printf %s "$TOKEN" | sha256sum gives the hash (docs/gates.md)';

/**
 * Whose token this is; undefined where it is nobody's or has expired. Every entry is compared in constant time, so that the
 * time taken tells nothing of the hashes.
 */
export function personByToken(tokens: readonly ApiToken[], token: string, nowMs: number): Person | undefined {
  const given = createHash('sha256').update(token.slice(0, MAX_TOKEN_CHARS)).digest();
  let found: ApiToken | undefined;
  for (const each of tokens) if (timingSafeEqual(given, Buffer.from(each.sha256, 'hex'))) found = each;
  if (!found || token.length < LEAST_TOKEN_CHARS || token.length > MAX_TOKEN_CHARS) return undefined;
  if (found.expires !== undefined && Date.parse(found.expires) <= nowMs) return undefined;
  return { who: { name: found.name, provedBy: 'token' }, roles: found.roles };
}
