import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ApiToken, MAX_TOKENS_BYTES, readTokens } from '../app/tokens.ts';
import { type Callbacks, startCallbacks } from '../web/callbacks.ts';
import type { Home } from '../wire.ts';
import type { Context } from './context.ts';
import { unwrap, usage } from './failure.ts';
import { inboxFor } from './inbox.ts';

export interface EndpointOptions {
  readonly port: number;
  readonly address?: string;
  /** Whether what is going on can be read there. */
  readonly pages?: true;
}

export interface Listening extends Callbacks {
  /** Alarms and reports are taken, under `/api/v1/inbox`. */
  readonly hasInbox: boolean;
}

/** Listens for hooks and, where tokens are given, for approvals. */
export async function startEndpoint(context: Context, home: Home, options: EndpointOptions): Promise<Listening> {
  const [tokens, inbox] = await Promise.all([apiTokens(context), inboxFor(context, home)]);
  const { host, clock } = home.ports;
  const approvals = tokens && { host, clock, tokens };
  const pages = options.pages
    ? { host, clock, tokens, incidents: async () => (await home.incidents()).host }
    : undefined;
  const api =
    approvals || inbox || pages ? { api: (await import('../web/api.ts')).apiOf({ inbox, approvals, pages }) } : {};
  return { ...(await startCallbacks({ host, clock, ...options, ...api })), hasInbox: inbox !== undefined };
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
