import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Incident } from '../../src/core/incident/incident.ts';
import { actorOf } from '../../src/core/release/alias.ts';
import { LIVE_SCRIPT, LIVE_SCRIPT_SHA256 } from '../../src/present/html/screen.ts';
import { releaseJson } from '../../src/present/json/release.ts';
import { releaseScreen } from '../../src/present/text/release.ts';
import { type PageOptions, pageRoutes } from '../../src/web/pages.ts';
import { Case } from '../core/incident/builders.ts';
import { KEY, Story } from '../core/release/builders.ts';

const RELEASE = `/releases/${actorOf(KEY)}`;

function pages(incidents: readonly Incident[] = [], tokens?: PageOptions['tokens']) {
  const { doc, at } = new Story().start().write();
  const stored = { actor: actorOf(KEY), sequence: 1, state: doc };
  const docs = incidents.map((incident) => ({
    actor: incident.id,
    sequence: 1,
    state: { v: 1 as const, id: incident.id, incident, wakeAt: null },
  }));
  const app = pageRoutes({
    host: { read: async (actor) => (actor === stored.actor ? stored : undefined), list: async () => [stored] },
    incidents: async () => ({ list: async () => docs, read: async (id) => docs.find(({ actor }) => actor === id) }),
    clock: { now: () => at, sleep: async () => undefined },
    tokens,
  });
  const get = (path: string, headers: Record<string, string> = {}) =>
    app.request(`http://127.0.0.1:8181${path}`, { headers: { host: '127.0.0.1:8181', ...headers } });
  return { get, release: doc.release!, at };
}

test('the page of a release says what the terminal says, and the API what --json prints', async () => {
  const { get, release, at } = pages();
  const page = await (await get(RELEASE)).text();
  for (const line of releaseScreen(release, at))
    for (const { text } of line)
      assert.ok(
        page.includes(
          text
            .replaceAll('&', '&amp;')
            .replaceAll('"', '&quot;')
            .replaceAll('<', '&lt;')
            .replaceAll('>', '&gt;')
            .replaceAll("'", '&#39;'),
        ),
        text,
      );
  assert.deepEqual(await (await get(`/api/v1${RELEASE}`)).json(), JSON.parse(JSON.stringify(releaseJson(release, at))));
  const home = await (await get('/')).text();
  assert.ok(home.includes(`href="${RELEASE}"`));
});

test('incidents are listed and shown, private ones to nobody, and no title becomes markup', async () => {
  const shown = new Case().open({ title: '<img src=x onerror=alert(1)>' }).incident;
  const { get } = pages([shown]);
  const page = await (await get('/incidents/INC-1')).text();
  assert.ok(page.includes('&lt;img src=x') && !page.includes('<img'));
  assert.equal((await get('/api/v1/incidents/INC-1')).status, 200);
  const hidden = pages([new Case().open({ private: true }).incident]);
  assert.equal((await hidden.get('/incidents/INC-1')).status, 404);
  assert.match(await (await hidden.get('/')).text(), /No incident is open/);
});

test('without tokens only this machine may read, under its own name', async () => {
  const { get } = pages();
  for (const host of ['localhost:8181', '127.0.0.1', '[::1]:8181'])
    assert.equal((await get('/', { host })).status, 200, host);
  for (const host of ['evil.example', '127.0.0.1.evil.example', '10.0.0.7:8181'])
    assert.equal((await get('/', { host })).status, 403, host);
});

test('with tokens a token is needed, as password or as bearer', async () => {
  const token = 'a-token-of-at-least-twenty-characters';
  const sha256 = createHash('sha256').update(token).digest('hex');
  const { get } = pages([], [{ name: 'bob', roles: [], sha256 }]);
  const basic = `Basic ${Buffer.from(`bob:${token}`).toString('base64')}`;
  assert.equal((await get('/', { authorization: basic, host: 'releases.example' })).status, 200);
  assert.equal((await get('/api/v1/releases', { authorization: `Bearer ${token}` })).status, 200);
  for (const authorization of [
    '',
    'Bearer wrong-wrong-wrong-wrong',
    `Basic ${Buffer.from('bob:x').toString('base64')}`,
  ]) {
    const refused = await get('/', authorization === '' ? {} : { authorization });
    assert.equal(refused.status, 401);
    assert.match(refused.headers.get('www-authenticate') ?? '', /^Basic realm=/);
  }
});

test('what is not there is told, nothing can be changed, and the policy allows the one script', async () => {
  const { get } = pages();
  for (const path of ['/releases/1/2/3/4', '/incidents/INC-9', '/nothing', '/api/v1/releases/1/2/3/4'])
    assert.equal((await get(path)).status, 404, path);
  const { headers } = await get('/');
  const digest = createHash('sha256').update(LIVE_SCRIPT).digest('base64');
  assert.equal(LIVE_SCRIPT_SHA256, digest);
  assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*script-src 'sha256-/);
  assert.equal(headers.get('cache-control'), 'no-store');
});
