/** Functions: create, read, list, update and delete. */
import type {
  CreateFunctionRequest,
  DeleteFunctionRequest,
  FunctionConfiguration,
  GetFunctionConfigurationRequest,
  GetFunctionRequest,
  GetFunctionResponse,
  ListFunctionsRequest,
  ListFunctionsResponse,
  UpdateFunctionCodeRequest,
  UpdateFunctionConfigurationRequest,
} from '@aws-sdk/client-lambda';
import type { ObjectSource } from '../../links.ts';
import { type CallContext, notEmulated } from '../../wire/service.ts';
import {
  architectureOf,
  architectureViolations,
  changedConfiguration,
  fingerprint,
  listedConfiguration,
  newConfiguration,
  settingsViolations,
  shownArn,
  shownConfiguration,
} from './configuration.ts';
import type { LambdaContext, Operations } from './context.ts';
import { conflict, functionNotFound, invalidParameter, preconditionFailed, tooLarge } from './errors.ts';
import { type FunctionRef, LATEST, parseNewRef, parseRef } from './names.ts';
import { pageOf } from './paging.ts';
import { deleteOwned, deleteVersion } from './removal.ts';
import { type Code, functionKey, qualifiedKey, requireFunction, requireVersion, type VersionRecord } from './state.ts';
import { refuseTooManyTags } from './tags.ts';
import { check, oneOf } from './validate.ts';

/** Lambda's limit on a zip uploaded in the call; larger ones come from S3. */
const MAX_INLINE_ZIP_BYTES = 52_428_800;
const MAX_CODE_REQUEST_BYTES = 70_167_211;

type CodeInput = Pick<
  UpdateFunctionCodeRequest,
  'ZipFile' | 'S3Bucket' | 'S3Key' | 'S3ObjectVersion' | 'ImageUri' | 'SourceKMSKeyArn'
>;

export function functionOperations(context: LambdaContext, objects: ObjectSource): Operations {
  return {
    CreateFunction: (input: CreateFunctionRequest, call: CallContext) => createFunction(context, objects, input, call),
    GetFunction: (input: GetFunctionRequest, call: CallContext) => getFunction(context, input, call),
    GetFunctionConfiguration: (input: GetFunctionConfigurationRequest, call: CallContext) => {
      const ref = parseRef(input.FunctionName, input.Qualifier, call);
      return shownConfiguration(requireExisting(context, ref), shownArn(ref.arn, ref.qualifier));
    },
    ListFunctions: (input: ListFunctionsRequest, call: CallContext) => listFunctions(context, input, call),
    UpdateFunctionCode: (input: UpdateFunctionCodeRequest, call: CallContext) =>
      updateCode(context, objects, input, call),
    UpdateFunctionConfiguration: (input: UpdateFunctionConfigurationRequest, call: CallContext) =>
      updateConfiguration(context, input, call),
    DeleteFunction: (input: DeleteFunctionRequest, call: CallContext) => deleteFunction(context, input, call),
  };
}

async function createFunction(
  context: LambdaContext,
  objects: ObjectSource,
  input: CreateFunctionRequest,
  call: CallContext,
): Promise<FunctionConfiguration> {
  const violations = [...settingsViolations(input, true), ...architectureViolations(input.Architectures)];
  const ref = parseNewRef(input.FunctionName, call, violations);
  if (input.PublishTo !== undefined) throw notEmulated('Lambda PublishTo');
  refuseTooManyTags(input.Tags ?? {});
  const configuration = newConfiguration(input, ref.name);
  const refuseExisting = () => {
    if (context.tables.functions.has(functionKey(ref))) throw conflict(`Function already exist: ${ref.name}`);
  };
  refuseExisting();
  const code = await storeCode(context, objects, input.Code ?? {}, 'CreateFunction');
  refuseExisting();
  const { region, name } = ref;
  const latest: VersionRecord = {
    region,
    name,
    version: LATEST,
    configuration,
    code,
    revisionId: context.newId(),
    lastModifiedMs: context.clock.now(),
    progress: 'creating',
  };
  const record = { region, name, nextVersion: 1, tags: { ...input.Tags } };
  context.tables.functions.set(functionKey(ref), record);
  context.lifecycle.begin(latest);
  const shown = input.Publish === true ? publishUnderWay(context, latest) : latest;
  return shownConfiguration(shown, ref.arn);
}

/**
 * Publishes `$LATEST` while it is being created or updated; the version is then `Pending` as well. As with PublishVersion,
 * nothing new is published where nothing changed since the last time.
 */
function publishUnderWay(context: LambdaContext, latest: VersionRecord): VersionRecord {
  const key = functionKey(latest);
  const record = context.tables.functions.get(key);
  if (!record) throw functionNotFound(latest.name);
  const print = fingerprint(latest);
  const last = record.lastPublished;
  const unchanged = last?.fingerprint === print && context.tables.versions.get(qualifiedKey(latest, last.version));
  if (unchanged) return unchanged;
  const version = String(record.nextVersion);
  const published: VersionRecord = { ...latest, version, revisionId: context.newId(), progress: 'creating' };
  const lastPublished = { version, fingerprint: print };
  context.tables.functions.set(key, { ...record, nextVersion: record.nextVersion + 1, lastPublished });
  context.lifecycle.begin(published);
  return published;
}

async function storeCode(
  context: LambdaContext,
  objects: ObjectSource,
  input: CodeInput,
  operation: string,
): Promise<Code> {
  if (input.ImageUri !== undefined) throw notEmulated('Lambda container images');
  if (input.ZipFile !== undefined) {
    if (input.ZipFile.byteLength > MAX_INLINE_ZIP_BYTES) {
      throw tooLarge(`Request must be smaller than ${MAX_CODE_REQUEST_BYTES} bytes for the ${operation} operation`);
    }
    return context.code.put(input.ZipFile);
  }
  if (!input.S3Bucket || !input.S3Key) {
    throw invalidParameter('Please provide a source for function code.');
  }
  const zip = objects.read(input.S3Bucket, input.S3Key, input.S3ObjectVersion);
  if (!zip) {
    throw invalidParameter(
      'Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.',
    );
  }
  return context.code.put(zip);
}

/** As recorded, GetFunction tells a missing function by its name alone, and a missing version or alias with it. */
function requireExisting(context: LambdaContext, ref: FunctionRef): VersionRecord {
  if (ref.qualifier === undefined) requireFunction(context.tables, ref);
  return requireVersion(context.tables, ref);
}

function getFunction(context: LambdaContext, input: GetFunctionRequest, call: CallContext): GetFunctionResponse {
  const ref = parseRef(input.FunctionName, input.Qualifier, call);
  const version = requireExisting(context, ref);
  const record = requireFunction(context.tables, ref);
  const reserved = record.reservedConcurrency;
  return {
    Configuration: shownConfiguration(version, shownArn(ref.arn, ref.qualifier)),
    Code: { RepositoryType: 'S3', Location: `${context.endpoint()}/_local/code/${version.code.id}` },
    ...(Object.keys(record.tags).length > 0 ? { Tags: { ...record.tags } } : {}),
    ...(reserved === undefined ? {} : { Concurrency: { ReservedConcurrentExecutions: reserved } }),
  };
}

function listFunctions(context: LambdaContext, input: ListFunctionsRequest, call: CallContext): ListFunctionsResponse {
  check(oneOf('functionVersion', input.FunctionVersion, ['ALL']));
  const all = input.FunctionVersion === 'ALL';
  const versions = context.tables.versions
    .list(`${call.region}/`)
    .filter((version) => all || version.version === LATEST)
    .sort((a, b) => (a.name === b.name ? versionOrder(a) - versionOrder(b) : a.name < b.name ? -1 : 1));
  const { items, ...next } = pageOf(versions, input.Marker, input.MaxItems);
  const arnOf = (version: VersionRecord) => parseRef(version.name, all ? version.version : undefined, call);
  return {
    Functions: items.map((version) => {
      const ref = arnOf(version);
      return listedConfiguration(version, shownArn(ref.arn, ref.qualifier));
    }),
    ...next,
  };
}

/** `$LATEST` first, then by number. */
export function versionOrder(version: VersionRecord): number {
  return version.version === LATEST ? 0 : Number(version.version);
}

/** `$LATEST`, when it may be changed now. Throws 404, 409 (an update is under way) or 412 (stale revision). */
export function requireUpdatable(
  context: LambdaContext,
  ref: FunctionRef,
  revisionId: string | null | undefined,
): VersionRecord {
  requireFunction(context.tables, ref);
  const latest = requireVersion(context.tables, { ...ref, qualifier: LATEST });
  const now = 'The operation cannot be performed at this time.';
  if (latest.progress === 'creating') {
    throw conflict(`${now} The function is currently in the following state: Pending`);
  }
  if (latest.progress === 'updating') {
    throw conflict(`${now} An update is in progress for resource: ${ref.arn}`);
  }
  if (revisionId && revisionId !== latest.revisionId) throw preconditionFailed();
  return latest;
}

async function updateCode(
  context: LambdaContext,
  objects: ObjectSource,
  input: UpdateFunctionCodeRequest,
  call: CallContext,
): Promise<FunctionConfiguration> {
  const ref = parseRef(input.FunctionName, undefined, call, 'any', architectureViolations(input.Architectures));
  if (input.PublishTo !== undefined) throw notEmulated('Lambda PublishTo');
  requireUpdatable(context, ref, input.RevisionId);
  const code = await storeCode(context, objects, input, 'UpdateFunctionCode');
  const before = requireUpdatable(context, ref, input.RevisionId);
  const architecture = input.Architectures ? architectureOf(input.Architectures) : before.configuration.architecture;
  const configuration = { ...before.configuration, architecture };
  if (input.DryRun === true) return shownConfiguration({ ...before, code, configuration }, ref.arn);
  const updated = beginUpdate(context, before, { code, configuration });
  if (input.Publish !== true) return shownConfiguration(updated, ref.arn);
  const published = publishUnderWay(context, updated);
  return shownConfiguration(published, `${ref.arn}:${published.version}`);
}

function updateConfiguration(
  context: LambdaContext,
  input: UpdateFunctionConfigurationRequest,
  call: CallContext,
): FunctionConfiguration {
  const ref = parseRef(input.FunctionName, undefined, call, 'any', settingsViolations(input, false));
  const before = requireUpdatable(context, ref, input.RevisionId);
  const configuration = changedConfiguration(before.configuration, input);
  return shownConfiguration(beginUpdate(context, before, { configuration }), ref.arn);
}

function beginUpdate(
  context: LambdaContext,
  before: VersionRecord,
  change: Partial<Pick<VersionRecord, 'code' | 'configuration'>>,
): VersionRecord {
  const lastModifiedMs = context.clock.now();
  const updated: VersionRecord = {
    ...before,
    ...change,
    revisionId: context.newId(),
    lastModifiedMs,
    progress: 'updating',
  };
  context.lifecycle.begin(updated, before);
  return updated;
}

function deleteFunction(
  context: LambdaContext,
  input: DeleteFunctionRequest,
  call: CallContext,
): { StatusCode: number } {
  const ref = parseRef(input.FunctionName, input.Qualifier, call);
  if (ref.qualifier === LATEST) {
    throw invalidParameter('$LATEST version cannot be deleted without deleting the function.');
  }
  requireFunction(context.tables, ref);
  const { qualifier } = ref;
  if (qualifier === undefined) deleteOwned(context, ref);
  else if (context.tables.aliases.has(qualifiedKey(ref, qualifier))) {
    throw invalidParameter('Deletion of aliases is not currently supported.');
  } else deleteVersion(context, ref, qualifier);
  return { StatusCode: 204 };
}
