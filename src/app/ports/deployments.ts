import type { AliasKey } from '../../core/release/alias.ts';
import type { DeploymentReading } from '../../core/release/deployment.ts';
import type { Step } from '../../core/release/plan.ts';

/** A deployment of CodeDeploy for Lambda, as far as a release that watches it needs to know it. */
export interface Deployment extends DeploymentReading {
  readonly id: string;
  readonly application: string;
  readonly group: string;
  readonly config: string;
  /** What the configuration will do, as far as it could be read. */
  readonly steps: readonly Step[] | undefined;
  /** Who began it: `user`, `CloudFormation`, `codeDeployRollback`, … */
  readonly creator: string;
  readonly createdMs: number;
  /** Undefined until CodeDeploy has read the revision. */
  readonly target: DeploymentTarget | undefined;
}

export interface DeploymentTarget extends Pick<AliasKey, 'function' | 'alias'> {
  readonly currentVersion: string;
  readonly targetVersion: string;
}

export interface DeploymentQuery {
  readonly application?: string;
  readonly group?: string;
  /** Only those that have not ended, or only those that have. */
  readonly which: 'open' | 'ended';
  readonly limit: number;
}

/** CodeDeploy. Errors are {@link AwsProblem}s. */
export interface Deployments {
  /** How a deployment stands; undefined where there is none of that id. */
  read(id: string): Promise<DeploymentReading | undefined>;
  /** Everything about a deployment; undefined where there is none of that id, or where it is none of Lambda. */
  describe(id: string): Promise<Deployment | undefined>;
  /** Ids, newest first. */
  list(query: DeploymentQuery): Promise<readonly string[]>;
  /** `StopDeployment` with rollback. A deployment that has ended is left as it is. */
  stop(id: string): Promise<void>;
}
