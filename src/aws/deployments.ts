import type { DeploymentInfo, LambdaFunctionInfo, TrafficRoutingConfig } from '@aws-sdk/client-codedeploy';
import type { Deployment, Deployments, DeploymentTarget } from '../app/ports/deployments.ts';
import { AwsProblem } from '../app/ports/problem.ts';
import type { DeploymentReading, DeploymentStatus } from '../core/release/deployment.ts';
import type { Step } from '../core/release/plan.ts';
import type { Clients } from './clients.ts';
import { call, callOrMissing } from './problem.ts';

const OPEN: DeploymentStatus[] = ['Created', 'Queued', 'InProgress', 'Baking', 'Ready'];
const ENDED: DeploymentStatus[] = ['Succeeded', 'Failed', 'Stopped'];
/** CodeDeploy's page; more than this nobody asks for. */
const MAX_PAGES = 10;
const MINUTE_MS = 60_000;

/** CodeDeploy's deployments to Lambda. */
export function createDeployments(clients: Clients): Deployments {
  async function info(deploymentId: string): Promise<DeploymentInfo | undefined> {
    return callOrMissing('codedeploy:GetDeployment', async () => {
      const codedeploy = await clients.codedeploy();
      return (await codedeploy.getDeployment({ deploymentId })).deploymentInfo;
    });
  }

  return {
    async read(id) {
      const found = await info(id);
      return found && readingOf(found);
    },

    async describe(id) {
      const found = await info(id);
      if (!found || (found.computePlatform !== undefined && found.computePlatform !== 'Lambda')) return undefined;
      const [target, steps] = await Promise.all([
        targetOf(clients, id),
        stepsOf(clients, found.deploymentConfigName).catch(() => undefined),
      ]);
      return {
        ...readingOf(found),
        id,
        application: found.applicationName ?? '',
        group: found.deploymentGroupName ?? '',
        config: found.deploymentConfigName ?? '',
        creator: found.creator ?? 'user',
        createdMs: found.createTime?.getTime() ?? 0,
        target,
        steps,
      } satisfies Deployment;
    },

    async list({ application, group, which, limit }) {
      return call('codedeploy:ListDeployments', async () => {
        const codedeploy = await clients.codedeploy();
        const ids: string[] = [];
        let nextToken: string | undefined;
        for (let pages = 0; pages < MAX_PAGES && ids.length < limit; pages += 1) {
          const page = await codedeploy.listDeployments({
            includeOnlyStatuses: which === 'open' ? OPEN : ENDED,
            ...(application === undefined ? {} : { applicationName: application }),
            ...(group === undefined ? {} : { deploymentGroupName: group }),
            ...(nextToken === undefined ? {} : { nextToken }),
          });
          ids.push(...(page.deployments ?? []));
          nextToken = page.nextToken;
          if (nextToken === undefined) break;
        }
        return ids.slice(0, limit);
      });
    },

    async stop(deploymentId) {
      try {
        await call('codedeploy:StopDeployment', async () => {
          const codedeploy = await clients.codedeploy();
          await codedeploy.stopDeployment({ deploymentId, autoRollbackEnabled: true });
        });
      } catch (error) {
        if (!(error instanceof AwsProblem) || error.code !== 'DeploymentAlreadyCompletedException') throw error;
      }
    },
  };
}

function readingOf({ status, errorInformation, rollbackInfo }: DeploymentInfo): DeploymentReading {
  const { code, message } = errorInformation ?? {};
  const rollbackId = rollbackInfo?.rollbackDeploymentId;
  return {
    status: status ?? 'Created',
    ...(code === undefined ? {} : { error: { code, message: message ?? '' } }),
    ...(rollbackId === undefined ? {} : { rollbackId }),
  };
}

/** The function and alias; undefined until CodeDeploy has read the revision. */
async function targetOf(clients: Clients, deploymentId: string): Promise<DeploymentTarget | undefined> {
  return callOrMissing('codedeploy:GetDeploymentTarget', async () => {
    const codedeploy = await clients.codedeploy();
    const { targetIds = [] } = await codedeploy.listDeploymentTargets({ deploymentId });
    if (targetIds.length === 0) return undefined;
    const { deploymentTargets = [] } = await codedeploy.batchGetDeploymentTargets({ deploymentId, targetIds });
    return functionOf(deploymentTargets[0]?.lambdaTarget?.lambdaFunctionInfo ?? {});
  });
}

function functionOf(found: LambdaFunctionInfo): DeploymentTarget | undefined {
  const { functionName, functionAlias: alias, currentVersion, targetVersion } = found;
  if (!functionName || !alias || !currentVersion || !targetVersion) return undefined;
  // An AppSpec may name the function by its ARN.
  const name = functionName.split(':').at(functionName.startsWith('arn:') ? 6 : -1) ?? functionName;
  return { function: name, alias, currentVersion, targetVersion };
}

async function stepsOf(clients: Clients, name: string | undefined): Promise<readonly Step[] | undefined> {
  if (name === undefined) return undefined;
  return callOrMissing('codedeploy:GetDeploymentConfig', async () => {
    const codedeploy = await clients.codedeploy();
    const { deploymentConfigInfo } = await codedeploy.getDeploymentConfig({ deploymentConfigName: name });
    return stepsOfRouting(deploymentConfigInfo?.trafficRoutingConfig ?? {});
  });
}

/** A configuration's shifts as steps: the weight, and how long it is held. A linear one shifts at the start of each interval. */
export function stepsOfRouting({ type, timeBasedCanary, timeBasedLinear }: TrafficRoutingConfig): readonly Step[] {
  const end: Step = { weightPercent: 100, holdMs: 0 };
  if (type === 'TimeBasedCanary') {
    const { canaryPercentage: weightPercent = 100, canaryInterval: minutes = 0 } = timeBasedCanary ?? {};
    return [{ weightPercent, holdMs: minutes * MINUTE_MS }, end];
  }
  const { linearPercentage: percent = 0, linearInterval: minutes = 0 } = timeBasedLinear ?? {};
  if (type !== 'TimeBasedLinear' || percent <= 0) return [end];
  const rising = Array.from({ length: Math.ceil(100 / percent) - 1 }, (_, index) => ({
    weightPercent: (index + 1) * percent,
    holdMs: minutes * MINUTE_MS,
  }));
  return [...rising, end];
}
