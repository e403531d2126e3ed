import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Channels, Outgoing } from '../../../src/app/ports/channels.ts';
import { PAGE_CHANNEL, withPage } from '../../../src/app/status/channel.ts';
import { folderTarget } from '../../../src/app/status/folder.ts';
import { createPublisher } from '../../../src/app/status/publish.ts';
import { PLAIN_PAGE, pageSettings, StatusPageSchema } from '../../../src/app/status/schema.ts';
import { statusFiles } from '../../../src/present/status/files.ts';
import { T0 } from '../../core/release/builders.ts';
import { told } from '../../core/status/builders.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchback-pages-'));
});
after(() => rm(folder, { recursive: true }));

function ports(now = () => T0) {
  return { clock: { now }, incidents: async () => [told()], render: statusFiles };
}

test('a page is written whole, its first file last, and what is as it was is not written again', async () => {
  const paths: string[] = [];
  const inner = folderTarget(join(folder, 'page'));
  const target = {
    ...inner,
    write(path: string, text: string, type: string) {
      paths.push(path);
      return inner.write(path, text, type);
    },
  };
  let now = T0 + 3_600_000;
  const publisher = createPublisher(
    PLAIN_PAGE,
    [{ audience: 'public', target }],
    ports(() => now),
  );
  const [first] = await publisher.publish();
  assert.equal(first?.written, paths.length);
  assert.equal(paths.at(-1), 'index.html');
  assert.match(await readFile(join(folder, 'page/index.html'), 'utf8'), /Everything works\./);
  assert.equal(
    (await readdir(join(folder, 'page'))).some((name) => name.endsWith('.tmp')),
    false,
  );
  const [second] = await publisher.publish();
  assert.equal(second?.written, 0);
  now += 60_000;
  const [third] = await publisher.publish();
  assert.ok(third!.written > 0 && third!.written < first!.written, 'feeds of old incidents stay as they are');
});

test('a file of a page never leaves its folder', async () => {
  for (const path of ['../x', '/etc/x', 'a/../../x', '.hidden', ''])
    await assert.rejects(folderTarget(folder).write(path, '', 'text/plain'), /no file of a status page/, path);
});

test('two publications at once leave the newer one', async () => {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((open) => {
    release = open;
  });
  let now = T0;
  const seen: string[] = [];
  const target = {
    place: 'memory',
    async write(path: string, text: string) {
      if (seen.length === 0) await gate;
      if (path === 'index.html') seen.push(/data-made="(\d+)"/.exec(text)![1]!);
      else seen.push(path);
    },
  };
  const publisher = createPublisher(
    PLAIN_PAGE,
    [{ audience: 'public', target }],
    ports(() => now),
  );
  const first = publisher.publish();
  now += 1_000;
  const second = publisher.publish();
  release();
  await Promise.all([first, second]);
  assert.equal(seen.filter((each) => /^\d+$/.test(each)).at(-1), String(T0 + 1_000));
});

test('customers are told by the page as by a channel, and what cannot be written is tried again later', async () => {
  const none: Channels = {
    channelsFor: () => [],
    deliver: async () => ({ outcome: 'refused', told: 'not mine' }),
    lookUp: async () => ({ outcome: 'absent' }),
    remind: async () => ({ outcome: 'accepted', ref: 'r' }),
  };
  const outgoing = (name: string) =>
    ({ message: { channel: { name } }, about: { facts: { id: 'INC-1' } } }) as unknown as Outgoing;
  const target = folderTarget(join(folder, 'channel'));
  const publisher = createPublisher(PLAIN_PAGE, [{ audience: 'public', target }], ports());
  const channels = withPage(none, publisher, 'https://status.shop.example');
  const { about } = outgoing('x');
  assert.deepEqual(channels.channelsFor('customers', about), [PAGE_CHANNEL]);
  assert.deepEqual(channels.channelsFor('responders', about), []);
  assert.deepEqual(await channels.deliver(outgoing(PAGE_CHANNEL.name)), {
    outcome: 'accepted',
    ref: 'https://status.shop.example/incidents/INC-1.html',
  });
  assert.deepEqual(await channels.deliver(outgoing('other')), { outcome: 'refused', told: 'not mine' });
  const broken = { publish: () => Promise.reject(new Error('disk full')) };
  const answer = await withPage(none, broken, null).deliver(outgoing(PAGE_CHANNEL.name));
  assert.deepEqual(answer, {
    outcome: 'later',
    told: 'the status page could not be written: disk full',
    afterMs: null,
  });
});

test('what the configuration says of a page, and what is wrong with it', () => {
  const config = {
    name: 'The Shop',
    url: 'https://status.shop.example/',
    components: [{ id: 'checkout', name: 'Checkout' }],
    maintenances: [
      {
        id: 'db',
        name: 'Database',
        description: 'x',
        from: '2026-01-05',
        until: '2026-01-06',
        components: ['checkout'],
      },
    ],
  };
  const settings = pageSettings(StatusPageSchema.parse(config), []);
  assert.equal(settings.url, 'https://status.shop.example');
  assert.equal(settings.maintenances[0]?.untilMs, Date.UTC(2026, 0, 6));
  assert.deepEqual(
    pageSettings(PLAIN_PAGE, ['Check out!', 'search', 'search', '…']).components.map(({ id }) => id),
    ['check-out', 'search', 'service-3'],
  );
  const cases: [object, RegExp][] = [
    [{ ...config, public: 's3://x' }, /write a folder, or s3:/],
    [{ ...config, url: 'ftp://x' }, /https/],
    [{ ...config, components: [...config.components, ...config.components] }, /stands here already/],
    [{ ...config, maintenances: [{ ...config.maintenances[0], until: '2026-01-04' }] }, /ends before it begins/],
    [{ ...config, maintenances: [{ ...config.maintenances[0], components: ['x'] }] }, /there is no component x/],
    [{ ...config, since: 'yesterday' }, /2026-01-05T12:00:00Z/],
  ];
  for (const [wrong, expected] of cases) {
    const { error } = StatusPageSchema.safeParse(wrong);
    assert.match(error?.message ?? '', expected);
  }
});
