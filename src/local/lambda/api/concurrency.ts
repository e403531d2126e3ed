/** Reserved concurrency, and the account's limits and use. */
import type {
  DeleteFunctionConcurrencyRequest,
  GetAccountSettingsResponse,
  GetFunctionConcurrencyRequest,
  GetFunctionConcurrencyResponse,
  PutFunctionConcurrencyRequest,
} from '@aws-sdk/client-lambda';
import type { CallContext } from '../../wire/service.ts';
import { ACCOUNT_CONCURRENCY, type LambdaContext, MIN_UNRESERVED_CONCURRENCY, type Operations } from './context.ts';
import { functionNotFound, invalidParameter } from './errors.ts';
import { LATEST, parseRef } from './names.ts';
import { type FunctionRecord, functionKey, ownedPrefix, requireFunction } from './state.ts';
import { between, required } from './validate.ts';
import { MAX_UNZIPPED_BYTES } from './zip.ts';

const TOTAL_CODE_BYTES = 80_530_636_800;
const ZIPPED_CODE_BYTES = 52_428_800;

export function concurrencyOperations(context: LambdaContext): Operations {
  const { tables } = context;
  return {
    PutFunctionConcurrency: (input: PutFunctionConcurrencyRequest, call: CallContext) =>
      putFunctionConcurrency(context, input, call),
    GetFunctionConcurrency(input: GetFunctionConcurrencyRequest, call: CallContext): GetFunctionConcurrencyResponse {
      const record = requireFunction(tables, parseRef(input.FunctionName, undefined, call));
      return record.reservedConcurrency === undefined
        ? {}
        : { ReservedConcurrentExecutions: record.reservedConcurrency };
    },
    DeleteFunctionConcurrency(input: DeleteFunctionConcurrencyRequest, call: CallContext) {
      const record = requireFunction(tables, parseRef(input.FunctionName, undefined, call));
      const { reservedConcurrency: _, ...unreserved } = record;
      tables.functions.set(functionKey(record), unreserved);
      context.executor.setReserved(unreserved);
      return {};
    },
    GetAccountSettings: (_input: object, call: CallContext) => accountSettings(context, call.region),
  };
}

function putFunctionConcurrency(
  context: LambdaContext,
  input: PutFunctionConcurrencyRequest,
  call: CallContext,
): { ReservedConcurrentExecutions: number } {
  const { tables } = context;
  const wanted = input.ReservedConcurrentExecutions;
  const limits = [
    ...required('reservedConcurrentExecutions', wanted),
    ...between('reservedConcurrentExecutions', wanted, 0, Number.MAX_SAFE_INTEGER),
  ];
  const ref = parseRef(input.FunctionName, undefined, call, 'any', limits);
  if (ref.qualifier !== undefined) {
    throw invalidParameter(
      'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.',
    );
  }
  const record = tables.functions.get(functionKey(ref));
  if (!record) throw functionNotFound(`${ref.arn}:${LATEST}`);
  const reserved = wanted ?? 0;
  const provisioned = provisionedOf(context, record);
  if (reserved < provisioned) {
    throw invalidParameter(
      ` ReservedConcurrentExecutions  ${reserved} should not be lower than function's total provisioned concurrency [${provisioned}].`,
      {},
    );
  }
  if (unreservedConcurrency(context, call.region, record) - reserved < MIN_UNRESERVED_CONCURRENCY) {
    throw invalidParameter(
      `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${MIN_UNRESERVED_CONCURRENCY}].`,
      {},
    );
  }
  const changed = { ...record, reservedConcurrency: reserved };
  tables.functions.set(functionKey(record), changed);
  context.executor.setReserved(changed);
  return { ReservedConcurrentExecutions: reserved };
}

/** The provisioned concurrency a function asks for over all its aliases and versions, `except` one qualifier. */
export function provisionedOf(
  context: LambdaContext,
  owner: Pick<FunctionRecord, 'region' | 'name'>,
  except?: string,
): number {
  return context.tables.provisioned
    .list(ownedPrefix(owner))
    .filter((record) => record.qualifier !== except)
    .reduce((sum, record) => sum + record.requested, 0);
}

/** What the account has left in a region once every reservation, but that of `except`, is taken off. */
export function unreservedConcurrency(
  context: LambdaContext,
  region: string,
  except?: Pick<FunctionRecord, 'name'>,
  exceptQualifier?: string,
): number {
  let left = ACCOUNT_CONCURRENCY;
  for (const record of context.tables.functions.list(`${region}/`)) {
    const isExcept = record.name === except?.name;
    if (isExcept && exceptQualifier === undefined) continue;
    left -= record.reservedConcurrency ?? provisionedOf(context, record, isExcept ? exceptQualifier : undefined);
  }
  return left;
}

function accountSettings(context: LambdaContext, region: string): GetAccountSettingsResponse {
  const versions = context.tables.versions.list(`${region}/`);
  return {
    AccountLimit: {
      TotalCodeSize: TOTAL_CODE_BYTES,
      CodeSizeUnzipped: MAX_UNZIPPED_BYTES,
      CodeSizeZipped: ZIPPED_CODE_BYTES,
      ConcurrentExecutions: ACCOUNT_CONCURRENCY,
      UnreservedConcurrentExecutions: unreservedConcurrency(context, region),
    },
    AccountUsage: {
      TotalCodeSize: versions.reduce((sum, version) => sum + version.code.sizeBytes, 0),
      FunctionCount: context.tables.functions.list(`${region}/`).length,
    },
  };
}
