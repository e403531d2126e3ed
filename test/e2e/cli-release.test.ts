import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bad, good, type ReleaseJson, Site, zipOf } from './site.ts';

let site: Site;
before(async () => {
  site = await Site.open();
});
after(() => site.close());

const QUICK = ['--strategy', 'canary 50% 300ms', '--bake', '300ms'];

function zipFile(name: string, source: string): string {
  const file = path.join(site.folder, name);
  writeFileSync(file, zipOf(source));
  return file;
}

describe('a release with the real command', { concurrency: 4 }, () => {
  test('of a good zip is promoted, and its words go to the right stream', async () => {
    const service = await site.service(good('one'));
    const zip = zipFile('good.zip', good('two'));
    const { code, stdout, stderr } = await service.underTraffic(() => service.run('deploy', '--zip', zip, ...QUICK));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /✔ promoted/);
    assert.match(stdout, /version 2 100 %/);
    assert.match(stderr, /from +version 1 \(stable\)/);
    assert.match(stderr, /read back: version 1 50 % and version 2 50 %/);
    assert.doesNotMatch(stdout, /read back: version/);
    await service.assertLive('2');
  });

  test('of a bad zip is rolled back with exit 3: alias back, tag gone, bad version kept', async () => {
    const service = await site.service(good('one'));
    const zip = zipFile('bad.zip', bad('two'));
    const { code, json } = await service.underTraffic(() =>
      service.json('deploy', '--zip', zip, '--strategy', 'canary 50% 60s'),
    );
    assert.equal(code, 3, json.reason);
    assert.deepEqual(
      { ...json, id: null, reason: '', evidence: [] },
      {
        ...json,
        id: null,
        state: 'rolledBack',
        reason: '',
        stable: '1',
        candidate: '2',
        weightPercent: 0,
        evidence: [],
      },
    );
    assert.match(json.reason, /failures landed on v2/);
    assert.ok(json.evidence.some(({ outcome }) => outcome === 'fail'));
    await service.assertLive('1');
    assert.deepEqual(await service.versions(), ['1', '2']);
    const diagnosis = await service.json<{ findings: { next: { command: string }[] }[] }>('diagnose');
    assert.equal(diagnosis.code, 0);
    assert.match(diagnosis.json.findings[0]?.next[0]?.command ?? '', /aws logs filter-log-events .*\[2\]/);
  });
});
