import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Running } from './processes.ts';
import { bareEnvironment } from './site.ts';

/** What `npm start` runs; its last lines are the first files and commands that a new user tries. */
describe('a rehearsal', () => {
  for (const [where, shared] of [
    ['on a machine that has nothing', {}],
    ['where the team’s state is shared', { SWITCHBACK_STATE: 's3://the-teams-bucket/state' }],
  ] as const) {
    test(`${where} switches a bad version back, leads its incident to the end, and keeps to itself`, async (t) => {
      const home = await mkdtemp(path.join(tmpdir(), 'switchback-rehearse-'));
      t.after(() => rm(home, { recursive: true, force: true }));
      const env = { ...bareEnvironment(home), ...shared };
      const { code, stdout, stderr } = await new Running(['rehearse', '--rps', '30'], env, home).ended;
      assert.equal(code, 0, stdout + stderr);
      // By whichever guard was the first to see it.
      assert.match(stdout, /^ {2}end {7}◀ rolled back: \S/m);
      assert.match(stdout, /^✔ as it should be$/m);
      for (const what of ['page', 'report', 'ledger']) {
        const file = new RegExp(`^ {2}${what} +(/.+)$`, 'm').exec(stdout)?.[1];
        assert.ok(file && existsSync(file), `${what}: ${file}`);
      }
      const [, command = '', args = ''] = /^ {2}look +(\S+) (.+)$/m.exec(stdout) ?? [];
      const seen = spawnSync(command, args.split(' '), { env, cwd: home, encoding: 'utf8' });
      assert.equal(seen.status, 0, `${command} ${args}: ${seen.error ?? seen.stderr}`);
      assert.match(seen.stdout, /^INC-\w+ {2}SEV-\d {2}✔ resolved$/m);
      assert.deepEqual(await readdir(home), ['.local']);
      assert.deepEqual(await readdir(path.join(home, '.local/state/switchback')), ['rehearsals']);
    });
  }
});
