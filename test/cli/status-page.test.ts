import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { World } from './fakes.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchback-status-page-'));
});
after(() => rm(folder, { recursive: true }));

test('the page of an incident on the terminal and in files, inside and outside', async () => {
  const world = new World();
  const opened = await world.run('incident', 'open', 'checkout fails', '--service', 'Checkout', '--severity', 'SEV-2');
  assert.equal(opened.exit, 0, opened.err);
  const inside = await world.run('status-page', 'show', '--internal');
  assert.match(inside.out, /Checkout: partly not available/);
  assert.match(inside.out, /now +checkout fails \(INC-/);
  const outside = await world.run('status-page', 'show');
  assert.match(outside.out, /Everything works/);
  const to = join(folder, 'site');
  const { exit, json, err } = await world.run('status-page', 'publish', '--internal', '--to', to, '--json');
  assert.equal(exit, 0, err);
  assert.equal(json.indicator, 'major');
  assert.match(await readFile(join(to, 'index.html'), 'utf8'), /checkout fails/);
});

test('a configuration gives the page its name and its components, and a slip in it is named with its line', async () => {
  const file = join(folder, 'switchback.yaml');
  await writeFile(file, 'statusPage:\n  name: The Shop\n  components:\n    - {id: basket, name: Basket}\n');
  const { out } = await new World().run('status-page', 'show', '--config', file);
  assert.match(out, /● Basket: works/);
  await writeFile(file, 'statusPage:\n  name: The Shop\n  componets: []\n');
  const wrong = await new World().run('status-page', 'show', '--config', file);
  assert.equal(wrong.exit, 2);
  assert.match(
    wrong.err,
    /switchback\.yaml:3:3: statusPage\.componets: there is no such key — did you mean "components"\?/,
  );
});
