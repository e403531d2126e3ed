import type { Resource, Template } from '../template.ts';
import { resourcesOf } from '../template.ts';
import {
  call,
  type Entry,
  field,
  isFalsy,
  keyAt,
  list,
  type Mapping,
  mapping,
  scalar,
  type Tree,
  textOf,
} from '../tree.ts';
import { withGlobals } from './globals.ts';
import { lintPlacement } from './placement.ts';
import { type EnabledPreference, type Preference, readPreference } from './preference.ts';
import { samRefs } from './resolve.ts';
import type { VersionId } from './version-id.ts';
import { codeOf, lambdaProperties, versionIdOf } from './version-id.ts';

export const SAM_FUNCTION = 'AWS::Serverless::Function';
const APPLICATION = 'ServerlessDeploymentApplication';
const SERVICE_ROLE = 'CodeDeployServiceRole';
const COMBINED_CONDITION = 'ServerlessCodeDeployCondition';
/** The pattern that SAM checks alias names with. */
const ALIAS_NAME = /^(?!\d+$)[a-zA-Z0-9\-_]+$/;

/** A SAM function, and what SAM makes of it. */
export interface SamFunction {
  readonly id: string;
  readonly at: number;
  /** Merged with Globals. */
  readonly properties: Mapping;
  readonly condition: string | undefined;
  readonly preference: Preference;
  /** Undefined without `AutoPublishAlias`. */
  readonly version: VersionId | undefined;
  readonly aliasId: string | undefined;
}

export interface Desugared {
  readonly functions: readonly SamFunction[];
  /** Every resource of the template, with SAM's functions replaced by what SAM makes of them. */
  readonly resources: Mapping;
  /** The conditions that SAM adds. */
  readonly conditions: Mapping;
}

/** Every SAM function of the template, its own properties merged with Globals. Placement mistakes are reported. */
export function samFunctions(template: Template): SamFunction[] {
  const globals = field(template.root, 'Globals', 'Function');
  if (globals) lintPlacement('Globals.Function', globals, template.report);
  return resourcesOf(template.scope.resources, SAM_FUNCTION).map((resource) =>
    samFunction(resource, globals, template),
  );
}

function samFunction(resource: Resource, globals: Tree | undefined, template: Template): SamFunction {
  const { id, tree, at } = resource;
  lintPlacement(id, tree, template.report);
  lintPlacement(id, resource.properties, template.report);
  const properties = withGlobals(globals, tree, resource.properties);
  const preference = readPreference(id, properties, template);
  const alias = aliasName(id, properties, template);
  if (!isFalsy(field(properties, 'ProvisionedConcurrencyConfig')) && isFalsy(field(properties, 'AutoPublishAlias'))) {
    const message = 'To set ProvisionedConcurrencyConfig AutoPublishALias must be defined on the function';
    template.report.error(keyAt(properties, 'ProvisionedConcurrencyConfig'), id, message);
  }
  return {
    id,
    at,
    properties,
    condition: textOf(field(tree, 'Condition')),
    preference,
    version: alias && versionIdOf(id, properties, template.scope),
    aliasId: alias && `${id}Alias${(textOf(alias) ?? '').replaceAll('-', 'D').replaceAll('_', 'U')}`,
  };
}

/** The alias that SAM publishes to; undefined where there is none, or none that SAM takes. */
function aliasName(id: string, properties: Mapping, { scope, report }: Template): Tree | undefined {
  const written = field(properties, 'AutoPublishAlias');
  if (written === undefined || isFalsy(written)) return undefined;
  const name = samRefs(written, scope);
  const text = textOf(name);
  if (text !== undefined) {
    if (ALIAS_NAME.test(text)) return name;
    report.error(
      written.at,
      id,
      `AutoPublishAlias name ('${text}') must contain only alphanumeric characters, hyphens, or underscores matching (?!^[0-9]+$)([a-zA-Z0-9\\-_]+)$ pattern.`,
    );
    return undefined;
  }
  const found = call(name);
  if (found?.name === 'Ref' && scope.parameter(textOf(found.argument) ?? '') === 'unknown') return name;
  report.error(written.at, id, "'AutoPublishAlias' must be a string or a Ref to a template parameter");
  return undefined;
}

/** Puts what SAM makes of its functions in their place: functions, versions, aliases, CodeDeploy's resources. */
export function desugar(template: Template): Desugared {
  const functions = samFunctions(template);
  const entries = new Map<string, Entry>(template.scope.resources.entries);
  const add = (id: string, value: Tree, at: number): void => void entries.set(id, { value, at });
  for (const each of functions) {
    const { id, at, properties, preference, aliasId, version } = each;
    const code = codeOf(properties);
    add(
      id,
      resource(
        'AWS::Lambda::Function',
        lambdaProperties(properties, code.ok ? code.tree : undefined),
        at,
        each.condition,
      ),
      at,
    );
    if (!aliasId || !version) continue;
    const alias = samRefs(field(properties, 'AutoPublishAlias')!, template.scope);
    add(version.id, versionOf(each), at);
    add(aliasId, aliasOf(each, version.id, alias), alias.at);
    if (preference.kind === 'enabled') add(`${id}DeploymentGroup`, groupOf(each, preference), at);
  }
  const gradual = functions.flatMap(({ preference, condition, at }) =>
    preference.kind === 'enabled'
      ? [{ preference, at, condition: preference.passCondition ? condition : undefined }]
      : [],
  );
  const first = gradual[0];
  const conditions = new Map<string, Entry>();
  if (first) {
    const names = [...new Set(gradual.map(({ condition }) => condition))];
    const named = names.filter((name) => name !== undefined);
    // Only where every one of them is conditional may what they share be so too.
    const shared = named.length < names.length ? undefined : named.length > 1 ? COMBINED_CONDITION : named[0];
    if (shared === COMBINED_CONDITION) conditions.set(shared, { value: anyOf(named, first.at), at: first.at });
    add(
      APPLICATION,
      resource(
        'AWS::CodeDeploy::Application',
        mapping({ ComputePlatform: scalar('Lambda', first.at) }, first.at),
        first.at,
        shared,
      ),
      first.at,
    );
    if (gradual.some(({ preference }) => preference.role === undefined))
      add(SERVICE_ROLE, serviceRole(first.at, shared), first.at);
  }
  return {
    functions,
    resources: { ...template.scope.resources, entries },
    conditions: { kind: 'map', entries: conditions, at: 0 },
  };
}

function resource(
  type: string,
  properties: Mapping,
  at: number,
  condition?: string,
  more: Readonly<Record<string, Tree | undefined>> = {},
): Tree {
  const named = condition === undefined ? undefined : scalar(condition, at);
  return mapping({ Type: scalar(type, at), Properties: properties, Condition: named, ...more }, at);
}

function versionOf({ id, at, properties, condition }: SamFunction): Tree {
  const about = { FunctionName: ref(id, at), Description: field(properties, 'VersionDescription') };
  return resource('AWS::Lambda::Version', mapping(about, at), at, condition, { DeletionPolicy: scalar('Retain', at) });
}

function aliasOf({ id, at, properties, condition, preference }: SamFunction, versionId: string, name: Tree): Tree {
  const provisioned = field(properties, 'ProvisionedConcurrencyConfig');
  const about = {
    Name: name,
    FunctionName: ref(id, at),
    FunctionVersion: getAtt(versionId, 'Version', at),
    ProvisionedConcurrencyConfig: isFalsy(provisioned) ? undefined : provisioned,
  };
  if (preference.kind !== 'enabled') return resource('AWS::Lambda::Alias', mapping(about, name.at), at, condition);
  const update = mapping(
    {
      ApplicationName: ref(APPLICATION, at),
      DeploymentGroupName: ref(`${id}DeploymentGroup`, at),
      BeforeAllowTrafficHook: preference.preTraffic,
      AfterAllowTrafficHook: preference.postTraffic,
    },
    at,
  );
  const policy = mapping({ CodeDeployLambdaAliasUpdate: update }, at);
  return resource('AWS::Lambda::Alias', mapping(about, name.at), at, condition, { UpdatePolicy: policy });
}

function groupOf({ id, at, condition }: SamFunction, preference: EnabledPreference): Tree {
  const text = (value: string): Tree => scalar(value, at);
  const events = ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'].map(text);
  const about = {
    ApplicationName: ref(APPLICATION, at),
    AutoRollbackConfiguration: mapping({ Enabled: scalar(true, at), Events: list(events, at) }, at),
    AlarmConfiguration: preference.alarms,
    DeploymentConfigName: preference.configName,
    DeploymentStyle: mapping(
      { DeploymentType: text('BLUE_GREEN'), DeploymentOption: text('WITH_TRAFFIC_CONTROL') },
      at,
    ),
    ServiceRoleArn: preference.role ?? getAtt(SERVICE_ROLE, 'Arn', at),
    TriggerConfigurations: isFalsy(preference.triggers) ? undefined : preference.triggers,
  };
  const group = resource(
    'AWS::CodeDeploy::DeploymentGroup',
    mapping(about, at),
    at,
    preference.passCondition ? condition : undefined,
  );
  return { ...group, at: keyAt(group, id) };
}

function serviceRole(at: number, condition: string | undefined): Tree {
  const texts = (...values: string[]): Tree =>
    list(
      values.map((value) => scalar(value, at)),
      at,
    );
  const statement = mapping(
    {
      Effect: scalar('Allow', at),
      Action: texts('sts:AssumeRole'),
      Principal: mapping({ Service: texts('codedeploy.amazonaws.com') }, at),
    },
    at,
  );
  const document = mapping({ Version: scalar('2012-10-17', at), Statement: list([statement], at) }, at);
  const policies = texts('arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda');
  return resource(
    'AWS::IAM::Role',
    mapping({ AssumeRolePolicyDocument: document, ManagedPolicyArns: policies }, at),
    at,
    condition,
  );
}

function anyOf(names: readonly string[], at: number): Tree {
  return mapping(
    {
      'Fn::Or': list(
        names.map((name) => mapping({ Condition: scalar(name, at) }, at)),
        at,
      ),
    },
    at,
  );
}

function ref(id: string, at: number): Tree {
  return mapping({ Ref: scalar(id, at) }, at);
}

function getAtt(id: string, attribute: string, at: number): Tree {
  return mapping({ 'Fn::GetAtt': list([scalar(id, at), scalar(attribute, at)], at) }, at);
}
