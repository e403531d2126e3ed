import { AwsProblem } from '../app/ports/problem.ts';
import type { Bypass, TrafficFacts } from '../app/ports/traffic-facts.ts';
import type { Clients } from './clients.ts';
import { isObject, parseObject } from './json.ts';
import { pastTargets } from './past-targets.ts';
import { callOrMissing } from './problem.ts';

/** A function with more callers than this is described well enough by them. */
const MAX_PAGES = 10;
const PAGE_SIZE = 100;

/**
 * Who else calls the function, and what else shifts its traffic. A fact that this identity may not read is left out: the
 * facts are warnings in a plan, and a release must not fail for want of one.
 */
export function createTrafficFacts(clients: Clients): TrafficFacts {
  return {
    async bypasses(functionName, alias) {
      const found = await Promise.all([
        whereAllowed([], () => eventSources(clients, functionName, alias)),
        whereAllowed([], () => permissions(clients, functionName)),
        whereAllowed([], () => functionUrls(clients, functionName, alias)),
      ]);
      return found.flat();
    },
    async concurrency(key) {
      const [reserved, provisioned] = await Promise.all([
        whereAllowed(undefined, () =>
          callOrMissing('lambda:GetFunctionConcurrency', async () => {
            const lambda = await clients.lambda();
            return (await lambda.getFunctionConcurrency({ FunctionName: key.function })).ReservedConcurrentExecutions;
          }),
        ),
        whereAllowed(undefined, () =>
          callOrMissing('lambda:GetProvisionedConcurrencyConfig', async () => {
            const lambda = await clients.lambda();
            return lambda.getProvisionedConcurrencyConfig({ FunctionName: key.function, Qualifier: key.alias });
          }),
        ),
      ]);
      return {
        ...(reserved === undefined ? {} : { reserved }),
        ...(provisioned === undefined
          ? {}
          : {
              provisioned: {
                requested: provisioned.RequestedProvisionedConcurrentExecutions ?? 0,
                status: provisioned.Status ?? 'unknown',
              },
            }),
      };
    },
    pastTargets: (key) => pastTargets(clients, key),
  };
}

async function whereAllowed<T>(otherwise: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AwsProblem && error.kind === 'denied') return otherwise;
    throw error;
  }
}

/** Mappings on the bare function, or on `$LATEST`; AWS lists those on aliases and versions only under their own names. */
async function eventSources(clients: Clients, functionName: string, alias: string): Promise<Bypass[]> {
  const found = await callOrMissing('lambda:ListEventSourceMappings', async () => {
    const lambda = await clients.lambda();
    const bypasses: Bypass[] = [];
    let marker: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await lambda.listEventSourceMappings({
        FunctionName: functionName,
        MaxItems: PAGE_SIZE,
        ...(marker === undefined ? {} : { Marker: marker }),
      });
      for (const mapping of answer.EventSourceMappings ?? []) {
        const qualifier = qualifierOf(mapping.FunctionArn);
        const isOff = mapping.State === 'Disabled' || mapping.State === 'Disabling' || mapping.State === 'Deleting';
        if (qualifier === alias || isOff) continue;
        bypasses.push({ kind: 'event source', name: mapping.EventSourceArn ?? mapping.UUID ?? '', qualifier });
      }
      marker = answer.NextMarker;
      if (!marker) break;
    }
    return bypasses;
  });
  return found ?? [];
}

/** Statements of the function's own policy; the alias has one of its own. */
async function permissions(clients: Clients, functionName: string): Promise<Bypass[]> {
  const policy = await callOrMissing('lambda:GetPolicy', async () => {
    const lambda = await clients.lambda();
    return (await lambda.getPolicy({ FunctionName: functionName })).Policy;
  });
  return policy === undefined ? [] : invokersOf(policy);
}

async function functionUrls(clients: Clients, functionName: string, alias: string): Promise<Bypass[]> {
  const found = await callOrMissing('lambda:ListFunctionUrlConfigs', async () => {
    const lambda = await clients.lambda();
    const { FunctionUrlConfigs: configs = [] } = await lambda.listFunctionUrlConfigs({ FunctionName: functionName });
    return configs.flatMap(({ FunctionUrl: name = '', FunctionArn: arn }): Bypass[] => {
      const qualifier = qualifierOf(arn);
      return qualifier === alias ? [] : [{ kind: 'function URL', name, qualifier }];
    });
  });
  return found ?? [];
}

/** `arn:aws:lambda:REGION:ACCOUNT:function:NAME:QUALIFIER`; `unqualified` where there is none. */
export function qualifierOf(functionArn: string | undefined): string {
  return functionArn?.split(':')[7] ?? 'unqualified';
}

/**
 * Who may invoke the bare function, from its resource policy (JSON). Statements for a function URL are left out: the URL
 * is listed as such.
 */
export function invokersOf(policy: string): Bypass[] {
  const document = parseObject(policy);
  if (!Array.isArray(document?.Statement)) return [];
  const statements: readonly unknown[] = document.Statement;
  return statements.filter(isObject).flatMap((statement): Bypass[] => {
    const { Sid: sid, Effect: effect, Condition: condition = {}, Resource: resource } = statement;
    const isForUrl = /lambda:(FunctionUrlAuthType|InvokedViaFunctionUrl)/i.test(JSON.stringify(condition));
    if (effect !== 'Allow' || isForUrl || !allowsInvoke(statement.Action)) return [];
    const qualifier = typeof resource === 'string' ? qualifierOf(resource) : 'unqualified';
    return [{ kind: 'permission', name: typeof sid === 'string' ? sid : 'unnamed statement', qualifier }];
  });
}

function allowsInvoke(action: unknown): boolean {
  const actions: readonly unknown[] = Array.isArray(action) ? action : [action];
  return actions.some(
    (name) => typeof name === 'string' && /^(\*|lambda:(\*|Invoke\*|InvokeFunction\*?))$/i.test(name),
  );
}
