import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { statusPage } from '../../../src/core/status/page.ts';
import { parseXml } from '../../../src/local/wire/xml.ts';
import { statusFiles } from '../../../src/present/status/files.ts';
import { SCRIPT_TEXT } from '../../../src/present/status/html.ts';
import { Case, MINUTE } from '../../core/incident/builders.ts';
import { T0 } from '../../core/release/builders.ts';
import { SETTINGS, told } from '../../core/status/builders.ts';

function files(until: 'ack' | 'resolved', audience: 'public' | 'internal' = 'public'): ReadonlyMap<string, string> {
  const page = statusPage(SETTINGS, [told(until)], audience, T0 + 30 * MINUTE);
  return new Map(statusFiles(page).map(({ path, text }) => [path, text]));
}

function golden(t: TestContext, name: string, text: string): void {
  t.assert.fileSnapshot(text, join(import.meta.dirname, '../../golden/status', name), {
    serializers: [(value) => value],
  });
}

test('the files of a page while an incident lives', (t) => {
  const made = files('ack');
  for (const path of ['index.html', 'incidents/INC-1.html', 'api/v2/summary.json', 'updates.atom', 'history.rss'])
    golden(t, path.replaceAll('/', '.'), made.get(path)!);
});

test('every address that readers of Statuspage ask for is there, in its shape', () => {
  const made = files('resolved');
  const read = (path: string) => JSON.parse(made.get(`api/v2/${path}.json`)!);
  for (const path of ['summary', 'status', 'components', 'incidents', 'incidents/unresolved'])
    assert.equal(read(path).page.id, 'shop');
  for (const path of ['scheduled-maintenances', 'scheduled-maintenances/upcoming', 'scheduled-maintenances/active'])
    assert.ok(Array.isArray(read(path).scheduled_maintenances));
  assert.deepEqual(read('status').status, { indicator: 'none', description: 'All Systems Operational' });
  assert.deepEqual(read('incidents/unresolved').incidents, []);
  const [incident] = read('incidents').incidents;
  assert.equal(incident.resolved_at, '2026-01-05T12:18:00.000Z');
  assert.deepEqual(
    incident.incident_updates.map(({ status }: { status: string }) => status),
    ['resolved', 'investigating'],
  );
});

test('ids in feeds stay the same while an incident goes on, and feeds are well-formed', () => {
  const ids = (text: string) => [...text.matchAll(/<id>(.*?)<\/id>/g)].map(([, id]) => id);
  const [early, late] = [files('ack'), files('resolved')];
  assert.deepEqual(ids(early.get('history.atom')!), ids(late.get('history.atom')!));
  const [, first] = ids(early.get('updates.atom')!);
  assert.ok(ids(late.get('updates.atom')!).includes(first!));
  for (const path of ['history.atom', 'updates.atom', 'history.rss', 'badge.svg'])
    assert.doesNotThrow(() => parseXml(late.get(path)!), path);
});

test('nothing from outside becomes markup, in no file', () => {
  const title = '<script>alert(1)</script>"&\u0000]]>';
  const { incident } = new Case().open({ title, service: title, breach: title, components: [title] });
  const settings = {
    ...SETTINGS,
    name: title,
    components: [{ ...SETTINGS.components[0]!, name: title, group: title }],
  };
  const page = statusPage(settings, [incident], 'internal', T0);
  assert.equal(page.incidents.length, 1);
  for (const { path, text } of statusFiles(page)) {
    if (path.endsWith('.json')) {
      assert.doesNotThrow(() => JSON.parse(text), path);
      continue;
    }
    assert.doesNotMatch(text, /<script>alert/, path);
    if (/\.(atom|rss|svg)$/.test(path)) assert.doesNotThrow(() => parseXml(text), path);
  }
});

test('the page’s policy allows its one script and nothing else', () => {
  const digest = createHash('sha256').update(SCRIPT_TEXT).digest('base64');
  assert.ok(files('ack').get('index.html')!.includes(`script-src 'sha256-${digest}'`));
});

test('what links to other files comes after them', () => {
  const page = statusPage(SETTINGS, [told()], 'public', T0 + 30 * MINUTE);
  assert.equal(statusFiles(page).at(-1)?.path, 'index.html');
});
