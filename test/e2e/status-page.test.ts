import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium } from 'playwright-core';
import { statusPage } from '../../src/core/status/page.ts';
import { statusFiles } from '../../src/present/status/files.ts';
import { Case, MINUTE } from '../core/incident/builders.ts';
import { T0 } from '../core/release/builders.ts';
import { SETTINGS, told } from '../core/status/builders.ts';

/** Debian's package. */
const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
];
const skip =
  existsSync(CHROMIUM) || process.env.SWITCHBACK_REQUIRE_ALL === '1' ? false : 'needs Debian’s package chromium';

let browser: Browser;
let server: Server;
let folder: string;

/** The files as a web server would serve them. */
async function serve(
  files: ReadonlyMap<string, { readonly contentType: string; readonly text: string }>,
): Promise<string> {
  server = createServer(({ url = '/' }, response) => {
    const found = files.get(url.slice(1).split('?')[0] || 'index.html');
    response.writeHead(found ? 200 : 404, { 'content-type': found?.contentType ?? 'text/plain' });
    response.end(found?.text ?? 'not found');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a status page in a browser', { skip }, () => {
  let endpoint = '';
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'switchback-browser-'));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    const internal = new Case().open({ title: 'checkout fails' }).triaged('SEV-1').incident;
    const pages = [
      ['', statusPage(SETTINGS, [told('ack')], 'public', T0 + 30 * MINUTE)],
      ['inside/', statusPage(SETTINGS, [internal, told()], 'internal', T0 + 30 * MINUTE)],
    ] as const;
    endpoint = await serve(
      new Map(
        pages.flatMap(([prefix, page]) => statusFiles(page).map((file) => [`${prefix}${file.path}`, file] as const)),
      ),
    );
  });
  after(async () => {
    await browser?.close();
    await new Promise<void>((closed) => server?.close(() => closed()) ?? closed());
    rmSync(folder, { recursive: true, force: true });
  });

  for (const colorScheme of ['light', 'dark'] as const)
    test(`breaks no rule of WCAG 2.2 A and AA in ${colorScheme}, on any of its pages`, async () => {
      const context = await browser.newContext({ colorScheme });
      const page = await context.newPage();
      for (const file of ['', 'incidents/INC-1.html', 'history.html', 'inside/', 'inside/incidents/INC-1.html']) {
        await page.goto(`${endpoint}/${file === 'inside/' ? 'inside/index.html' : file}`);
        const { violations } = await new AxeBuilder({ page })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
          .analyze();
        assert.deepEqual(
          violations.map(({ id, nodes }) => `${file} ${id}: ${nodes[0]?.html}`),
          [],
        );
      }
      await context.close();
    });

  test('is whole without any script, on a narrow screen, and says nothing wrong of its age', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 320, height: 640 } });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(endpoint);
    assert.match((await page.getByRole('status').textContent()) ?? '', /does not work for some users: Checkout/);
    assert.equal(await page.locator('#old').isVisible(), false);
    const wide = Number(await page.evaluate('document.documentElement.scrollWidth'));
    assert.ok(wide <= 320, `${wide} px wide`);
    await page.getByRole('link', { name: 'Checkout: errors' }).first().click();
    assert.match(await page.locator('main').innerText(), /Some users may be seeing errors/);
    assert.deepEqual(errors, []);
    await context.close();
  });

  test('says that it may be out of date once it is, by the one script that its policy allows', async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(endpoint);
    assert.equal(await page.locator('#old').isVisible(), true, 'it was made long ago');
    assert.deepEqual(errors, []);
    await page.close();
  });
});
