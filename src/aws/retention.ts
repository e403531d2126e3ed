import type { DurableExecution, Retention, VersionUse } from '../app/ports/retention.ts';
import type { Clients } from './clients.ts';
import { call, callOrMissing, codeOf } from './problem.ts';
import { invokersOf } from './traffic-facts.ts';

const PAGE_SIZE = 50;
const MAX_PAGES = 200;
/** The control plane takes 15 requests a second from a whole account: a tidy-up must not use them up. */
const AT_ONCE = 3;

/** What holds on to versions, at Lambda. */
export function createRetention(clients: Clients): Retention {
  return {
    aliases: (functionName) => listAliases(clients, functionName),
    uses: (functionName, versions) => usesOf(clients, functionName, versions),
    durable: (functionName, version, limit) => runningDurable(clients, functionName, version, limit),
    async remove(functionName, version) {
      await call('lambda:DeleteFunction', async () => {
        const lambda = await clients.lambda();
        await lambda.deleteFunction({ FunctionName: functionName, Qualifier: version });
      });
    },
  };
}

async function listAliases(clients: Clients, functionName: string): ReturnType<Retention['aliases']> {
  return call('lambda:ListAliases', async () => {
    const lambda = await clients.lambda();
    const found: Awaited<ReturnType<Retention['aliases']>>[number][] = [];
    let marker: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await lambda.listAliases({
        FunctionName: functionName,
        MaxItems: PAGE_SIZE,
        ...(marker === undefined ? {} : { Marker: marker }),
      });
      for (const { Name: name = '', FunctionVersion: version = '', RoutingConfig: routing } of answer.Aliases ?? []) {
        const [second] = Object.entries(routing?.AdditionalVersionWeights ?? {});
        const share = second && { version: second[0], weightPercent: Math.round(second[1] * 10_000) / 100 };
        found.push({ name, version, second: share ?? null });
      }
      marker = answer.NextMarker;
      if (!marker) break;
    }
    return found;
  });
}

async function usesOf(
  clients: Clients,
  functionName: string,
  versions: readonly string[],
): ReturnType<Retention['uses']> {
  const uses: VersionUse[] = [];
  const unread = new Set<string>();
  const look = async (what: string, read: () => Promise<readonly VersionUse[]>): Promise<void> => {
    try {
      uses.push(...(await read()));
    } catch (error) {
      unread.add(`${what} could not be read (${codeOf(error)})`);
    }
  };
  await look('provisioned concurrency', () => provisionedOn(clients, functionName));
  const waiting = [...versions];
  const worker = async (): Promise<void> => {
    for (let version = waiting.shift(); version !== undefined; version = waiting.shift()) {
      const one = version;
      await look('event sources', () => mappingsOn(clients, functionName, one));
      await look('permissions', () => permissionsOn(clients, functionName, one));
      await look('durable executions', () => durableOn(clients, functionName, one));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { uses, unread: [...unread] };
}

async function provisionedOn(clients: Clients, functionName: string): Promise<readonly VersionUse[]> {
  const answer = await call('lambda:ListProvisionedConcurrencyConfigs', async () => {
    const lambda = await clients.lambda();
    return lambda.listProvisionedConcurrencyConfigs({ FunctionName: functionName, MaxItems: PAGE_SIZE });
  });
  return (answer.ProvisionedConcurrencyConfigs ?? []).flatMap(({ FunctionArn: arn }): VersionUse[] => {
    const version = arn?.split(':')[7];
    return version !== undefined && /^\d+$/.test(version)
      ? [{ version, kind: 'provisioned concurrency', name: 'of the version itself' }]
      : [];
  });
}

async function mappingsOn(clients: Clients, functionName: string, version: string): Promise<readonly VersionUse[]> {
  const answer = await callOrMissing('lambda:ListEventSourceMappings', async () => {
    const lambda = await clients.lambda();
    return lambda.listEventSourceMappings({ FunctionName: `${functionName}:${version}`, MaxItems: PAGE_SIZE });
  });
  return (answer?.EventSourceMappings ?? []).flatMap(({ FunctionArn: arn, EventSourceArn, UUID }): VersionUse[] =>
    arn?.endsWith(`:${version}`) ? [{ version, kind: 'event source', name: EventSourceArn ?? UUID ?? '' }] : [],
  );
}

async function permissionsOn(clients: Clients, functionName: string, version: string): Promise<readonly VersionUse[]> {
  const policy = await callOrMissing('lambda:GetPolicy', async () => {
    const lambda = await clients.lambda();
    return (await lambda.getPolicy({ FunctionName: functionName, Qualifier: version })).Policy;
  });
  return invokersOf(policy ?? '').map(({ name }): VersionUse => ({ version, kind: 'permission', name }));
}

async function durableOn(clients: Clients, functionName: string, version: string): Promise<readonly VersionUse[]> {
  const running = await runningDurable(clients, functionName, version, 1);
  return running.map(({ name }): VersionUse => ({ version, kind: 'durable execution', name }));
}

async function runningDurable(
  clients: Clients,
  functionName: string,
  version: string,
  limit: number,
): Promise<readonly DurableExecution[]> {
  const configuration = await callOrMissing('lambda:GetFunctionConfiguration', async () => {
    const lambda = await clients.lambda();
    return lambda.getFunctionConfiguration({ FunctionName: functionName, Qualifier: version });
  });
  if (!configuration?.DurableConfig) return [];
  const answer = await call('lambda:ListDurableExecutionsByFunction', async () => {
    const lambda = await clients.lambda();
    return lambda.listDurableExecutionsByFunction({
      FunctionName: functionName,
      Qualifier: version,
      Statuses: ['RUNNING'],
      MaxItems: limit,
    });
  });
  return (answer.DurableExecutions ?? [])
    .map(({ DurableExecutionArn: arn, DurableExecutionName: name, StartTimestamp: at }) => ({
      arn: arn ?? '',
      name: name ?? '',
      startedAtMs: at?.getTime() ?? 0,
    }))
    .sort((a, b) => a.startedAtMs - b.startedAtMs);
}
