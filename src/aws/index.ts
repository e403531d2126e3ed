import type { Clock } from '../app/ports/clock.ts';
import type { Concurrency } from '../app/ports/concurrency.ts';
import type { FunctionSecurity } from '../app/ports/function-security.ts';
import type { AwsPorts } from '../app/ports/index.ts';
import type { Invoker } from '../app/ports/invoker.ts';
import type { Objects } from '../app/ports/objects.ts';
import type { PageTarget } from '../app/ports/page-target.ts';
import type { SecretStore } from '../app/ports/secret-store.ts';
import type { Stage } from '../app/ports/stage.ts';
import type { Topics } from '../app/ports/topics.ts';
import type { Trail } from '../app/ports/trail.ts';
import { createAlarms } from './alarms.ts';
import { createAliases } from './aliases.ts';
import { createBaselines } from './baseline.ts';
import { type AwsOptions, createClients } from './clients.ts';
import { systemClock } from './clock.ts';
import { createConcurrency } from './concurrency.ts';
import { createDeployments } from './deployments.ts';
import { createDns, type Dns } from './dns.ts';
import { createFunctionSecurity } from './function-security.ts';
import { createHooks } from './hooks.ts';
import { createIdentity } from './identity.ts';
import { createInvoker } from './invoker.ts';
import { createObjects } from './objects.ts';
import { createPastLogs } from './past-logs.ts';
import { createRetention } from './retention.ts';
import { createSecretStore } from './secret-store.ts';
import { createSignals } from './signals.ts';
import { createSite } from './site.ts';
import { createStacks } from './stacks.ts';
import { createStage } from './stage.ts';
import { createTopics } from './topics.ts';
import { createStageAliases } from './traffic/api-gateway.ts';
import { byRouter, factsByRouter } from './traffic/dispatch.ts';
import { createRoute53Aliases } from './traffic/route53.ts';
import { createTrafficFacts } from './traffic-facts.ts';
import { createTrail } from './trail.ts';
import { createVersions } from './versions.ts';

export type { AwsOptions } from './clients.ts';
export { systemClock } from './clock.ts';

export interface Aws extends AwsPorts {
  /** The objects of an S3 bucket whose keys begin with `prefix`, which is left out of every key. */
  objects(bucket: string, prefix: string): Objects;
  /** The files of a static site in a bucket, below `prefix`. */
  site(bucket: string, prefix: string): PageTarget;
  readonly concurrency: Concurrency;
  /** Weighted names that lead traffic to regions. */
  readonly dns: Dns;
  readonly invoker: Invoker;
  readonly security: FunctionSecurity;
  /** Sets up functions and calls them; for rehearsals. */
  readonly stage: Stage;
  readonly topics: Topics;
  readonly trail: Trail;
  readonly secretStore: SecretStore;
  /** Ends what is followed, closes idle connections and ends live ones. */
  close(): void;
}

/**
 * AWS through SDK v3. Nothing is imported or connected before it is used: making this costs nothing, each first call to a
 * service pays for that service alone.
 */
export function createAws(options: AwsOptions, clock: Clock = systemClock): Aws {
  const clients = createClients(options, process.env, clock);
  const aliases = byRouter(createAliases(clients), {
    route53: createRoute53Aliases(clients),
    apiGateway: createStageAliases(clients),
  });
  const alarms = createAlarms(clients);
  const deployments = createDeployments(clients);
  const signals = createSignals({ clients, clock, aliases, alarms, deployments });
  return {
    aliases,
    alarms,
    versions: createVersions(clients, clock),
    traffic: factsByRouter(createTrafficFacts(clients)),
    baselines: createBaselines(clients, clock),
    pastLogs: createPastLogs(clients, clock),
    deployments,
    signals,
    hooks: createHooks(clients),
    invoker: createInvoker(clients),
    security: createFunctionSecurity(clients),
    identity: createIdentity(clients, clock),
    stacks: createStacks(clients),
    retention: createRetention(clients),
    concurrency: createConcurrency(clients),
    dns: createDns(clients, clock),
    stage: createStage(clients),
    topics: createTopics(clients),
    trail: createTrail(clients, clock),
    secretStore: createSecretStore(clients),
    objects: (bucket, prefix) => createObjects(clients, bucket, prefix),
    site: (bucket, prefix) => createSite(clients, bucket, prefix),
    close() {
      signals.close();
      clients.close();
    },
  };
}
