/** The provisioned concurrency operations. */
import type {
  DeleteProvisionedConcurrencyConfigRequest,
  GetProvisionedConcurrencyConfigRequest,
  GetProvisionedConcurrencyConfigResponse,
  ListProvisionedConcurrencyConfigsRequest,
  ListProvisionedConcurrencyConfigsResponse,
  PutProvisionedConcurrencyConfigRequest,
} from '@aws-sdk/client-lambda';
import { AwsError, type CallContext } from '../../wire/service.ts';
import { provisionedOf, unreservedConcurrency } from './concurrency.ts';
import { lambdaTime } from './configuration.ts';
import { type LambdaContext, MIN_UNRESERVED_CONCURRENCY, type Operations } from './context.ts';
import { conflict, invalidParameter } from './errors.ts';
import { type FunctionRef, LATEST, parseRef } from './names.ts';
import { pageOf } from './paging.ts';
import { ownedPrefix, type ProvisionedRecord, qualifiedKey, requireFunction, requireTarget } from './state.ts';
import { between, required, type Violations } from './validate.ts';

const ONLY_PUBLISHED = 'The function resource provided must be an alias or a published version.';
const UNPUBLISHED = 'Provisioned Concurrency Configs cannot be applied to unpublished function versions.';

export function provisionedOperations(context: LambdaContext): Operations {
  return {
    PutProvisionedConcurrencyConfig: (input: PutProvisionedConcurrencyConfigRequest, call: CallContext) =>
      putConfig(context, input, call),
    GetProvisionedConcurrencyConfig(input: GetProvisionedConcurrencyConfigRequest, call: CallContext) {
      const { ref, qualifier } = targetOf(context, input, call, ONLY_PUBLISHED);
      const record = context.provisioner.get(ref, qualifier);
      if (!record) {
        throw new AwsError(
          'ProvisionedConcurrencyConfigNotFoundException',
          'No Provisioned Concurrency Config found for this function',
          { Type: 'User' },
          404,
        );
      }
      return shownConfig(record);
    },
    DeleteProvisionedConcurrencyConfig(input: DeleteProvisionedConcurrencyConfigRequest, call: CallContext) {
      const { ref, qualifier } = targetOf(context, input, call, ONLY_PUBLISHED);
      context.provisioner.remove(ref, qualifier);
      return {};
    },
    ListProvisionedConcurrencyConfigs(
      input: ListProvisionedConcurrencyConfigsRequest,
      call: CallContext,
    ): ListProvisionedConcurrencyConfigsResponse {
      const ref = parseRef(input.FunctionName, undefined, call);
      requireFunction(context.tables, ref);
      const { items, ...next } = pageOf(
        context.tables.provisioned.list(ownedPrefix(ref)),
        input.Marker,
        input.MaxItems,
      );
      const shown = items.map((record) => ({ FunctionArn: `${ref.arn}:${record.qualifier}`, ...shownConfig(record) }));
      return { ProvisionedConcurrencyConfigs: shown, ...next };
    },
  };
}

interface Named {
  readonly FunctionName: string | undefined;
  readonly Qualifier: string | undefined;
}

function targetOf(
  context: LambdaContext,
  input: Named,
  call: CallContext,
  latestRefused: string,
  more: Violations = [],
): { ref: FunctionRef; qualifier: string } {
  const violations = [...more, ...required('qualifier', input.Qualifier)];
  const ref = parseRef(input.FunctionName, input.Qualifier, call, 'any', violations);
  const qualifier = ref.qualifier ?? LATEST;
  if (qualifier === LATEST) throw invalidParameter(latestRefused);
  requireTarget(context.tables, ref);
  return { ref, qualifier };
}

function putConfig(
  context: LambdaContext,
  input: PutProvisionedConcurrencyConfigRequest,
  call: CallContext,
): GetProvisionedConcurrencyConfigResponse {
  const wanted = input.ProvisionedConcurrentExecutions;
  const limits = between('provisionedConcurrentExecutions', wanted, 1, Number.MAX_SAFE_INTEGER);
  const violations = [...required('provisionedConcurrentExecutions', wanted), ...limits];
  const { ref, qualifier } = targetOf(context, input, call, UNPUBLISHED, violations);
  const requested = wanted ?? 1;
  refuseCrossing(context, ref, qualifier);
  refuseExcess(context, ref, qualifier, requested);
  const { warmVersion: _, ...record } = context.provisioner.put(ref, qualifier, requested);
  return shownConfig(record);
}

/** A version is provisioned once: by itself or by one alias, and an alias only without weights. */
function refuseCrossing(context: LambdaContext, ref: FunctionRef, qualifier: string): void {
  const alias = context.tables.aliases.get(qualifiedKey(ref, qualifier));
  if (alias) {
    if (Object.keys(context.provisioner.weightsOf(alias)).length > 0) {
      throw invalidParameter('Alias with weights can not be used with Provisioned Concurrency');
    }
    refuseProvisionedTarget(context, ref, alias.functionVersion);
    return;
  }
  const byAlias = context.tables.provisioned
    .list(ownedPrefix(ref))
    .some((record) => context.tables.aliases.get(qualifiedKey(ref, record.qualifier))?.functionVersion === qualifier);
  if (byAlias) throw conflict('Version is pointed by a Provisioned Concurrency alias');
}

/** Throws where an alias with provisioned concurrency would point to a version that has its own. */
export function refuseProvisionedTarget(context: LambdaContext, ref: FunctionRef, version: string): void {
  if (context.provisioner.get(ref, version)) {
    throw conflict("Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version");
  }
}

function refuseExcess(context: LambdaContext, ref: FunctionRef, qualifier: string, requested: number): void {
  const { reservedConcurrency } = requireFunction(context.tables, ref);
  if (reservedConcurrency !== undefined) {
    if (provisionedOf(context, ref, qualifier) + requested > reservedConcurrency) {
      throw invalidParameter(
        'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function',
      );
    }
    return;
  }
  const unreserved = unreservedConcurrency(context, ref.region, ref, qualifier);
  if (requested > unreserved) {
    throw invalidParameter(
      `Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [${unreserved}].`,
      {},
    );
  }
  if (unreserved - requested < MIN_UNRESERVED_CONCURRENCY) {
    throw invalidParameter(
      `Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${MIN_UNRESERVED_CONCURRENCY}].`,
      {},
    );
  }
}

function shownConfig(record: ProvisionedRecord): GetProvisionedConcurrencyConfigResponse {
  const allocated = record.warmVersion === undefined ? 0 : record.requested;
  return {
    RequestedProvisionedConcurrentExecutions: record.requested,
    AllocatedProvisionedConcurrentExecutions: allocated,
    AvailableProvisionedConcurrentExecutions: allocated,
    Status: record.status,
    ...(record.statusReason === undefined ? {} : { StatusReason: record.statusReason }),
    LastModified: lambdaTime(record.lastModifiedMs).replace(/\.\d{3}/, ''),
  };
}
