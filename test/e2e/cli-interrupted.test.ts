import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type LocalAwsProcess, Running, startLocalAws } from './processes.ts';
import { bad, good, type ReleaseJson, type Service, Site } from './site.ts';

let site: Site;
before(async () => {
  site = await Site.open();
});
after(() => site.close());

async function upgraded(source = good('two')): Promise<Service> {
  const service = await site.service(good('one'));
  await service.publish(source);
  return service;
}

const SLOW = ['--version', '2', '--strategy', '25% 700ms, 50% 700ms', '--bake', '700ms'];

interface Moment {
  readonly when: string;
  readonly says: RegExp;
  readonly args?: readonly string[];
}

const moments: readonly Moment[] = [
  { when: 'as soon as the release has started', says: /release r-\w+; to stop it/ },
  { when: 'while it asks for the first weight', says: /sending version 2 25 %/ },
  { when: 'while it holds the first weight', says: /read back: version 1 75 %/ },
  { when: 'while it asks for the second weight', says: /sending version 2 50 %/ },
  { when: 'while it bakes at 100 %', says: /read back: version 2 alone/ },
  { when: 'while it removes the owner tag', says: /removing the owner tag/ },
];

describe('a release goes on after', { concurrency: 4 }, () => {
  describe('a deploying process that is killed with kill -9', { concurrency: 4 }, () => {
    for (const { when, says } of moments) {
      test(`${when} leaves a release that watch finishes`, async () => {
        const service = await upgraded();
        const deploy = service.start('deploy', ...SLOW);
        await deploy.says(says);
        await deploy.kill('SIGKILL');
        const { code, stdout, stderr } = await service.run('watch');
        // Killed at the last moment, the release may have ended by itself.
        if (code === 6) assert.match(stderr, /ended promoted/);
        else assert.equal(code, 0, stdout + stderr);
        await service.assertLive('2');
      });
    }

    test('before it has started leaves nothing behind, and the next deploy works', async () => {
      const service = await upgraded();
      const deploy = service.start('deploy', ...SLOW);
      await deploy.says(/: planning/);
      await deploy.kill('SIGKILL');
      const { code, stderr } = await service.run('watch');
      if (code === 6) assert.equal((await service.run('deploy', ...SLOW)).code, 0);
      else assert.equal(code, 0, stderr);
      await service.assertLive('2');
    });

    test('in the middle of a rollback leaves a rollback that watch finishes', async () => {
      const service = await upgraded(bad('two'));
      await service.underTraffic(async () => {
        const deploy = service.start('deploy', '--version', '2', '--strategy', 'canary 50% 10m');
        await deploy.says(/rolling back to version 1/);
        await deploy.kill('SIGKILL');
        const { code, stdout, stderr } = await service.run('watch');
        if (code === 6) assert.match(stderr, /ended rolledBack/);
        else assert.equal(code, 3, stdout + stderr);
      });
      await service.assertLive('1');
    });

    test('while its hook runs leaves a release that watch finishes', async () => {
      const service = await upgraded();
      const slowHook = `export const handler = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      return { status: 'Succeeded' };
    };`;
      const hook = await site.service(slowHook, { alias: null, timeoutSeconds: 30 });
      const deploy = service.start('deploy', ...SLOW, '--pre-traffic', hook.name);
      await deploy.says(/calling the pre-traffic hook/);
      await deploy.kill('SIGKILL');
      const { code, stdout, stderr } = await service.run('watch');
      assert.equal(code, 0, stdout + stderr);
      await service.assertLive('2');
    });
  });

  describe('a deploying process that is asked to go', { concurrency: 3 }, () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      test(`by ${signal} stops watching with 130, says what goes on, and the release goes on when watched`, async () => {
        const service = await upgraded();
        const deploy = service.start('deploy', '--version', '2', '--strategy', 'canary 25% 3s', '--bake', '300ms');
        await deploy.says(/read back: version 1 75 %/);
        const { code, stdout, stderr } = await deploy.kill(signal);
        assert.equal(code, 130);
        assert.match(stdout, /running/);
        assert.match(stderr, /Stopped watching\. Release r-\w+ was not ended: .*25 % of the traffic on version 2/);
        assert.match(stderr, /switchback watch --function \S+ --alias live\n +switchback rollback /);
        const watched = await service.json('watch');
        assert.deepEqual({ code: watched.code, state: watched.json.state }, { code: 0, state: 'promoted' });
        await service.assertLive('2');
      });
    }

    test('by its reader, who has seen enough, ends quietly', async () => {
      const service = await upgraded();
      const history = service.start('history');
      history.child.stdout?.destroy();
      const { stderr } = await history.ended;
      assert.doesNotMatch(stderr, /EPIPE|at .*\.ts:/);
    });
  });

  describe('an endpoint that goes away', { concurrency: 2 }, () => {
    /** An endpoint of its own, with a service of two versions; `lose` it, and bring it `back` with what it knew. */
    async function throughOutage(
      play: (service: Service, lose: () => Promise<void>, back: () => Promise<void>) => Promise<void>,
    ): Promise<void> {
      const lost = await Site.open({ dataDir: 'aws' });
      let again: LocalAwsProcess | undefined;
      const back = async (): Promise<void> => {
        again = await startLocalAws(lost.env, { port: lost.local.port, dataDir: path.join(lost.folder, 'aws') });
      };
      try {
        const service = await lost.service(good('one'));
        await service.publish(good('two'));
        await play(service, () => lost.local.kill(), back);
      } finally {
        assert.equal((await again?.stop()) ?? 0, 0);
        lost.discard();
      }
    }

    test('in mid-release: the release waits for it and is resumed when it is back', () =>
      throughOutage(async (service, lose, back) => {
        const deploy = service.start('deploy', '--version', '2', '--strategy', '25% 1s, 50% 1s', '--bake', '300ms');
        await deploy.says(/read back: version 1 75 %/);
        await lose();
        await deploy.says(/ECONNREFUSED|cannot be|could not|nothing answers/);
        await back();
        const { code, stdout, stderr } = await deploy.ended;
        assert.equal(code, 0, stdout + stderr);
        await service.assertLive('2');
      }));

    test('loses no rollback that is ordered meanwhile: it is carried out when the endpoint is back', () =>
      throughOutage(async (service, lose, back) => {
        const deploy = service.start('deploy', '--version', '2', '--strategy', 'canary 25% 1h');
        await deploy.says(/read back: version 1 75 %/);
        await lose();
        const ordered = service.start('rollback', '--reason', 'customers call');
        await ordered.says(/has the order to go back to version 1/);
        await back();
        const ends = await Promise.all([ordered.ended, deploy.ended]);
        assert.deepEqual(
          ends.map(({ code }) => code),
          [0, 3],
          ends.map(({ stderr }) => stderr).join(),
        );
        await service.assertLive('1');
      }));

    test('while a command asks it is named, with what to do', async () => {
      const args = ['rollback', '--function', 'f', '--alias', 'live', '--json'];
      const env = {
        ...site.env,
        AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
        SWITCHBACK_STATE: path.join(site.folder, 'x'),
      };
      const { code, stdout } = await new Running(args, env, site.folder).ended;
      assert.equal(code, 1);
      const { error } = JSON.parse(stdout) as { error: { message: string; next: string } };
      assert.match(error.message, /nothing answers at http:\/\/127\.0\.0\.1:9/);
      assert.match(error.next, /switchback local/);
    });
  });

  describe('an answer that is lost or late', { concurrency: 2 }, () => {
    let faulty: Site;
    before(async () => {
      faulty = await Site.open();
    });
    after(() => faulty.close());

    async function fault(rule: object): Promise<void> {
      const { status } = await fetch(`${faulty.local.endpoint}/_local/faults`, {
        method: 'PUT',
        body: JSON.stringify({ service: 'lambda', operation: 'UpdateAlias', ...rule }),
      });
      assert.equal(status, 200);
    }

    test('leads to no doubled write and no wrong end', async () => {
      const service = await faulty.service(good('one'));
      await service.publish(good('two'));
      await fault({ kind: 'lostAnswer', times: 2 });
      const { code, json } = await service.json<ReleaseJson>('deploy', ...SLOW);
      assert.deepEqual({ code, state: json.state }, { code: 0, state: 'promoted' });
      await service.assertLive('2');
    });

    test('from a write that a killed process had sent is found again by whoever takes over', async () => {
      const service = await faulty.service(good('one'));
      await service.publish(good('two'));
      await fault({ kind: 'slow', delayMs: 1_000, times: 1 });
      const deploy = service.start('deploy', ...SLOW);
      await deploy.says(/sending version 2 25 %/);
      await deploy.kill('SIGKILL');
      const { code, stdout, stderr } = await service.run('watch');
      assert.equal(code, 0, stdout + stderr);
      await service.assertLive('2');
    });
  });
});
