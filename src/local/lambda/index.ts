/** The local Lambda: its API, the invocations other services ask for, and function URLs. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { Clock } from '../clock.ts';
import type { FunctionInvoker, FunctionUrls, LogSink, MetricSink, ObjectSource, TopicPublisher } from '../links.ts';
import type { Store } from '../store.ts';
import type { Service } from '../wire/service.ts';
import { aliasOperations } from './api/aliases.ts';
import { createAsyncQueue } from './api/async-queue.ts';
import { openCodeStore } from './api/code.ts';
import { concurrencyOperations } from './api/concurrency.ts';
import type { LambdaContext } from './api/context.ts';
import { createExecutor } from './api/executor.ts';
import { functionOperations } from './api/functions.ts';
import { invokeOperations } from './api/invoke.ts';
import { invokeConfigOperations } from './api/invoke-config.ts';
import { createLifecycle } from './api/lifecycle.ts';
import { mappingOperations } from './api/mappings.ts';
import { parseArn } from './api/names.ts';
import { permissionOperations } from './api/permissions.ts';
import { provisionedOperations } from './api/provisioned.ts';
import { createProvisioner } from './api/provisioner.ts';
import { settingsOperations } from './api/settings.ts';
import { openTables } from './api/state.ts';
import { tagOperations } from './api/tags.ts';
import { createFunctionUrls, urlOperations } from './api/urls.ts';
import { versionOperations } from './api/versions.ts';
import type { CreatePool } from './runtime/contract.ts';
import { createPool } from './runtime/pool.ts';

/** How long a new or updated function is `Pending` or `InProgress`. */
const SETTLE_MS = 25;
/** How long provisioned concurrency takes to be allocated, before its sandboxes start. AWS takes a minute or two. */
const ALLOCATION_MS = 2_000;

export interface LambdaDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly metrics: MetricSink;
  readonly logs: LogSink;
  readonly objects: ObjectSource;
  /** Where destinations of SNS go; without it they are answered 501. */
  readonly topics?: TopicPublisher;
  /** Where code is kept; without it, in a temporary folder that `close` removes. */
  readonly dataDir?: string;
  readonly endpoint: () => string;
  readonly account: string;
  readonly createPool?: CreatePool;
  /** 0 <= x < 1: one draw for each invocation of a weighted alias. */
  readonly random?: () => number;
  readonly newId?: () => string;
  readonly settleMs?: number;
  readonly allocationMs?: number;
}

export interface Lambda {
  readonly service: Service;
  readonly invoker: FunctionInvoker;
  readonly urls: FunctionUrls;
  /** The zip behind a `Code.Location` (`/_local/code/<id>`); `undefined` for an unknown id. */
  code(id: string): Uint8Array | undefined;
  /** Ends all sandboxes and forgets what is queued. */
  close(): Promise<void>;
}

/** Builds the Lambda emulation on the state in `store`, going on where an earlier process stopped. */
export function createLambda(deps: LambdaDeps): Lambda {
  const { clock, account, endpoint } = deps;
  const newId = deps.newId ?? randomUUID;
  const tables = openTables(deps.store);
  const code = openCodeStore(deps.dataDir === undefined ? undefined : path.join(deps.dataDir, 'lambda'));
  code.sweep(new Set(tables.versions.list().map((version) => version.code.id)));
  const pools = deps.createPool ?? createPool;
  const executor = createExecutor({ ...deps, code, createPool: pools });
  for (const record of tables.functions.list()) executor.setReserved(record);
  const settleMs = deps.settleMs ?? SETTLE_MS;
  const lifecycle = createLifecycle({ tables, clock, settleMs, newId, onSettled: executor.retire });
  const allocationMs = deps.allocationMs ?? ALLOCATION_MS;
  const provisioner = createProvisioner({ tables, clock, executor, allocationMs, newId });
  const random = deps.random ?? Math.random;
  const context: LambdaContext = {
    account,
    clock,
    random,
    newId,
    endpoint,
    ...(deps.topics === undefined ? {} : { topics: deps.topics }),
    tables,
    code,
    lifecycle,
    executor,
    provisioner,
  };
  const queue = createAsyncQueue(context);
  return {
    service: {
      id: 'lambda',
      operations: {
        ...functionOperations(context, deps.objects),
        ...versionOperations(context),
        ...aliasOperations(context),
        ...invokeOperations(context, queue),
        ...concurrencyOperations(context),
        ...provisionedOperations(context),
        ...permissionOperations(context),
        ...invokeConfigOperations(context),
        ...urlOperations(context),
        ...tagOperations(context),
        ...mappingOperations(context),
        ...settingsOperations(context),
      },
    },
    invoker: {
      invokeAsync(functionArn, payload) {
        const ref = parseArn(functionArn);
        if (ref && ref.account === account) queue.push({ ref, payload, requestId: newId() });
      },
    },
    urls: createFunctionUrls(context),
    code: (id) => code.zip(id),
    async close() {
      queue.close();
      provisioner.close();
      lifecycle.close();
      await executor.close();
      code.close();
    },
  };
}
