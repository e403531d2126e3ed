import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { type Asked, asked, askedOf, decideApproval, type Person } from '../app/approve.ts';
import type { Clock } from '../app/ports/clock.ts';
import type { AliasHost } from '../app/ports/index.ts';
import { type ApiToken, personByToken } from '../app/tokens.ts';
import type { Refusal } from '../core/refusal.ts';
import type { AliasKey } from '../core/release/alias.ts';
import { approvalJson } from '../present/json/approval.ts';
import { releaseJson } from '../present/json/release.ts';

/** Approvals over HTTP: what is asked, and a person's word on it. Mounted under `/api/v1`; every request names its person by a token. */
export interface ApprovalOptions {
  readonly host: AliasHost;
  readonly clock: Clock;
  readonly tokens: readonly ApiToken[];
}

type Env = { readonly Variables: { person: Person } };

const MAX_BODY_BYTES = 16_384;
/** Open releases that one list looks at. */
const MAX_LISTED = 1_000;
const PAGE = 200;

const Word = z.strictObject({
  decision: z.enum(['approve', 'deny']),
  digest: z.string().min(1).max(64),
  reason: z.string().trim().min(1, 'say why: it is kept with the release').max(2_000),
  gate: z.string().max(60).optional(),
});

const STATUS = { usage: 422, refused: 409, halted: 409 } as const satisfies Record<Refusal['kind'], number>;

/**
 * `GET /approvals` lists what is asked · `GET /approvals/:account/:region/:function/:alias` shows one with what its digest is
 * made of · `POST` to the same address answers it with `{decision, digest, reason}`.
 */
export function approvalRoutes({ host, clock, tokens }: ApprovalOptions): Hono<Env> {
  const app = new Hono<Env>();
  app.use(async (context, next) => {
    context.header('cache-control', 'no-store');
    const token = /^Bearer ([\w.~+/=-]+)$/.exec(context.req.header('authorization') ?? '')?.[1];
    const person = token === undefined ? undefined : personByToken(tokens, token, clock.now());
    if (!person) {
      context.header('www-authenticate', 'Bearer');
      return problem(context, 401, 'a token is needed: authorization: Bearer …');
    }
    context.set('person', person);
    return next();
  });
  app.get('/approvals', async (context) => context.json({ approvals: (await allAsked(host)).map(jsonOf) }));
  app.get('/approvals/:account/:region/:function/:alias', async (context) => {
    const found = await asked({ host }, keyOf(context.req.param()));
    return found.ok ? context.json(jsonOf(found.value)) : refused(context, found.refusal);
  });
  app.post(
    '/approvals/:account/:region/:function/:alias',
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: (context) => problem(context, 413, `at most ${MAX_BODY_BYTES} bytes are read`),
    }),
    async (context) => {
      const body: unknown = await context.req.json().catch(() => undefined);
      const word = Word.safeParse(body);
      if (!word.success) {
        const [issue] = word.error.issues;
        return problem(context, 422, `${(issue?.path ?? []).map(String).join('.') || 'the body'}: ${issue?.message}`);
      }
      const { decision, digest, reason, gate } = word.data;
      const found = await asked({ host }, keyOf(context.req.param()), gate);
      if (!found.ok) return refused(context, found.refusal);
      const ports = { host, clock };
      const decided = await decideApproval(ports, found.value, context.get('person'), {
        decision,
        digest,
        why: reason,
      });
      return decided.ok ? context.json(releaseJson(decided.value, clock.now())) : refused(context, decided.refusal);
    },
  );
  app.onError((_error, context) => problem(context, 500, 'the answer could not be stored; try again'));
  return app;
}

async function allAsked(host: AliasHost): Promise<readonly Asked[]> {
  const found: Asked[] = [];
  let after: string | undefined;
  for (let looked = 0; looked < MAX_LISTED; looked += PAGE) {
    const page = await host.list({ open: true, limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const { state } of page) {
      const question = state.release ? askedOf(state.release) : undefined;
      if (question) found.push(question);
    }
    if (page.length < PAGE) break;
    after = page.at(-1)?.actor;
  }
  return found;
}

function jsonOf({ release, name, gate, run, shown }: Asked) {
  return approvalJson(release, name, gate, run, shown);
}

function keyOf({ account = '', region = '', function: fn = '', alias = '' }: Record<string, string>): AliasKey {
  return { account, region, function: fn, alias };
}

function refused(context: Context, { kind, message, next }: Refusal): Response {
  return problem(context, STATUS[kind], message, next);
}

function problem(
  context: Context,
  status: 401 | 404 | 409 | 413 | 422 | 500,
  message: string,
  next?: string,
): Response {
  return context.json({ error: { message, ...(next === undefined ? {} : { next }) } }, status);
}
