import { nearest } from '../core/nearest.ts';
import { SAM_STRATEGIES } from '../core/release/strategy.ts';
import { alarmIdsOf, lintAlarms } from './alarms.ts';
import type { Evaluator } from './evaluate.ts';
import type { StateMachinePreference, TemplateCode, TemplateRelease } from './release.ts';
import type { Desugared, SamFunction } from './sam/desugar.ts';
import { createStrategies, type Strategies } from './strategies.ts';
import { type Resource, resourcesOf, type Template } from './template.ts';
import { createTerms, type Term, type Terms } from './terms.ts';
import { call, field, keyAt, numberOf, type Tree, textOf } from './tree.ts';

const GROUP = 'AWS::CodeDeploy::DeploymentGroup';
/** What CodeDeploy takes for a Lambda group that names no configuration (CodeDeploy user guide). */
const DEFAULT_CONFIG: Term = { text: 'CodeDeployDefault.LambdaAllAtOnce', known: true };
const ALIAS_NAME = /^(?!\d+$)[\w-]{1,128}$/;

interface Reading extends Template {
  readonly sam: Desugared;
  readonly terms: Terms;
  readonly strategies: Strategies;
  readonly groups: ReadonlyMap<string, Resource>;
  /** The alarms that have a name, by name. */
  readonly alarmIds: ReadonlyMap<string, string>;
  readonly declares: (name: string) => boolean;
}

/**
 * Reads every alias of a template, SAM's included, and what CodeDeploy would do with it; and the functions that only say
 * why they are not released. `evaluator` must know the conditions that SAM adds.
 */
export function releasesOf(template: Template, sam: Desugared, evaluator: Evaluator): TemplateRelease[] {
  const { report, scope } = template;
  const terms = createTerms(sam.resources, evaluator);
  const strategies = createStrategies(sam.resources, terms, evaluator, report);
  const declares = (name: string): boolean => sam.resources.entries.has(name) || scope.parameter(name) !== undefined;
  const groups = groupsOf(sam, terms);
  const alarmIds = alarmIdsOf(sam.resources, evaluator);
  const reading: Reading = { ...template, sam, terms, strategies, groups, alarmIds, evaluator, declares };
  const bySam = new Map(sam.functions.map((each) => [each.aliasId, each]));
  const aliases = resourcesOf(sam.resources, 'AWS::Lambda::Alias');
  const read = aliases.map((alias) => aliasRelease(alias, bySam.get(alias.id), reading));
  const mute = sam.functions.filter(({ aliasId, preference }) => aliasId === undefined && preference.kind !== 'none');
  lintGroups(aliases, reading);
  return [...read, ...mute.map((each) => unreleased(each, reading))].sort(
    (a, b) => a.at.line - b.at.line || a.at.column - b.at.column,
  );
}

function aliasRelease(alias: Resource, sam: SamFunction | undefined, reading: Reading): TemplateRelease {
  const { terms, evaluator, report } = reading;
  const functionName = terms(field(alias.properties, 'FunctionName')) ?? { text: '?', known: false };
  const logicalId = sam?.id ?? functionName.resource ?? alias.id;
  const name = terms(field(alias.properties, 'Name')) ?? null;
  if (name?.known && !ALIAS_NAME.test(name.text))
    report.error(
      keyAt(alias.properties, 'Name'),
      alias.id,
      `AWS does not allow the alias name "${name.text}"`,
      'letters, digits, - and _, and not digits alone',
    );
  const update = evaluator.value(field(alias.tree, 'UpdatePolicy', 'CodeDeployLambdaAliasUpdate'));
  const group = update && groupOf(field(update, 'DeploymentGroupName'), reading);
  const preference = sam?.preference;
  const base = {
    logicalId,
    functionName,
    alias: name,
    condition: conditionOf(alias.tree, reading),
    version: sam?.version ?? null,
    code: codeOf(logicalId, sam, reading),
    at: report.place(sam?.at ?? alias.at),
  };
  if (update === undefined) {
    const because =
      preference && 'because' in preference
        ? preference.because
        : sam
          ? 'there is no DeploymentPreference: CloudFormation moves the alias at once'
          : 'the alias has no UpdatePolicy with CodeDeployLambdaAliasUpdate: CloudFormation moves it at once';
    return { ...base, ...NOTHING, enabled: false, because };
  }
  const properties = group?.properties;
  const config = group === undefined ? null : (terms(field(properties, 'DeploymentConfigName')) ?? DEFAULT_CONFIG);
  const release: TemplateRelease = {
    ...base,
    enabled: preference?.kind === 'enabled' && !preference.certain ? null : true,
    because:
      preference && 'because' in preference ? preference.because : 'its UpdatePolicy hands the alias to CodeDeploy',
    strategy: config && reading.strategies(config),
    configName: config,
    preTraffic: terms(field(update, 'BeforeAllowTrafficHook')) ?? null,
    postTraffic: terms(field(update, 'AfterAllowTrafficHook')) ?? null,
    alarms: alarmsOf(field(properties, 'AlarmConfiguration'), reading),
    role: terms(field(properties, 'ServiceRoleArn')) ?? null,
  };
  lintRelease(release, group, sam?.at ?? alias.at, reading);
  return release;
}

const NOTHING = {
  strategy: null,
  configName: null,
  preTraffic: null,
  postTraffic: null,
  alarms: [],
  role: null,
} as const;

/** A function that has a preference and no alias: a hook with `Enabled: false`, or a mistake. */
function unreleased(sam: SamFunction, { terms, sam: { resources }, evaluator, report }: Reading): TemplateRelease {
  const { id, at, preference, condition } = sam;
  const name = terms(field(resources.entries.get(id)?.value, 'Properties', 'FunctionName'));
  return {
    ...NOTHING,
    logicalId: id,
    functionName: name ?? { text: `!Ref ${id}`, known: false, resource: id },
    alias: null,
    enabled: false,
    because: 'because' in preference ? preference.because : 'there is no AutoPublishAlias',
    condition: condition === undefined ? null : { name: condition, holds: evaluator.condition(condition) ?? null },
    version: null,
    code: null,
    at: report.place(at),
  };
}

/** `CodeUri` of SAM, or a `Code` that is a path, as `aws cloudformation package` takes it. */
function codeOf(id: string, sam: SamFunction | undefined, { scope, evaluator }: Reading): TemplateCode | null {
  const tree = scope.resources.entries.get(id)?.value;
  const written = sam ? field(sam.properties, 'CodeUri') : field(tree, 'Properties', 'Code');
  const value = evaluator.value(written);
  const path = value && textOf(value);
  if (path === undefined || path === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(path)) return null;
  return { path, build: textOf(field(tree, 'Metadata', 'BuildMethod')) ?? null };
}

function conditionOf(tree: Tree, { evaluator }: Reading): TemplateRelease['condition'] {
  const name = textOf(field(tree, 'Condition'));
  return name === undefined ? null : { name, holds: evaluator.condition(name) ?? null };
}

/** The deployment groups of the template, by logical id and by name. */
function groupsOf(sam: Desugared, terms: Terms): ReadonlyMap<string, Resource> {
  const groups = resourcesOf(sam.resources, GROUP);
  const named = groups.map((group) => [terms(field(group.properties, 'DeploymentGroupName')), group] as const);
  return new Map([
    ...named.flatMap(([name, group]) => (name?.known ? [[`name ${name.text}`, group] as const] : [])),
    ...groups.map((group) => [group.id, group] as const),
  ]);
}

function groupOf(name: Tree | undefined, { groups, terms }: Reading): Resource | undefined {
  const term = terms(name);
  if (term?.resource !== undefined) return groups.get(term.resource);
  return term?.known ? groups.get(`name ${term.text}`) : undefined;
}

/** The names in an `AlarmConfiguration`; one open expression where a condition decides that only AWS knows. */
function alarmsOf(configuration: Tree | undefined, { terms, evaluator }: Reading): Term[] {
  const value = evaluator.value(configuration);
  if (value === undefined || (value.kind === 'map' && value.entries.size === 0)) return [];
  if (textOf(field(value, 'Enabled')) === 'false') return [];
  const alarms = field(value, 'Alarms');
  if (alarms?.kind === 'list')
    return alarms.items
      .map((alarm) => terms(call(alarm) ? alarm : field(alarm, 'Name')))
      .filter((term) => term !== undefined);
  const open = terms(alarms ?? (field(value, 'Enabled') ? undefined : value));
  return open ? [open] : [];
}

function lintRelease(release: TemplateRelease, group: Resource | undefined, at: number, reading: Reading): void {
  const { report, sam, evaluator, declares, alarmIds } = reading;
  if (group === undefined) {
    const message = 'its deployment group is not in this template: neither its steps nor its alarms are known here';
    report.warning(at, release.logicalId, message);
  } else {
    lintConfig(release, evaluator.value(field(group.properties, 'DeploymentConfigName'))?.at ?? group.at, reading);
    lintAutoRollback(group, release, reading);
  }
  for (const hook of [release.preTraffic, release.postTraffic]) lintHook(hook, release.logicalId, at, reading);
  lintAlarms(release, at, { resources: sam.resources, evaluator, report, declares, alarmIds });
}

/** A configuration whose steps are not known: a slip of the pen, or one that stands elsewhere. */
function lintConfig({ logicalId, configName, strategy }: TemplateRelease, at: number, { report }: Reading): void {
  if (strategy !== null || !configName?.known) return;
  const { text } = configName;
  if (text.startsWith('CodeDeployDefault.')) {
    const full = SAM_STRATEGIES.map((each) => `CodeDeployDefault.Lambda${each}`);
    const close = nearest(text, full);
    const hint = close ? `did you mean "${close}"?` : `it has ${full.join(', ')}`;
    report.error(at, logicalId, `CodeDeploy has no configuration "${text}" for Lambda`, hint);
    return;
  }
  const close = nearest(text, SAM_STRATEGIES);
  const message = close
    ? `the Type "${text}" is none of the predefined ones: CodeDeploy looks for a configuration of your own of that name`
    : `the configuration "${text}" is not in this template: only CodeDeploy knows its steps`;
  report.warning(at, logicalId, message, close && `did you mean "${close}"?`);
}

function lintHook(hook: Term | null, logicalId: string, at: number, { report, sam, declares }: Reading): void {
  if (hook === null) return;
  const named = hook.resource ?? /^!(?:Ref|GetAtt) (\w+)/.exec(hook.text)?.[1];
  if (named === undefined || hook.text.startsWith(`!Ref ${named}.`)) return;
  if (!declares(named)) {
    report.error(at, logicalId, `the hook ${hook.text} is nowhere in the template`);
    return;
  }
  const type = textOf(field(sam.resources.entries.get(named)?.value, 'Type'));
  if (type !== undefined && !type.endsWith('::Function') && !type.startsWith('AWS::Lambda::'))
    report.error(at, logicalId, `the hook ${hook.text} is an ${type}, not a function`);
}

/** Alarms that stop a deployment without going back leave the alias split between two versions. */
function lintAutoRollback(
  { id, at, properties }: Resource,
  release: TemplateRelease,
  { evaluator, report }: Reading,
): void {
  const rollback = evaluator.value(field(properties, 'AutoRollbackConfiguration'));
  const events = field(rollback, 'Events');
  const texts = events?.kind === 'list' ? events.items.map(textOf) : [];
  const on = textOf(field(rollback, 'Enabled')) === 'true' && texts.includes('DEPLOYMENT_STOP_ON_ALARM');
  if (on || release.alarms.length === 0) return;
  report.warning(
    at,
    id,
    'its alarms stop the deployment and nothing goes back: the alias stays split between two versions',
    'add DEPLOYMENT_STOP_ON_ALARM to AutoRollbackConfiguration.Events',
  );
}

function lintGroups(aliases: readonly Resource[], reading: Reading): void {
  const used = new Set(
    aliases.map(
      (alias) =>
        groupOf(field(alias.tree, 'UpdatePolicy', 'CodeDeployLambdaAliasUpdate', 'DeploymentGroupName'), reading)?.id,
    ),
  );
  for (const { id, at, properties } of resourcesOf(reading.sam.resources, GROUP)) {
    // A group of servers or containers is none of our business; the deployment style tells the difference.
    const style = textOf(field(properties, 'DeploymentStyle', 'DeploymentOption'));
    const isOther = ['Ec2TagFilters', 'Ec2TagSet', 'AutoScalingGroups', 'ECSServices', 'LoadBalancerInfo'].some((key) =>
      field(properties, key),
    );
    if (used.has(id) || isOther || style !== 'WITH_TRAFFIC_CONTROL') continue;
    reading.report.warning(at, id, 'no alias of this template is released through this deployment group');
  }
}

/** State machines with a `DeploymentPreference`, in SAM's form or CloudFormation's. */
export function stateMachinesOf({ report, scope, evaluator }: Template): StateMachinePreference[] {
  const terms = createTerms(scope.resources, evaluator);
  const types = ['AWS::Serverless::StateMachine', 'AWS::StepFunctions::StateMachineAlias'];
  return resourcesOf(scope.resources, ...types).flatMap(({ id, at, type, properties }) => {
    const preference = evaluator.value(field(properties, 'DeploymentPreference'));
    if (preference?.kind !== 'map') return [];
    const alarms = field(preference, 'Alarms');
    const isSam = type === types[0];
    if (isSam && field(properties, 'AutoPublishAlias') === undefined)
      report.error(
        keyAt(properties, 'DeploymentPreference'),
        id,
        "'DeploymentPreference' requires AutoPublishAlias property to be specified.",
      );
    return [
      {
        logicalId: id,
        alias: terms(field(properties, isSam ? 'AutoPublishAlias' : 'Name')) ?? null,
        type: terms(field(preference, 'Type')) ?? null,
        percentage: numberOf(field(preference, 'Percentage')) ?? null,
        intervalMinutes: numberOf(field(preference, 'Interval')) ?? null,
        alarms: (alarms?.kind === 'list' ? alarms.items : [])
          .map((each) => terms(each))
          .filter((each) => each !== undefined),
        at: report.place(at),
      },
    ];
  });
}
