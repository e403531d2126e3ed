import { randomUUID } from 'node:crypto';
import type { PutLifecycleEventHookExecutionStatusInput } from '@aws-sdk/client-codedeploy';
import type { Clock } from '../clock.ts';
import type { ObjectSource, TopicPublisher } from '../links.ts';
import type { Store } from '../store.ts';
import type { Colleague } from '../wire/inside.ts';
import type { CallContext, Service } from '../wire/service.ts';
import { applicationOperations } from './applications.ts';
import { configOperations } from './configs.ts';
import { Deployer } from './deployer.ts';
import { deploymentOperations } from './deployments.ts';
import { groupOperations } from './groups.ts';
import { putHookStatus } from './hooks.ts';
import { createLambdaSide } from './lambda-side.ts';
import { createPace, type Pace } from './pace.ts';
import { readRevision } from './revision.ts';
import { openTables } from './state.ts';
import { targetOperations } from './targets.ts';
import { createAnnouncer } from './triggers.ts';

export interface CodeDeployDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly account: string;
  /** How Lambda and CloudWatch are asked. */
  readonly colleague: Colleague;
  readonly objects: ObjectSource;
  readonly topics: TopicPublisher;
  readonly onBug: (what: string, error: unknown) => void;
}

export interface CodeDeploy {
  readonly service: Service;
  readonly pace: Pace;
  /** Resolves when no deployment has anything to do before its next timer. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** CodeDeploy for the compute platform Lambda. Deployments that were under way go on where an earlier process stopped. */
export function createCodeDeploy(deps: CodeDeployDeps): CodeDeploy {
  const { store, clock, account, colleague, objects, topics, onBug } = deps;
  const tables = openTables(store);
  const pace = createPace(() => deployer.retime());
  const deployer: Deployer = new Deployer({
    tables,
    clock,
    pace: () => pace,
    lambda: createLambdaSide(colleague),
    readRevision: ({ revision }) => readRevision(revision, objects),
    announce: createAnnouncer(tables, topics, account),
    newExecutionId: randomUUID,
    onBug,
  });
  const hookDeps = { tables, clock, answered: deployer.answered.bind(deployer) };
  return {
    service: {
      id: 'codedeploy',
      operations: {
        ...applicationOperations(tables, clock),
        ...groupOperations(tables),
        ...configOperations(tables, clock),
        ...deploymentOperations({ tables, clock, deployer }),
        ...targetOperations(tables),
        PutLifecycleEventHookExecutionStatus: (input: PutLifecycleEventHookExecutionStatusInput, call: CallContext) =>
          putHookStatus(hookDeps, input, call),
      },
    },
    pace,
    settled: () => deployer.settled(),
    close: () => deployer.close(),
  };
}
