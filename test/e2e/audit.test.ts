import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { Running } from './processes.ts';
import { ACCOUNT, good, REGION, Site } from './site.ts';

let site: Site;
before(async () => {
  site = await Site.open();
});
after(() => site.close());

interface ReconciledJson {
  readonly ours: number;
  readonly others: readonly { readonly told: string; readonly isRollback: boolean; readonly by: string }[];
  readonly unseen: readonly unknown[];
  readonly limits: readonly string[];
}

test('the ledger is verified, exported, compared with CloudTrail, and gives a secret up', async () => {
  const service = await site.service(good('one'));
  await service.publish(good('two'));
  const secret = 'tok-5f1c2a77';
  const why = ['--reason', `ticket 7, pasted ${secret}`];
  const state = path.join(site.folder, 'audit.db');
  const at = (...rest: string[]) => ['--state', state, ...rest];
  const deploy = ['--version', '2', '--strategy', 'all-at-once', '--bake', '1s', ...why];
  const released = await service.run('deploy', ...deploy, ...at());
  assert.equal(released.code, 0, released.stderr);
  // Somebody switches back by hand and asks nobody.
  const RoutingConfig = { AdditionalVersionWeights: {} };
  await site.lambda.updateAlias({ FunctionName: service.name, Name: 'live', FunctionVersion: '1', RoutingConfig });

  const audit = (verb: string, ...rest: string[]) =>
    new Running(['audit', verb, ...at(...rest)], { ...site.env }, site.folder).ended;
  const whole = await audit('verify', '--json');
  assert.equal(whole.code, 0, whole.stderr);
  assert.equal(JSON.parse(whole.stdout).ok, true);

  const file = path.join(site.folder, 'ledger.jsonl');
  const exported = await audit('export', '--out', file, '--json');
  assert.equal(exported.code, 0, exported.stderr);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  assert.equal(lines.length, JSON.parse(exported.stdout).entries);
  const first = JSON.parse(lines[0]!);
  assert.deepEqual([first.kind, first.who.provedBy, first.why], ['start', 'sts', `ticket 7, pasted ${secret}`]);
  const table = await audit('export', '--format', 'csv');
  assert.equal(table.stdout.trimEnd().split('\r\n').length, lines.length + 1);

  const compared = await audit('reconcile', '--json');
  assert.equal(compared.code, 0, compared.stderr);
  const found = JSON.parse(compared.stdout) as ReconciledJson;
  assert.ok(found.ours >= 2, compared.stdout);
  const back = found.others.filter(({ isRollback }) => isRollback);
  assert.deepEqual(
    back.map(({ told }) => told),
    [`${service.name}:live was switched back from version 2 to version 1`],
  );
  assert.deepEqual(found.unseen, []);
  assert.ok(found.limits.some((limit) => limit.includes('90 days')));

  const text = path.join(site.folder, 'secret.txt');
  writeFileSync(text, `${secret}\n`);
  const actor = `${ACCOUNT}/${REGION}/${service.name}/live`;
  const redacted = await audit('redact', '--actor', actor, '--text-file', text, '--reason', 'a token was pasted');
  assert.equal(redacted.code, 0, redacted.stderr);
  assert.ok(!readFileSync(state, 'latin1').includes(secret));
  const against = await audit('verify', '--against', file);
  assert.equal(against.code, 0, against.stdout);
  assert.match(against.stdout, /is whole/);
  const history = await service.run('history', ...at());
  assert.match(history.stdout, /pasted \[redacted\]/);

  const db = new DatabaseSync(state);
  db.exec(`update ledger set who = replace(who, 'alice', 'mallory') where sequence = 1`);
  db.close();
  const broken = await audit('verify');
  assert.equal(broken.code, 4);
  assert.match(broken.stdout, /is not as it was written/);
});
