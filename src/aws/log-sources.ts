import type { Observation, Watch } from '../core/release/observation.ts';
import type { Clients } from './clients.ts';
import { call, codeOf } from './problem.ts';

/** Where the two versions of a watch write their logs. */
export interface LogSources {
  /** Names of the log groups: one, or two where the candidate changes it. */
  readonly groups: readonly string[];
  /** The same as ARNs, which live tail wants; empty where the function could not be read. */
  readonly arns: readonly string[];
  /** Set where the records cannot be counted, whoever may read them. */
  readonly unusable: string | undefined;
}

/** Reads it from the configurations; where those are denied, from Lambda's naming rule. Never throws. */
export async function findLogSources(clients: Clients, watch: Watch): Promise<LogSources> {
  const found = await Promise.all([watch.stable, watch.candidate].map((version) => sourceOf(clients, watch, version)));
  const sources = found.filter((source) => source !== undefined);
  const silent = sources.find(({ systemLevel }) => systemLevel === 'WARN');
  return {
    groups: unique(sources.length > 0 ? sources.map(({ group }) => group) : defaultGroups(watch)),
    arns: unique(sources.flatMap(({ arn }) => (arn === undefined ? [] : [arn]))),
    unusable: silent
      ? `version ${silent.version} of ${watch.function} logs system records from level WARN on, so successful invocations leave no trace: set SystemLogLevel to INFO`
      : undefined,
  };
}

/** Lambda's naming rule. */
function defaultGroups(watch: Watch): string[] {
  const functions = watch.functions ? Object.values(watch.functions) : [watch.function];
  return functions.map((name) => `/aws/lambda/${name}`);
}

interface Source {
  readonly version: string;
  readonly group: string;
  readonly arn: string | undefined;
  readonly systemLevel: string | undefined;
}

async function sourceOf(clients: Clients, watch: Watch, version: string): Promise<Source | undefined> {
  // Behind a router stands the function itself, whatever version of it is called.
  const arm = watch.functions?.[version];
  const name = arm ?? watch.function;
  try {
    const configuration = await call('lambda:GetFunctionConfiguration', async () =>
      (await clients.lambda()).getFunctionConfiguration({
        FunctionName: name,
        ...(arm === undefined ? { Qualifier: version } : {}),
      }),
    );
    const group = configuration.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`;
    const systemLevel = configuration.LoggingConfig?.SystemLogLevel;
    return { version, group, arn: logGroupArn(configuration.FunctionArn, group), systemLevel };
  } catch {
    return undefined;
  }
}

/** `arn:aws:logs:REGION:ACCOUNT:log-group:NAME` beside `arn:aws:lambda:REGION:ACCOUNT:function:…`. */
function logGroupArn(functionArn: string | undefined, group: string): string | undefined {
  const [, partition, service, region, account] = functionArn?.split(':') ?? [];
  return service === 'lambda' ? `arn:${partition}:logs:${region}:${account}:log-group:${group}` : undefined;
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/**
 * Where a log group does not exist although CloudWatch counts invocations, records are not written at all. Undefined as
 * long as nobody called the function: then its log group has yet to be made.
 */
export function blindToAbsent(absent: readonly string[], invoked: boolean, watch: Watch): string | undefined {
  const [group] = absent;
  if (group === undefined || !invoked) return undefined;
  return `log group ${group} does not exist although ${watch.function} is invoked: its role may not write logs; failures are seen only through CloudWatch minutes, 1-2 minutes late`;
}

/** Whether CloudWatch counts any invocation of a watched version. */
export function isInvoked(minutes: Observation['minutes'] = []): boolean {
  return minutes.some(({ counts }) => Object.values(counts).some(({ invocations }) => invocations > 0));
}

/** What is lost where a log group cannot be read. */
export function blindToLogs(group: string, error: unknown, watch: Watch): string {
  const rest = watch.metrics
    ? 'failures are seen only through CloudWatch minutes, 1-2 minutes late'
    : 'failures are not seen at all';
  return `log group ${group} cannot be read (${codeOf(error)}): ${rest}`;
}
