import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../../property.ts';
import { appSpec, HOOK, inline, MINUTE, openSite, type Site } from './site.ts';

const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass'), minutes: fc.integer({ min: 0, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('deploy'), hooked: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stop'), rollback: fc.constantFrom(true, false, undefined) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('alarm'), state: fc.constantFrom('OK', 'ALARM') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('answer'), status: fc.constantFrom('Succeeded', 'Failed') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear') }) },
);
type Act = { do: string; minutes?: number; hooked?: boolean; rollback?: boolean; state?: string; status?: string };

/** Carries one act out; what the emulation refuses is part of the story. */
async function perform(site: Site, ids: string[], given: Act): Promise<void> {
  switch (given.do) {
    case 'pass':
      return site.pass((given.minutes ?? 0) * MINUTE);
    case 'deploy': {
      const hooks = given.hooked ? [{ BeforeAllowTraffic: HOOK }, { AfterAllowTraffic: HOOK }] : [];
      const here = (await site.alias()).charAt(0);
      const versions = { CurrentVersion: here, TargetVersion: here === '1' ? '2' : '1' };
      await site.deploy({ revision: inline(appSpec(versions, hooks)) }).then(
        (id) => ids.push(id),
        (error: Error) => assert.equal(error.name, 'DeploymentLimitExceededException'),
      );
      return;
    }
    case 'stop': {
      const rollback = given.rollback === undefined ? {} : { autoRollbackEnabled: given.rollback };
      const deploymentId = ids.at(-1);
      if (deploymentId === undefined) return;
      await site.aws
        .stopDeployment({ deploymentId, ...rollback })
        .catch((error: Error) => assert.equal(error.name, 'DeploymentAlreadyCompletedException'));
      return;
    }
    case 'alarm':
      return site.alarm('red', given.state as 'OK');
    case 'answer': {
      const { DeploymentId, LifecycleEventHookExecutionId } = site.hooked.at(-1) ?? {};
      if (!DeploymentId) return;
      await site.aws
        .putLifecycleEventHookExecutionStatus({
          deploymentId: DeploymentId,
          lifecycleEventHookExecutionId: LifecycleEventHookExecutionId,
          status: given.status as 'Failed',
        })
        .catch((error: Error) => assert.equal(error.name, 'LifecycleEventAlreadyCompletedException'));
      return;
    }
    default: {
      // Somebody puts a split alias in order by hand; a deployment under way would notice, so it is left alone then.
      const open = await site.aws.listDeployments({ includeOnlyStatuses: ['Created', 'Queued', 'InProgress'] });
      if (open.deployments?.length) return;
      const RoutingConfig = { AdditionalVersionWeights: {} };
      await site.world.aws.updateAlias({ FunctionName: 'f', Name: 'live', RoutingConfig });
    }
  }
}

test('whatever happens: one deployment a group, ends stay ends, and an alias is split only where a rollback was not wanted', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 25 }), async (acts) => {
      const site = await openSite();
      try {
        await site.alarm('red', 'OK');
        await site.group({
          alarmConfiguration: { enabled: true, alarms: [{ name: 'red' }] },
          autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'] },
        });
        const ids: string[] = [];
        const ends = new Map<string, string>();
        for (const each of acts) {
          await perform(site, ids, each as Act);
          await site.pass(0);
          const { deployments = [] } = await site.aws.listDeployments({});
          const states = await Promise.all(deployments.map(async (id) => [id, await site.status(id)] as const));
          const active = states.filter(([, status]) => /^(Created|Queued|InProgress)/.test(status));
          assert.ok(active.length <= 1, `${active.length} deployments at once`);
          for (const [id, status] of states) {
            const before = ends.get(id);
            if (before !== undefined) assert.equal(status, before, `${id} had ended`);
            else if (!active.some(([other]) => other === id)) ends.set(id, status);
          }
          const isSplit = (await site.alias()).includes('+');
          const newest = states[0]?.[1] ?? '';
          if (isSplit && active.length === 0) assert.match(newest, /MANUAL_STOP|INVALID_LAMBDA_CONFIGURATION/);
        }
        assert.deepEqual(site.bugs, []);
      } finally {
        await site.local.close();
      }
    }),
    { numRuns: 40 },
  );
});
