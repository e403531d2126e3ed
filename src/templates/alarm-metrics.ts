import { field, numberOf, type Tree, textOf } from './tree.ts';

/** The metrics that Lambda publishes for functions, versions and aliases (Lambda developer guide). */
export const LAMBDA_METRICS = [
  ...['Errors', 'Invocations', 'Duration', 'Throttles', 'ConcurrentExecutions', 'UnreservedConcurrentExecutions'],
  ...['DeadLetterErrors', 'DestinationDeliveryFailures', 'IteratorAge', 'OffsetLag', 'PostRuntimeExtensionsDuration'],
  ...['ProvisionedConcurrencyInvocations', 'ProvisionedConcurrencySpilloverInvocations'],
  ...['ProvisionedConcurrencyUtilization', 'ProvisionedConcurrentExecutions', 'RecursiveInvocationsDropped'],
  ...[
    'AsyncEventsReceived',
    'AsyncEventAge',
    'AsyncEventsDropped',
    'ClaimedAccountConcurrency',
    'OversizedRecordCount',
  ],
  ...['PolledEventCount', 'FilteredOutEventCount', 'InvokedEventCount', 'FailedInvokeEventCount', 'DroppedEventCount'],
  ...[
    'OnFailureDestinationDeliveredEventCount',
    'DeletedEventCount',
    'ProvisionedPollers',
    'SignatureValidationErrors',
  ],
];
/** Lambda publishes its metrics under these dimensions and no others; an alarm on another set never gets data. */
export const DIMENSION_SETS: ReadonlySet<string> = new Set([
  ...['', 'FunctionName', 'FunctionName,Resource', 'ExecutedVersion,FunctionName,Resource'],
  ...[
    'EventSourceMappingUUID',
    'EventSourceMappingUUID,FunctionName',
    'FunctionName,Resource,Tenant',
    'FunctionName,TenantId',
  ],
]);

/** One metric that an alarm reads. */
export interface Metric {
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly statistic: string | undefined;
  readonly periodSeconds: number | undefined;
  readonly dimensions: ReadonlyMap<string, Tree>;
  readonly tree: Tree;
}

/** The metrics that an alarm reads: its own, or those of its expression. */
export function metricsOf(properties: Tree): Metric[] {
  const queries = field(properties, 'Metrics');
  if (queries?.kind !== 'list') return [metric(properties, properties, 'Statistic')];
  return queries.items.flatMap((query) => {
    const stat = field(query, 'MetricStat');
    const source = field(stat, 'Metric');
    return stat && source ? [metric(source, stat, 'Stat')] : [];
  });
}

function metric(source: Tree, stat: Tree, statistic: string): Metric {
  const dimensions = new Map<string, Tree>();
  const given = field(source, 'Dimensions');
  for (const item of given?.kind === 'list' ? given.items : []) {
    const value = field(item, 'Value');
    if (value) dimensions.set(textOf(field(item, 'Name')) ?? '?', value);
  }
  return {
    namespace: textOf(field(source, 'Namespace')),
    name: textOf(field(source, 'MetricName')),
    statistic: textOf(field(stat, statistic)),
    periodSeconds: numberOf(field(stat, 'Period')),
    dimensions,
    tree: source,
  };
}
