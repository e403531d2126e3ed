import { formatDuration } from '../core/duration.ts';
import { nearest } from '../core/nearest.ts';
import { parseStrategy } from '../core/release/strategy.ts';
import { DIMENSION_SETS, LAMBDA_METRICS, type Metric, metricsOf } from './alarm-metrics.ts';
import type { Evaluator } from './evaluate.ts';
import type { Reporter } from './problem.ts';
import type { TemplateRelease } from './release.ts';
import { resourcesOf } from './template.ts';
import { flat } from './terms.ts';
import { call, field, keyAt, type Mapping, numberOf, type Tree, textOf } from './tree.ts';

/** CodeDeploy's limit for a deployment group. */
const MAX_ALARMS = 10;
const ALARM_TYPES = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm', 'AWS::CloudWatch::LogAlarm'];
const MISSING_DATA = ['breaching', 'notBreaching', 'ignore', 'missing'];

export interface AlarmRules {
  readonly resources: Mapping;
  readonly evaluator: Evaluator;
  readonly report: Reporter;
  /** Whether a `Ref` of this name leads somewhere: a resource, a parameter, a pseudo parameter. */
  readonly declares: (name: string) => boolean;
  /** The alarms that have a name, by name. */
  readonly alarmIds: ReadonlyMap<string, string>;
}

/** What is wrong with the alarms of one release: too many, of another function, or unable to fire in time. */
export function lintAlarms(release: TemplateRelease, at: number, rules: AlarmRules): void {
  const { resources, evaluator, report } = rules;
  const { alarms, logicalId } = release;
  if (alarms.length > MAX_ALARMS)
    report.error(
      at,
      logicalId,
      `${alarms.length} alarms: CodeDeploy takes at most ${MAX_ALARMS}`,
      'join some of them in a composite alarm',
    );
  for (const { text, resource, known } of alarms) {
    const id = resource ?? (known ? rules.alarmIds.get(text) : undefined);
    const entry = id === undefined ? undefined : resources.entries.get(id);
    if (id === undefined || entry === undefined) {
      const missing = known ? undefined : /^!(?:Ref|GetAtt) (\w+)(?:\.\w+)?$/.exec(text)?.[1];
      if (missing !== undefined && !rules.declares(missing))
        report.error(at, logicalId, `the alarm ${text} is nowhere in the template`);
      continue;
    }
    const type = textOf(field(entry.value, 'Type')) ?? 'nothing';
    if (!ALARM_TYPES.includes(type)) report.error(at, logicalId, `the alarm ${text} is an ${type}, not an alarm`);
    else if (text.startsWith('!GetAtt'))
      report.error(at, logicalId, `the alarm ${text} is an ARN: CodeDeploy takes names`, `write !Ref ${id}`);
    const condition = textOf(field(entry.value, 'Condition'));
    if (condition !== undefined && evaluator.condition(condition) === false && release.condition?.holds !== false)
      report.error(at, logicalId, `the alarm ${id} is not made, because its condition ${condition} is false`);
    if (type === 'AWS::CloudWatch::Alarm') lintAlarm(id, entry.value, entry.at, release, rules);
  }
}

/** The logical ids of the alarms that have a name, by that name. */
export function alarmIdsOf(resources: Mapping, evaluator: Evaluator): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const { id, properties } of resourcesOf(resources, ...ALARM_TYPES)) {
    const name = textOf(evaluator.value(field(properties, 'AlarmName')));
    if (name !== undefined) ids.set(name, id);
  }
  return ids;
}

function lintAlarm(id: string, alarm: Tree, at: number, release: TemplateRelease, rules: AlarmRules): void {
  const { report, evaluator } = rules;
  const properties = evaluator.value(field(alarm, 'Properties'));
  if (properties === undefined || call(properties)) return;
  const missing = field(properties, 'TreatMissingData');
  const treat = textOf(missing);
  if (treat !== undefined && !MISSING_DATA.includes(treat))
    report.error(
      missing!.at,
      id,
      `TreatMissingData is "${treat}": CloudWatch knows ${MISSING_DATA.join(', ')}`,
      hintOf(nearest(treat, MISSING_DATA)),
    );
  const metrics = metricsOf(properties);
  for (const metric of metrics) lintMetric(id, metric, at, release, rules);
  if (
    treat === 'breaching' &&
    metrics.some(({ namespace, name }) => namespace === 'AWS/Lambda' && name !== 'Invocations')
  )
    report.warning(
      missing!.at,
      id,
      'it is red while nobody calls the function (TreatMissingData: breaching): a release in a quiet hour is rolled back',
      'write "TreatMissingData: notBreaching"',
    );
  lintThreshold(id, properties, metrics, report);
  lintSpeed(id, properties, metrics, release, report);
}

function lintMetric(
  id: string,
  { namespace, name, dimensions, tree }: Metric,
  at: number,
  release: TemplateRelease,
  rules: AlarmRules,
): void {
  if (namespace !== 'AWS/Lambda') return;
  const { report } = rules;
  if (name !== undefined && !LAMBDA_METRICS.includes(name))
    report.warning(
      keyAt(tree, 'MetricName'),
      id,
      `it cannot fire: Lambda publishes no metric "${name}"`,
      hintOf(nearest(name, LAMBDA_METRICS)),
    );
  const names = [...dimensions.keys()].sort();
  if (!DIMENSION_SETS.has(names.join(','))) {
    report.warning(
      keyAt(tree, 'Dimensions'),
      id,
      `it cannot fire: Lambda publishes no metric with the dimensions ${names.join(' and ')}`,
      'use FunctionName, FunctionName and Resource, or these two and ExecutedVersion',
    );
  }
  if (names.length === 0) {
    report.warning(
      at,
      id,
      `it watches every function of the account: a failure elsewhere rolls ${release.logicalId} back`,
      'add the dimensions FunctionName and Resource',
    );
    return;
  }
  const fn = dimensions.get('FunctionName');
  if (fn) lintFunction(id, flat(fn), fn.at, release, rules);
  const resource = dimensions.get('Resource');
  if (resource) lintResource(id, resource, release, rules);
  const version = textOf(dimensions.get('ExecutedVersion'));
  if (version !== undefined)
    report.warning(
      dimensions.get('ExecutedVersion')!.at,
      id,
      `it watches version ${version} for ever: the next release has another number`,
      `write !GetAtt ${release.logicalId}.Version.Version`,
    );
}

/** `Resource` is `function:alias`, or the function alone. */
function lintResource(id: string, tree: Tree, release: TemplateRelease, rules: AlarmRules): void {
  const text = flat(tree);
  const parts = /^(.*?):([^:}]+|\$\{[^${}]*\})$/.exec(text ?? '');
  lintFunction(id, parts?.[1] ?? text, tree.at, release, rules);
  const alias = parts?.[2];
  if (alias === undefined || alias.includes('$') || !release.alias?.known || alias === release.alias.text) return;
  rules.report.warning(
    tree.at,
    id,
    `it cannot see this release: it watches the alias "${alias}", and ${release.logicalId} is released through "${release.alias.text}"`,
    hintOf(release.alias.text, 'write'),
  );
}

function lintFunction(
  id: string,
  text: string | undefined,
  at: number,
  release: TemplateRelease,
  { resources, evaluator, report }: AlarmRules,
): void {
  const { logicalId, functionName } = release;
  if (text === undefined || text === `\${${logicalId}}` || text === functionName.text) return;
  const own = resources.entries.get(logicalId)?.value;
  if (own === undefined) return;
  const referred = /^\$\{(\w+)\}$/.exec(text)?.[1];
  if (referred !== undefined && resources.entries.has(referred)) {
    report.warning(
      at,
      id,
      `it cannot see this release: it watches ${referred}, and ${logicalId} is released`,
      `write !Ref ${logicalId}`,
    );
    return;
  }
  if (referred !== undefined) return;
  const written = evaluator.value(field(own, 'Properties', 'FunctionName'));
  if (written === undefined) {
    report.warning(
      at,
      id,
      `it cannot fire: it watches "${text}", and the name of ${logicalId} is made by CloudFormation, with an ending that nobody knows before`,
      `write !Ref ${logicalId}, or give the function a FunctionName`,
    );
    return;
  }
  const name = flat(written);
  if (name !== undefined && name !== text && !name.includes('$') && !text.includes('$'))
    report.warning(
      at,
      id,
      `it cannot see this release: it watches "${text}", and the function is "${name}"`,
      `write !Ref ${logicalId}`,
    );
}

/** A threshold that the metric cannot reach. Counts are never negative; the average and maximum of Errors is at most 1. */
function lintThreshold(id: string, properties: Tree, metrics: readonly Metric[], report: Reporter): void {
  const threshold = numberOf(field(properties, 'Threshold'));
  const operator = textOf(field(properties, 'ComparisonOperator'));
  const [only] = metrics;
  if (threshold === undefined || only === undefined || metrics.length > 1 || only.namespace !== 'AWS/Lambda') return;
  if (field(properties, 'Metrics') !== undefined) return;
  const above =
    operator === 'GreaterThanThreshold'
      ? threshold >= 1
      : operator === 'GreaterThanOrEqualToThreshold' && threshold > 1;
  const below =
    operator === 'LessThanThreshold' ? threshold <= 0 : operator === 'LessThanOrEqualToThreshold' && threshold < 0;
  const atMostOne = only.name === 'Errors' && ['Average', 'Maximum', 'Minimum'].includes(only.statistic ?? '');
  const at = keyAt(properties, 'Threshold');
  if (above && atMostOne)
    report.warning(
      at,
      id,
      `it cannot fire: the ${only.statistic} of Errors is at most 1, and the threshold is ${threshold}`,
      'write "Statistic: Sum", or a share such as 0.05',
    );
  if (below) report.warning(at, id, `it cannot fire: ${only.name} is never below ${threshold}`);
}

/** An alarm that needs longer than the canary is held sees nothing before all traffic has moved. */
function lintSpeed(
  id: string,
  properties: Tree,
  metrics: readonly Metric[],
  release: TemplateRelease,
  report: Reporter,
): void {
  const read = release.strategy === null ? undefined : parseStrategy(release.strategy);
  if (!read?.ok) return;
  const heldMs = read.steps.slice(0, -1).reduce((sum, { holdMs }) => sum + holdMs, 0);
  const periods =
    numberOf(field(properties, 'DatapointsToAlarm')) ?? numberOf(field(properties, 'EvaluationPeriods')) ?? 1;
  const periodMs = Math.max(0, ...metrics.map(({ periodSeconds }) => (periodSeconds ?? 0) * 1_000));
  const neededMs = periods * periodMs;
  if (heldMs === 0 || neededMs <= heldMs) return;
  report.warning(
    keyAt(properties, 'EvaluationPeriods'),
    id,
    `it is too slow for ${release.logicalId}: it needs ${formatDuration(neededMs)} of data, and all traffic has moved after ${formatDuration(heldMs)}`,
    'use a shorter period, fewer datapoints, or a slower strategy',
  );
}

function hintOf(name: string | undefined, verb = 'did you mean'): string | undefined {
  return name === undefined ? undefined : verb === 'write' ? `write "${name}"` : `${verb} "${name}"?`;
}
