/** Published versions. */
import type {
  FunctionConfiguration,
  ListVersionsByFunctionRequest,
  ListVersionsByFunctionResponse,
  PublishVersionRequest,
} from '@aws-sdk/client-lambda';
import { type CallContext, notEmulated } from '../../wire/service.ts';
import { fingerprint, listedConfiguration, shownConfiguration } from './configuration.ts';
import type { LambdaContext, Operations } from './context.ts';
import { invalidParameter } from './errors.ts';
import { requireUpdatable, versionOrder } from './functions.ts';
import { LATEST, parseRef } from './names.ts';
import { pageOf } from './paging.ts';
import { functionKey, ownedPrefix, qualifiedKey, requireFunction, type VersionRecord } from './state.ts';
import { maxLength } from './validate.ts';

export function versionOperations(context: LambdaContext): Operations {
  return {
    PublishVersion: (input: PublishVersionRequest, call: CallContext) => publishVersion(context, input, call),
    ListVersionsByFunction(input: ListVersionsByFunctionRequest, call: CallContext): ListVersionsByFunctionResponse {
      const ref = parseRef(input.FunctionName, undefined, call);
      requireFunction(context.tables, ref);
      const versions = context.tables.versions.list(ownedPrefix(ref)).sort((a, b) => versionOrder(a) - versionOrder(b));
      const { items, ...next } = pageOf(versions, input.Marker, input.MaxItems);
      return {
        Versions: items.map((version) => listedConfiguration(version, `${ref.arn}:${version.version}`)),
        ...next,
      };
    },
  };
}

/** Answers the last published version again where neither code nor configuration changed since. */
function publishVersion(
  context: LambdaContext,
  input: PublishVersionRequest,
  call: CallContext,
): FunctionConfiguration {
  const { tables } = context;
  const ref = parseRef(input.FunctionName, undefined, call, 'any', maxLength('description', input.Description, 256));
  if (input.PublishTo !== undefined) throw notEmulated('Lambda PublishTo');
  const latest = requireUpdatable(context, ref, input.RevisionId);
  const { sha256Base64 } = latest.code;
  if (input.CodeSha256 && input.CodeSha256 !== sha256Base64) {
    throw invalidParameter(
      `CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST (${sha256Base64}). Please try again with the CodeSHA256 in $LATEST.`,
    );
  }
  const record = requireFunction(tables, ref);
  const print = fingerprint(latest);
  const last = record.lastPublished;
  const unchanged = last?.fingerprint === print ? tables.versions.get(qualifiedKey(ref, last.version)) : undefined;
  if (unchanged) return shownConfiguration(unchanged, `${ref.arn}:${unchanged.version}`);

  const version = String(record.nextVersion);
  const description = input.Description ?? latest.configuration.description;
  const published: VersionRecord = {
    ...latest,
    version,
    configuration: { ...latest.configuration, description },
    revisionId: context.newId(),
    lastModifiedMs: context.clock.now(),
  };
  tables.versions.set(qualifiedKey(ref, version), published);
  tables.versions.set(qualifiedKey(ref, LATEST), { ...latest, revisionId: context.newId() });
  tables.functions.set(functionKey(ref), {
    ...record,
    nextVersion: record.nextVersion + 1,
    lastPublished: { version, fingerprint: print },
  });
  return shownConfiguration(published, `${ref.arn}:${version}`);
}
