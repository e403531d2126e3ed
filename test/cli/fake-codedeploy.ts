import type { Deployment, DeploymentQuery, Deployments } from '../../src/app/ports/deployments.ts';
import { AwsProblem } from '../../src/app/ports/problem.ts';
import { isUnderWay } from '../../src/core/release/deployment.ts';
import type { Observation } from '../../src/core/release/observation.ts';

/**
 * CodeDeploy in memory. Its contract: a deployment that has ended stays as it is; a stop ends it, and, unless `bringsBack` is
 * false, starts a rollback that `onStop` is told of.
 */
export class FakeCodeDeploy implements Deployments {
  readonly deployments = new Map<string, Deployment>();
  readonly stopped: string[] = [];
  bringsBack = true;
  /** Thrown by `stop`. */
  refuses: AwsProblem | undefined;
  onStop: () => void = () => undefined;

  put(changes: Partial<Deployment> = {}): Deployment {
    const deployment: Deployment = {
      id: 'd-CANARY001',
      application: 'shop',
      group: 'checkout',
      config: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
      steps: [
        { weightPercent: 10, holdMs: 300_000 },
        { weightPercent: 100, holdMs: 0 },
      ],
      creator: 'CloudFormation',
      createdMs: Date.UTC(2026, 0, 5, 11, 59, 0),
      target: { function: 'checkout', alias: 'live', currentVersion: '41', targetVersion: '42' },
      status: 'InProgress',
      ...changes,
    };
    this.deployments.set(deployment.id, deployment);
    return deployment;
  }

  /** What a look shows of a deployment. */
  seenBy(id: string | undefined): Pick<Observation, 'deployment'> {
    const found = id === undefined ? undefined : this.deployments.get(id);
    if (!found) return {};
    const { status, error, rollbackId } = found;
    return { deployment: { status, ...(error ? { error } : {}), ...(rollbackId ? { rollbackId } : {}) } };
  }

  async read(id: string) {
    return this.seenBy(id).deployment;
  }

  async describe(id: string): Promise<Deployment | undefined> {
    return this.deployments.get(id);
  }

  async list({ application, group, which, limit }: DeploymentQuery): Promise<readonly string[]> {
    const found = [...this.deployments.values()]
      .filter((each) => application === undefined || each.application === application)
      .filter((each) => group === undefined || each.group === group)
      .filter(({ status }) => (which === 'open') === isUnderWay({ status }));
    return found
      .sort((a, b) => b.createdMs - a.createdMs)
      .map(({ id }) => id)
      .slice(0, limit);
  }

  async stop(id: string): Promise<void> {
    if (this.refuses) throw this.refuses;
    const found = this.deployments.get(id);
    if (!found) throw new AwsProblem('missing', 'StopDeployment', 'DeploymentDoesNotExistException', id);
    this.stopped.push(id);
    if (!isUnderWay(found)) return;
    const error = { code: 'MANUAL_STOP', message: 'The deployment was manually stopped' };
    this.put({ ...found, status: 'Stopped', error, ...(this.bringsBack ? { rollbackId: 'd-ROLLBACK1' } : {}) });
    if (this.bringsBack) this.onStop();
  }
}
