import { type Result, refuse } from '../../core/refusal.ts';
import { flagsOf } from '../../core/release/alias.ts';
import { deploymentText, isUnderWay } from '../../core/release/deployment.ts';
import type { Deployment, DeploymentQuery, DeploymentTarget } from '../ports/deployments.ts';
import type { Ports } from '../ports/index.ts';

type Reach = Pick<Ports, 'deployments' | 'clock'>;

/** A deployment whose target is known. */
export type TargetedDeployment = Deployment & { readonly target: DeploymentTarget };

/** CodeDeploy reads a revision within seconds of the deployment's creation. */
const TARGET_PATIENCE_MS = 15_000;
const TARGET_POLL_MS = 500;
/** Deployments that are looked at to find the one of an alias; a team has fewer under way at once. */
const MAX_SEARCHED = 25;
/** Enough to look behind deployments that were refused because of the one before them. */
const MAX_ENDED = 5;

/** The deployment of that id, if it can still be watched: it shifts a Lambda alias and has not ended. */
export async function findDeployment(ports: Reach, id: string): Promise<Result<TargetedDeployment>> {
  const deployment = await described(ports, id);
  if (!deployment) {
    return refuse(
      'usage',
      `CodeDeploy has no deployment "${id}" to Lambda in this region`,
      'aws deploy list-deployments --include-only-statuses Created Queued InProgress',
    );
  }
  const { target } = deployment;
  if (!isUnderWay(deployment)) {
    const flags = target ? ` ${flagsOf(target)}` : '';
    return refuse(
      'refused',
      `deployment ${id} has ended already: ${deploymentText(deployment)}`,
      `switchback repair${flags} --dry-run   tells whether the alias was left as it should be`,
    );
  }
  if (deployment.creator === 'codeDeployRollback')
    return refuse('refused', `deployment ${id} is CodeDeploy's own rollback: there is nothing to guard`);
  if (!target) {
    return refuse(
      'refused',
      `deployment ${id} is ${deployment.status}, and CodeDeploy has not said which alias it shifts`,
      'run the same command again in a moment',
    );
  }
  return { ok: true, value: { ...deployment, target } };
}

/** The deployment that shifts this alias now; undefined where none does. */
export async function findRunning(
  { deployments }: Pick<Ports, 'deployments'>,
  alias: Pick<DeploymentTarget, 'function' | 'alias'>,
  where: Pick<DeploymentQuery, 'application' | 'group'> = {},
): Promise<string | undefined> {
  for (const id of await deployments.list({ ...where, which: 'open', limit: MAX_SEARCHED })) {
    const found = await deployments.describe(id);
    if (found?.creator !== 'codeDeployRollback' && isOf(found, alias)) return id;
  }
  return undefined;
}

/** The deployments of this alias that ended last, newest first, as far as they are among the latest of all. */
export async function findEnded(
  { deployments }: Pick<Ports, 'deployments'>,
  alias: Pick<DeploymentTarget, 'function' | 'alias'>,
): Promise<readonly TargetedDeployment[]> {
  const ended: TargetedDeployment[] = [];
  for (const id of await deployments.list({ which: 'ended', limit: MAX_SEARCHED })) {
    const found = await deployments.describe(id);
    if (found?.target && isOf(found, alias)) ended.push({ ...found, target: found.target });
    if (ended.length === MAX_ENDED) break;
  }
  return ended;
}

function isOf(found: Deployment | undefined, alias: Pick<DeploymentTarget, 'function' | 'alias'>): boolean {
  return found?.target?.function === alias.function && found.target.alias === alias.alias;
}

/** Waits for a deployment that has only just begun to say which alias it shifts. */
async function described({ deployments, clock }: Reach, id: string): Promise<Deployment | undefined> {
  const endMs = clock.now() + TARGET_PATIENCE_MS;
  for (;;) {
    const found = await deployments.describe(id);
    if (!found || found.target || !isUnderWay(found) || clock.now() >= endMs) return found;
    await clock.sleep(TARGET_POLL_MS);
  }
}
