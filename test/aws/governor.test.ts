import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { createAliases } from '../../src/aws/aliases.ts';
import { watching, watchingMany } from '../../src/aws/calling.ts';
import { createClients } from '../../src/aws/clients.ts';
import { systemClock } from '../../src/aws/clock.ts';
import { freshCredentials } from '../../src/aws/credentials.ts';
import { AWS_QUOTAS } from '../../src/aws/quotas.ts';
import { createVersions } from '../../src/aws/versions.ts';
import { AwsError, startScriptedAws } from './scripted-aws.ts';

const KEY = { account: '123456789012', region: 'us-east-1', function: 'orders', alias: 'live' };
const TO = { version: '1', second: null, description: '' };

const throttle = (): never => {
  throw new AwsError('TooManyRequestsException', 'Rate exceeded', { Reason: 'CallerRateLimitExceeded' }, 429);
};

describe('calls to AWS', () => {
  test('are made once for a caller that tries again by itself, and up to three times for others', async () => {
    await using scripted = await startScriptedAws();
    for (const operation of ['GetAlias', 'UpdateAlias', 'ListVersionsByFunction'])
      scripted.on('lambda', operation, throttle);
    const clients = createClients({ endpointUrl: scripted.endpointUrl }, {});
    const aliases = createAliases(clients);
    await assert.rejects(aliases.get(KEY, 'rollback'), { kind: 'throttled' });
    await assert.rejects(aliases.update(KEY, TO, 'r1', 'step'), { kind: 'throttled' });
    await assert.rejects(createVersions(clients, systemClock).list('orders', 1), { kind: 'throttled' });
    const times = (operation: string) => scripted.inputs(operation).length;
    assert.deepEqual([times('GetAlias'), times('UpdateAlias'), times('ListVersionsByFunction')], [1, 1, 3]);
    await assert.rejects(
      watching(() => aliases.get(KEY)),
      { kind: 'throttled' },
    );
    assert.equal(times('GetAlias'), 2);
    clients.close();
  });

  test('are not made again for a caller who is gone', async () => {
    await using scripted = await startScriptedAws();
    const gone = new AbortController();
    scripted.on('lambda', 'GetAlias', () => {
      gone.abort(new Error('gone'));
      return throttle();
    });
    const clients = createClients({ endpointUrl: scripted.endpointUrl }, {});
    const aliases = createAliases(clients);
    const read = () => watchingMany(() => aliases.get(KEY), gone.signal);
    await assert.rejects(read());
    await assert.rejects(read());
    assert.equal(scripted.calls.length, 1);
    clients.close();
  });

  test('share one budget, in which a rollback passes everybody who waits', async () => {
    await using scripted = await startScriptedAws();
    const order: string[] = [];
    scripted.on('lambda', 'GetAlias', () => {
      order.push('read');
      return { FunctionVersion: '6', RevisionId: 'r1' };
    });
    scripted.on('lambda', 'UpdateAlias', () => {
      order.push('rollback');
      return { FunctionVersion: '6', RevisionId: 'r2' };
    });
    const quotas = { ...AWS_QUOTAS, lambda: 4 };
    const clients = createClients({ endpointUrl: scripted.endpointUrl, quotas }, {});
    const aliases = createAliases(clients);
    const reads = Array.from({ length: 8 }, () => watching(() => aliases.get(KEY)));
    await scripted.called('GetAlias', 1);
    const startedAt = performance.now();
    await aliases.update(KEY, TO, 'r1', 'rollback');
    assert.ok(performance.now() - startedAt < 1_000);
    assert.ok(order.indexOf('rollback') <= 4, order.join(' '));
    await Promise.all(reads);
    clients.close();
  });
});

describe('credentials', () => {
  test('from a file are read again once AWS has refused them, and not before', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'switchback-credentials-'));
    const file = path.join(folder, 'credentials');
    const write = (key: string) =>
      writeFile(file, `[somebody]\naws_access_key_id = ${key}\naws_secret_access_key = secret\n`);
    const before = { ...process.env };
    process.env.AWS_SHARED_CREDENTIALS_FILE = file;
    process.env.AWS_CONFIG_FILE = path.join(folder, 'config');
    let nowMs = 0;
    const clock = { now: () => Date.now() + nowMs, sleep: systemClock.sleep };
    try {
      await write('OLD');
      const source = freshCredentials(clock, { profile: 'somebody' });
      const found = async () => (await source.provide()).accessKeyId;
      assert.equal(await found(), 'OLD');
      await write('NEW');
      nowMs += 5_000;
      assert.equal(await found(), 'OLD', 'nobody has refused them');
      source.forget();
      assert.equal(await found(), 'NEW');
    } finally {
      process.env = before;
      await rm(folder, { recursive: true });
    }
  });
});
