/** Aliases: names for versions, with a weight for at most one second version. */
import type {
  AliasConfiguration,
  AliasRoutingConfiguration,
  CreateAliasRequest,
  DeleteAliasRequest,
  GetAliasRequest,
  ListAliasesRequest,
  ListAliasesResponse,
  UpdateAliasRequest,
} from '@aws-sdk/client-lambda';
import type { CallContext } from '../../wire/service.ts';
import type { LambdaContext, Operations } from './context.ts';
import { conflict, functionNotFound, invalidParameter, preconditionFailed, resourceNotFound } from './errors.ts';
import { ALIAS_NAME, type FunctionRef, functionArn, LATEST, parseRef } from './names.ts';
import { pageOf } from './paging.ts';
import { refuseProvisionedTarget } from './provisioned.ts';
import { type AliasRecord, aliasNotFound, ownedPrefix, qualifiedKey, requireFunction } from './state.ts';
import { custom, matching, maxLength, required, type Violations } from './validate.ts';

const VERSION = '(\\$LATEST|[0-9]+)';
const MAX_DESCRIPTION = 256;
const MAX_NAME = 128;

export function aliasOperations(context: LambdaContext): Operations {
  return {
    CreateAlias: (input: CreateAliasRequest, call: CallContext) => createAlias(context, input, call),
    UpdateAlias: (input: UpdateAliasRequest, call: CallContext) => updateAlias(context, input, call),
    GetAlias(input: GetAliasRequest, call: CallContext): AliasConfiguration {
      const ref = aliasRef(input.FunctionName, input.Name, call);
      const alias = context.tables.aliases.get(qualifiedKey(ref, input.Name ?? ''));
      if (!alias) throw aliasNotFound({ ...ref, qualifier: input.Name ?? '' });
      return shownAlias(context, alias, context.provisioner.weightsOf(alias));
    },
    DeleteAlias(input: DeleteAliasRequest, call: CallContext) {
      const ref = aliasRef(input.FunctionName, input.Name, call);
      requireFunction(context.tables, ref);
      deleteAlias(context, ref, input.Name ?? '');
      return {};
    },
    ListAliases: (input: ListAliasesRequest, call: CallContext) => listAliases(context, input, call),
  };
}

function aliasRef(
  functionName: string | undefined,
  name: string | undefined,
  call: CallContext,
  more: Violations = [],
) {
  const own = [...required('name', name), ...maxLength('name', name, MAX_NAME), ...matching('name', name, ALIAS_NAME)];
  const { qualifier: _, ...ref } = parseRef(functionName, undefined, call, 'any', [...more, ...own]);
  return ref;
}

function createAlias(context: LambdaContext, input: CreateAliasRequest, call: CallContext): AliasConfiguration {
  const violations = [...required('functionVersion', input.FunctionVersion), ...settingsViolations(input)];
  const ref = aliasRef(input.FunctionName, input.Name, call, violations);
  const alias = input.Name ?? '';
  const functionVersion = input.FunctionVersion ?? LATEST;
  const weights = { ...input.RoutingConfig?.AdditionalVersionWeights };
  refuseRouting(context, ref, functionVersion, weights);
  const key = qualifiedKey(ref, alias);
  if (context.tables.aliases.has(key)) throw conflict(`Alias already exists: ${ref.arn}:${alias}`);
  const { region, name } = ref;
  const description = input.Description ?? '';
  const record = { region, name, alias, functionVersion, description, weights, revisionId: context.newId() };
  context.tables.aliases.set(key, record);
  return shownAlias(context, record, weights);
}

function updateAlias(context: LambdaContext, input: UpdateAliasRequest, call: CallContext): AliasConfiguration {
  const ref = aliasRef(input.FunctionName, input.Name, call, settingsViolations(input));
  requireFunction(context.tables, ref);
  const key = qualifiedKey(ref, input.Name ?? '');
  const before = context.tables.aliases.get(key);
  if (!before) throw resourceNotFound(`Alias not found: ${ref.arn}:${input.Name}`);
  if (input.RevisionId && input.RevisionId !== before.revisionId) throw preconditionFailed();
  const functionVersion = input.FunctionVersion ?? before.functionVersion;
  const weights = input.RoutingConfig ? { ...input.RoutingConfig.AdditionalVersionWeights } : before.weights;
  refuseRouting(context, ref, functionVersion, weights);
  const isMoved = functionVersion !== before.functionVersion;
  if (isMoved && context.provisioner.get(ref, before.alias)) refuseProvisionedTarget(context, ref, functionVersion);
  const record: AliasRecord = {
    ...before,
    functionVersion,
    weights,
    description: input.Description ?? before.description,
    revisionId: context.newId(),
  };
  context.tables.aliases.set(key, record);
  if (isMoved) context.provisioner.aliasMoved(record);
  return shownAlias(context, record, weights);
}

function deleteAlias(context: LambdaContext, ref: FunctionRef, alias: string): void {
  const key = qualifiedKey(ref, alias);
  context.provisioner.remove(ref, alias);
  context.tables.aliases.delete(key);
  context.tables.policies.delete(key);
  context.tables.invokeConfigs.delete(key);
  for (const url of context.tables.urls.list()) {
    if (url.region === ref.region && url.name === ref.name && url.qualifier === alias) {
      context.tables.urls.delete(url.urlId);
    }
  }
}

function listAliases(context: LambdaContext, input: ListAliasesRequest, call: CallContext): ListAliasesResponse {
  const version = input.FunctionVersion;
  const ref = parseRef(input.FunctionName, undefined, call, 'any', matching('functionVersion', version, VERSION));
  requireFunction(context.tables, ref);
  const aliases = context.tables.aliases
    .list(ownedPrefix(ref))
    .filter((alias) => version === undefined || alias.functionVersion === version || version in alias.weights)
    .sort((a, b) => (a.alias < b.alias ? -1 : 1));
  const { items, ...next } = pageOf(aliases, input.Marker, input.MaxItems);
  return { Aliases: items.map((alias) => shownAlias(context, alias, context.provisioner.weightsOf(alias))), ...next };
}

interface AliasSettings {
  readonly FunctionVersion?: string | undefined;
  readonly Description?: string | undefined;
  readonly RoutingConfig?: AliasRoutingConfiguration | undefined;
}

function settingsViolations(input: AliasSettings): Violations {
  return [
    ...matching('functionVersion', input.FunctionVersion, VERSION),
    ...maxLength('description', input.Description, MAX_DESCRIPTION),
    ...weightViolations(input.RoutingConfig?.AdditionalVersionWeights ?? {}),
  ];
}

function weightViolations(weights: Readonly<Record<string, number>>): Violations {
  const member = 'routingConfig.additionalVersionWeights';
  const entries = Object.entries(weights);
  const shown = `'{${entries.map(([version, weight]) => `${version}=${javaDouble(weight)}`).join(', ')}}'`;
  const keys =
    'Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]';
  const values =
    'Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]';
  return [
    ...custom(
      member,
      shown,
      keys,
      entries.some(([version]) => !/^[0-9]{1,1024}$/.test(version)),
    ),
    ...custom(
      member,
      shown,
      values,
      entries.some(([, weight]) => !(weight >= 0 && weight <= 1)),
    ),
  ];
}

/** `2.0` for 2: the service shows weights as Java prints doubles. */
function javaDouble(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function refuseRouting(
  context: LambdaContext,
  ref: FunctionRef,
  functionVersion: string,
  weights: Readonly<Record<string, number>>,
): void {
  const others = Object.keys(weights);
  if (others.length > 1) {
    throw invalidParameter('Number of items in AdditionalVersionWeights cannot be greater than 1');
  }
  if (others.includes(functionVersion)) {
    throw invalidParameter(
      `Invalid function version ${functionVersion}. Function version ${functionVersion} is already included in routing configuration.`,
    );
  }
  if (functionVersion === LATEST && others.length > 0) {
    throw invalidParameter('$LATEST is not supported for an alias pointing to more than 1 version', {});
  }
  for (const version of [functionVersion, ...others]) {
    if (!context.tables.versions.has(qualifiedKey(ref, version))) throw functionNotFound(`${ref.arn}:${version}`);
  }
}

function shownAlias(
  context: LambdaContext,
  alias: AliasRecord,
  weights: Readonly<Record<string, number>>,
): AliasConfiguration {
  return {
    AliasArn: `${functionArn(alias.region, context.account, alias.name)}:${alias.alias}`,
    Name: alias.alias,
    FunctionVersion: alias.functionVersion,
    Description: alias.description,
    RevisionId: alias.revisionId,
    ...(Object.keys(weights).length > 0 ? { RoutingConfig: { AdditionalVersionWeights: { ...weights } } } : {}),
  };
}
