/**
 * An AWS for many thousand functions, in a process of its own: answers over AWS's own protocols, counts every call, and
 * throttles Lambda's control plane as AWS does where it is told to. `node aws.ts`, with a channel to its parent.
 */
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { AwsError } from '../../src/local/wire/service.ts';
import { startScriptedAws } from '../../test/aws/scripted-aws.ts';
import { ACCOUNT, REGION, releaseIdOf } from './world.ts';

/** From the parent. */
export interface AwsOrder {
  /** Lambda's control calls a second; 0 for no limit. */
  readonly throttlePerSecond?: number;
  /** Every n-th function has traffic on both versions from now on; 0 for none. */
  readonly trafficEvery?: number;
  /** Answer what was seen since the last such order. */
  readonly tell?: true;
}

/** To the parent. */
export interface AwsNews {
  readonly endpoint?: string;
  readonly calls?: Readonly<Record<string, number>>;
  /** When the write that made stable the only version was taken, by function; epoch milliseconds with fractions. */
  readonly restored?: Readonly<Record<string, number>>;
  readonly throttled?: number;
}

interface Alias {
  version: string;
  weights: Record<string, number>;
  description: string;
  revision: number;
}

const aliases = new Map<string, Alias>();
let calls: Record<string, number> = {};
let restored: Record<string, number> = {};
let throttled = 0;
let perSecond = 0;
let tokens = 0;
let filledAtMs = 0;
let trafficEvery = 0;

const count = (operation: string): void => {
  calls[operation] = (calls[operation] ?? 0) + 1;
};

/** A token bucket of one second, as AWS documents its API throttling. */
function control(operation: string): void {
  count(operation);
  if (perSecond === 0) return;
  const now = performance.now();
  tokens = Math.min(perSecond, tokens + ((now - filledAtMs) / 1_000) * perSecond);
  filledAtMs = now;
  if (tokens < 1) {
    throttled += 1;
    throw new AwsError('TooManyRequestsException', 'Rate exceeded', { Reason: 'CallerRateLimitExceeded' }, 429);
  }
  tokens -= 1;
}

function aliasOf(name: string): Alias {
  const [kind, n] = name.split('-');
  const tag = `what customers call [switchback ${releaseIdOf(Number(n))}#1]`;
  const open = { version: '1', weights: { '2': 0.1 }, description: tag, revision: 1 };
  const fresh = { version: '1', weights: {}, description: 'what customers call', revision: 1 };
  const alias = aliases.get(name) ?? (kind === 'open' ? open : fresh);
  aliases.set(name, alias);
  return alias;
}

const shown = ({ version, weights, description, revision }: Alias) => ({
  Name: 'live',
  FunctionVersion: version,
  Description: description,
  RevisionId: `revision-${revision}`,
  ...(Object.keys(weights).length > 0 ? { RoutingConfig: { AdditionalVersionWeights: weights } } : {}),
});

const nameOf = (input: Record<string, unknown>): string => String(input.FunctionName);

const scripted = await startScriptedAws({ keepCalls: false });
scripted.on('sts', 'GetCallerIdentity', () => ({ Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:user/bench` }));
scripted.on('lambda', 'GetAlias', (input) => {
  control('GetAlias');
  return shown(aliasOf(nameOf(input)));
});
scripted.on('lambda', 'UpdateAlias', (input) => {
  control('UpdateAlias');
  const name = nameOf(input);
  const alias = aliasOf(name);
  if (input.RevisionId !== `revision-${alias.revision}`)
    throw new AwsError('PreconditionFailedException', 'another revision', {}, 412);
  alias.version = String(input.FunctionVersion);
  alias.weights = {
    ...(input.RoutingConfig as { AdditionalVersionWeights?: Record<string, number> }).AdditionalVersionWeights,
  };
  alias.description = String(input.Description);
  alias.revision += 1;
  if (alias.version === '1' && Object.keys(alias.weights).length === 0)
    restored[name] ??= performance.timeOrigin + performance.now();
  return shown(alias);
});
for (const operation of ['GetFunctionConfiguration', 'GetFunction'] as const) {
  scripted.on('lambda', operation, (input) => {
    if (operation === 'GetFunctionConfiguration') control(operation);
    else count(operation);
    const name = nameOf(input);
    const Configuration = {
      FunctionName: name,
      FunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}:1`,
      LoggingConfig: { LogGroup: `/aws/lambda/${name}`, LogFormat: 'JSON' },
    };
    return operation === 'GetFunction' ? { Configuration } : Configuration;
  });
}
scripted.on('cloudwatch', 'DescribeAlarms', (input) => {
  count('DescribeAlarms');
  if (input.StateValue === 'ALARM') return { MetricAlarms: [] };
  const MetricAlarms = ((input.AlarmNames as string[] | undefined) ?? []).map((AlarmName) => ({
    AlarmName,
    StateValue: 'OK',
    StateReason: 'fine',
    StateTransitionedTimestamp: new Date(0),
    ActionsEnabled: true,
  }));
  return { MetricAlarms };
});
scripted.on('cloudwatch', 'GetMetricData', (input) => {
  count('GetMetricData');
  const queries = input.MetricDataQueries as MetricDataQuery[];
  const minute = Math.floor(Date.now() / 60_000) * 60_000;
  const MetricDataResults = queries.map(({ Id, MetricStat }) => {
    const name = MetricStat?.Metric?.Dimensions?.find(({ Name }) => Name === 'FunctionName')?.Value ?? '';
    const busy = trafficEvery > 0 && Number(name.split('-')[1]) % trafficEvery === 0;
    const isCalls = MetricStat?.Metric?.MetricName === 'Invocations';
    const seen = busy && isCalls ? [minute - 120_000, minute - 60_000] : [];
    return { Id, Timestamps: seen.map((ms) => new Date(ms)), Values: seen.map(() => 60), StatusCode: 'Complete' };
  });
  return { MetricDataResults };
});
scripted.on('cloudwatch-logs', 'FilterLogEvents', () => {
  count('FilterLogEvents');
  return { events: [] };
});
scripted.on('cloudwatch-logs', 'StartLiveTail', (_input, call) => {
  count('StartLiveTail');
  return { responseStream: quiet(call.signal) };
});

/** A session over logs that say nothing: an empty update a second, as CloudWatch sends them. */
async function* quiet(signal: AbortSignal) {
  yield { sessionStart: { requestId: 'bench', sessionId: 'bench' } };
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    yield { sessionUpdate: { sessionMetadata: { sampled: false }, sessionResults: [] } };
  }
}

const tell = (news: AwsNews): void => void process.send?.(news);

process.on('message', (order: AwsOrder) => {
  if (order.trafficEvery !== undefined) trafficEvery = order.trafficEvery;
  if (order.throttlePerSecond !== undefined) {
    perSecond = order.throttlePerSecond;
    tokens = perSecond;
    filledAtMs = performance.now();
  }
  if (!order.tell) return;
  tell({ calls, restored, throttled });
  calls = {};
  restored = {};
  throttled = 0;
});
process.on('disconnect', () => process.exit(0));
tell({ endpoint: scripted.endpointUrl });
