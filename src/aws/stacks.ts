import type { StackResource } from '@aws-sdk/client-cloudformation';
import { AwsProblem } from '../app/ports/problem.ts';
import type { DeployedStack, StackBelief, Stacks } from '../app/ports/stacks.ts';
import type { AliasKey } from '../core/release/alias.ts';
import type { Clients } from './clients.ts';
import { isObject, type JsonObject, parseObject } from './json.ts';
import { call } from './problem.ts';

/** A stack has at most 500 resources; CloudFormation answers 100 a page. */
const MAX_PAGES = 10;

/** CloudFormation's stacks, read only. */
export function createStacks(clients: Clients): Stacks {
  return {
    async read(stackName) {
      const [resources, parameters] = await Promise.all([
        orAbsent(() => resourcesOf(clients, stackName)),
        orAbsent(() => parametersOf(clients, stackName)),
      ]);
      return resources && parameters ? ({ resources, parameters } satisfies DeployedStack) : undefined;
    },
    beliefOf: (key) => beliefOf(clients, key),
  };
}

/** CloudFormation has no code of its own for "no such stack": it is a ValidationError that says so. */
async function orAbsent<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AwsProblem && /does not exist/i.test(error.message)) return undefined;
    throw error;
  }
}

async function resourcesOf(clients: Clients, stackName: string): Promise<ReadonlyMap<string, string>> {
  return call('cloudformation:ListStackResources', async () => {
    const cloudformation = await clients.cloudformation();
    const found = new Map<string, string>();
    let next: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await cloudformation.listStackResources({
        StackName: stackName,
        ...(next === undefined ? {} : { NextToken: next }),
      });
      for (const { LogicalResourceId: id, PhysicalResourceId: physical } of answer.StackResourceSummaries ?? []) {
        if (id && physical) found.set(id, physical);
      }
      next = answer.NextToken;
      if (!next) break;
    }
    return found;
  });
}

async function parametersOf(clients: Clients, stackName: string): Promise<Readonly<Record<string, string>>> {
  return call('cloudformation:DescribeStacks', async () => {
    const cloudformation = await clients.cloudformation();
    const { Stacks: [stack] = [] } = await cloudformation.describeStacks({ StackName: stackName });
    const pairs = (stack?.Parameters ?? []).flatMap(({ ParameterKey: key, ParameterValue: value, ResolvedValue }) => {
      // NoEcho values are answered as asterisks: they are not known.
      const known = ResolvedValue ?? value;
      return key && known !== undefined && known !== '****' ? [[key, known] as const] : [];
    });
    return Object.fromEntries(pairs);
  });
}

async function beliefOf(clients: Clients, key: AliasKey): Promise<StackBelief | undefined> {
  const partition = key.region.startsWith('cn-') ? 'aws-cn' : key.region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  const arn = `arn:${partition}:lambda:${key.region}:${key.account}:function:${key.function}:${key.alias}`;
  const siblings = await orAbsent(() =>
    call('cloudformation:DescribeStackResources', async () => {
      const cloudformation = await clients.cloudformation();
      const answer = await cloudformation.describeStackResources({ PhysicalResourceId: arn });
      return answer.StackResources ?? [];
    }),
  );
  const alias = siblings?.find(({ PhysicalResourceId: physical }) => physical === arn);
  const { StackName: stack, LogicalResourceId: logicalId } = alias ?? {};
  if (!siblings || !stack || !logicalId) return undefined;
  const resource = await templateResource(clients, stack, logicalId);
  const properties = isObject(resource?.Properties) ? resource.Properties : {};
  const policy = resource?.UpdatePolicy;
  return {
    stack,
    logicalId,
    version: await versionOf(clients, stack, properties.FunctionVersion, siblings),
    mover: isObject(policy) && policy.CodeDeployLambdaAliasUpdate !== undefined ? 'CodeDeploy' : 'CloudFormation',
  };
}

/** One resource of the template as CloudFormation runs it, transforms applied; undefined where it cannot be read as JSON. */
async function templateResource(clients: Clients, stack: string, logicalId: string): Promise<JsonObject | undefined> {
  const body = await call('cloudformation:GetTemplate', async () => {
    const cloudformation = await clients.cloudformation();
    return (await cloudformation.getTemplate({ StackName: stack, TemplateStage: 'Processed' })).TemplateBody;
  });
  // A template without transforms comes back as it was sent: YAML has no place here, and nothing is guessed from it.
  const resources = parseObject(body ?? '')?.Resources;
  const resource = isObject(resources) ? resources[logicalId] : undefined;
  return isObject(resource) ? resource : undefined;
}

/** The version that `FunctionVersion` stands for: a number, or the version that another resource of the stack is. */
async function versionOf(
  clients: Clients,
  stack: string,
  value: unknown,
  siblings: readonly StackResource[],
): Promise<string | null> {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  const target = isObject(value) ? (value['Fn::GetAtt'] ?? value.Ref) : undefined;
  const logicalId = Array.isArray(target) ? target[0] : typeof target === 'string' ? target.split('.')[0] : undefined;
  if (typeof logicalId !== 'string') return null;
  const sibling = siblings.find(({ LogicalResourceId: id }) => id === logicalId)?.PhysicalResourceId;
  // DescribeStackResources answers at most 100 resources of a stack.
  const physical = sibling ?? (await resourcesOf(clients, stack)).get(logicalId);
  const version = physical?.split(':').at(-1);
  return version !== undefined && /^\d+$/.test(version) ? version : null;
}
