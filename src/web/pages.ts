import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { allIncidents } from '../app/incident/find.ts';
import type { IncidentHost } from '../app/incident/perform.ts';
import type { Clock } from '../app/ports/clock.ts';
import type { AliasHost } from '../app/ports/index.ts';
import { type ApiToken, personByToken } from '../app/tokens.ts';
import type { Incident } from '../core/incident/incident.ts';
import { type AliasKey, actorOf } from '../core/release/alias.ts';
import { type Release, stateOf } from '../core/release/release.ts';
import { LIVE_SCRIPT_SHA256, linesHtml, livePage } from '../present/html/screen.ts';
import { incidentJson } from '../present/json/incident.ts';
import { releaseJson } from '../present/json/release.ts';
import { incidentScreen } from '../present/text/incident.ts';
import { releaseScreen } from '../present/text/release.ts';

/** What is going on, for people and for programs; nothing can be changed here. */
export interface PageOptions {
  readonly host: Pick<AliasHost, 'read' | 'list'>;
  readonly incidents: () => Promise<Pick<IncidentHost, 'list' | 'read'>>;
  readonly clock: Clock;
  /** Who may read; where there are none, only this machine may. */
  readonly tokens?: readonly ApiToken[] | undefined;
}

const MAX_LISTED = 200;
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; script-src 'sha256-${LIVE_SCRIPT_SHA256}'; frame-ancestors 'none'; base-uri 'none'`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** `GET /`, `/releases/…` and `/incidents/…` as pages; the same below `/api/v1/` as JSON. */
export function pageRoutes(options: PageOptions): Hono {
  const { host, clock } = options;
  const app = new Hono();
  app.use(async (context, next) => {
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
    const refusal = refusalOf(context, options);
    if (!refusal) return next();
    if (refusal.status === 401) context.header('www-authenticate', 'Basic realm="Switchback", charset="UTF-8"');
    return context.text(refusal.message, refusal.status);
  });
  const open = async (): Promise<readonly Release[]> =>
    (await host.list({ open: true, limit: MAX_LISTED })).flatMap(({ state }) => (state.release ? [state.release] : []));
  const incidents = async (): Promise<readonly Incident[]> =>
    (await allIncidents(await options.incidents(), { open: true }))
      .filter((each) => !each.private)
      .slice(0, MAX_LISTED);
  const releaseAt = async (context: Context): Promise<Release | undefined> =>
    (await host.read(actorOf(keyOf(context.req.param()))))?.state.release ?? undefined;
  const incidentAt = async (context: Context): Promise<Incident | undefined> => {
    const id = context.req.param('id') ?? '';
    const found = /^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(id) ? await (await options.incidents()).read(id) : undefined;
    return found?.state.incident?.private === false ? found.state.incident : undefined;
  };

  app.get('/', async (context) => context.html(livePage('Switchback', overview(await open(), await incidents()))));
  app.get('/releases/:account/:region/:function/:alias', async (context) => {
    const release = await releaseAt(context);
    if (!release) return missing(context);
    const { function: fn, alias } = release.plan.key;
    return context.html(livePage(`${fn}:${alias}`, linesHtml(releaseScreen(release, clock.now()))));
  });
  app.get('/incidents/:id', async (context) => {
    const incident = await incidentAt(context);
    return incident
      ? context.html(livePage(`${incident.id}: ${incident.title}`, linesHtml(incidentScreen(incident, clock.now()))))
      : missing(context);
  });
  app.get('/api/v1/releases', async (context) =>
    context.json({ releases: (await open()).map((release) => releaseJson(release, clock.now())) }),
  );
  app.get('/api/v1/releases/:account/:region/:function/:alias', async (context) => {
    const release = await releaseAt(context);
    return release ? context.json(releaseJson(release, clock.now())) : missing(context);
  });
  app.get('/api/v1/incidents', async (context) => context.json({ incidents: (await incidents()).map(incidentJson) }));
  app.get('/api/v1/incidents/:id', async (context) => {
    const incident = await incidentAt(context);
    return incident ? context.json(incidentJson(incident)) : missing(context);
  });
  return app;
}

/** A browser that was led here under another name reads what its user may not show to that site. */
const THIS_MACHINE = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

function refusalOf(
  context: Context,
  { tokens, clock }: PageOptions,
): { readonly status: 401 | 403; readonly message: string } | undefined {
  if (!tokens) {
    return THIS_MACHINE.test(context.req.header('host') ?? '')
      ? undefined
      : { status: 403, message: 'without SWITCHBACK_API_TOKENS only this machine may read: ask for localhost' };
  }
  const header = context.req.header('authorization') ?? '';
  const basic = /^Basic ([A-Za-z0-9+/=]{1,2000})$/.exec(header)?.[1];
  const bearer = /^Bearer ([\w.~+/=-]{1,1000})$/.exec(header)?.[1];
  // A browser asks for a name and a password: the token is the password.
  const token =
    bearer ??
    (basic &&
      Buffer.from(basic, 'base64')
        .toString()
        .replace(/^[^:]*:/, ''));
  return token && personByToken(tokens, token, clock.now())
    ? undefined
    : { status: 401, message: 'a token is needed: as password, or as authorization: Bearer …' };
}

function keyOf({ account = '', region = '', function: fn = '', alias = '' }: Record<string, string>): AliasKey {
  return { account, region, function: fn, alias };
}

function missing(context: Context): Response {
  return context.req.path.startsWith('/api/')
    ? context.json({ error: { message: 'there is nothing at this address' } }, 404)
    : context.html(livePage('Not found', html`<p>There is nothing at this address.</p>`), 404);
}

function overview(releases: readonly Release[], incidents: readonly Incident[]) {
  return html`<nav aria-labelledby="r"><h2 id="r">Open releases</h2>
${
  releases.length === 0
    ? html`<p>No release is open.</p>`
    : html`<ul>${releases.map((release) => {
        const { plan } = release;
        const { account, region, function: fn, alias } = plan.key;
        const state = stateOf(release);
        return html`<li class="card"><a href="/releases/${account}/${region}/${fn}/${alias}">${fn}:${alias}</a> in ${region}: version ${plan.stable} to ${plan.candidate}, ${state}</li>`;
      })}</ul>`
}</nav>
<nav aria-labelledby="i"><h2 id="i">Open incidents</h2>
${
  incidents.length === 0
    ? html`<p>No incident is open.</p>`
    : html`<ul>${incidents.map(
        ({ id, title, severity, phase }) =>
          html`<li class="card"><a href="/incidents/${id}">${id}</a> ${severity ?? 'severity not set'}, ${phase}: ${title}</li>`,
      )}</ul>`
}</nav>`;
}
