import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ApiToken, MAX_TOKENS_BYTES, readTokens } from '../app/tokens.ts';
import { type Callbacks, startCallbacks } from '../web/callbacks.ts';
import type { Home } from '../wire.ts';
import type { Context } from './context.ts';
import { unwrap, usage } from './failure.ts';

export interface EndpointOptions {
  readonly port: number;
  readonly address?: string;
}

/** Listens for hooks and, where tokens are given, for approvals. */
export async function startEndpoint(context: Context, { ports }: Home, options: EndpointOptions): Promise<Callbacks> {
  const tokens = await apiTokens(context);
  const { host, clock } = ports;
  return startCallbacks({ host, clock, ...options, ...(tokens ? { api: await apiFor(tokens, ports) } : {}) });
}

async function apiFor(tokens: readonly ApiToken[], { host, clock }: Home['ports']) {
  const { approvalApi } = await import('../web/approvals.ts');
  return approvalApi({ host, clock, tokens });
}

/** SWITCHBACK_API_TOKENS: a file, or the list itself; undefined where nobody is to speak over the API. */
async function apiTokens({ io }: Context): Promise<readonly ApiToken[] | undefined> {
  const given = io.env.SWITCHBACK_API_TOKENS;
  if (!given) return undefined;
  if (given.trimStart().startsWith('[')) return unwrap(readTokens(given, 'SWITCHBACK_API_TOKENS'));
  const file = resolve(io.cwd, given);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile() || found.size > MAX_TOKENS_BYTES)
    throw usage(`SWITCHBACK_API_TOKENS: "${given.slice(0, 200)}" is no file of at most ${MAX_TOKENS_BYTES} bytes`);
  return unwrap(readTokens(await readFile(file, 'utf8'), given));
}
