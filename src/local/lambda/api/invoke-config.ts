/** Settings of asynchronous invocation: retries, age, destinations. */
import type {
  DeleteFunctionEventInvokeConfigRequest,
  FunctionEventInvokeConfig,
  GetFunctionEventInvokeConfigRequest,
  ListFunctionEventInvokeConfigsRequest,
  ListFunctionEventInvokeConfigsResponse,
  PutFunctionEventInvokeConfigRequest,
} from '@aws-sdk/client-lambda';
import { type CallContext, notEmulated } from '../../wire/service.ts';
import type { LambdaContext, Operations } from './context.ts';
import { invalidParameter, resourceNotFound } from './errors.ts';
import { type FunctionRef, functionArn, LATEST, parseArn, parseRef } from './names.ts';
import { pageOf } from './paging.ts';
import { findVersion, functionKey, type InvokeConfigRecord, ownedPrefix, qualifiedKey } from './state.ts';
import { between, matching } from './validate.ts';

const DESTINATION =
  '$|kafka://([^.]([a-zA-Z0-9\\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)';
const DESTINATION_SERVICES = new Set(['lambda', 'sqs', 'sns', 'events', 's3']);

export function invokeConfigOperations(context: LambdaContext): Operations {
  const { tables } = context;
  const stored = (ref: FunctionRef): InvokeConfigRecord => {
    const record = tables.invokeConfigs.get(keyOf(ref));
    if (record) return record;
    throw resourceNotFound(`The function ${ref.arn}:${ref.qualifier ?? LATEST} doesn't have an EventInvokeConfig`);
  };
  const save = (record: InvokeConfigRecord): FunctionEventInvokeConfig => {
    tables.invokeConfigs.set(qualifiedKey(record, record.qualifier), record);
    return shownConfig(context, record);
  };
  return {
    PutFunctionEventInvokeConfig(input: PutFunctionEventInvokeConfigRequest, call: CallContext) {
      const ref = settableRef(context, input, call);
      return save(changedConfig(context, newRecord(ref), input));
    },
    UpdateFunctionEventInvokeConfig(input: PutFunctionEventInvokeConfigRequest, call: CallContext) {
      const ref = settableRef(context, input, call);
      return save(changedConfig(context, stored(ref), input));
    },
    GetFunctionEventInvokeConfig(input: GetFunctionEventInvokeConfigRequest, call: CallContext) {
      return shownConfig(context, stored(parseRef(input.FunctionName, input.Qualifier, call)));
    },
    DeleteFunctionEventInvokeConfig(input: DeleteFunctionEventInvokeConfigRequest, call: CallContext) {
      const ref = parseRef(input.FunctionName, input.Qualifier, call);
      stored(ref);
      tables.invokeConfigs.delete(keyOf(ref));
      return {};
    },
    ListFunctionEventInvokeConfigs(
      input: ListFunctionEventInvokeConfigsRequest,
      call: CallContext,
    ): ListFunctionEventInvokeConfigsResponse {
      const ref = parseRef(input.FunctionName, undefined, call);
      if (!tables.functions.has(functionKey(ref))) throw resourceNotFound("The function doesn't exist.");
      const { items, ...next } = pageOf(tables.invokeConfigs.list(ownedPrefix(ref)), input.Marker, input.MaxItems);
      return { FunctionEventInvokeConfigs: items.map((record) => shownConfig(context, record)), ...next };
    },
  };
}

function keyOf(ref: FunctionRef): string {
  return qualifiedKey(ref, ref.qualifier ?? LATEST);
}

function newRecord(ref: FunctionRef): InvokeConfigRecord {
  return { region: ref.region, name: ref.name, qualifier: ref.qualifier ?? LATEST, lastModifiedMs: 0 };
}

function settableRef(
  context: LambdaContext,
  input: PutFunctionEventInvokeConfigRequest,
  call: CallContext,
): FunctionRef {
  const { OnSuccess, OnFailure } = input.DestinationConfig ?? {};
  const violations = [
    ...between('maximumRetryAttempts', input.MaximumRetryAttempts, 0, 2),
    ...between('maximumEventAgeInSeconds', input.MaximumEventAgeInSeconds, 60, 21_600),
    ...matching('destinationConfig.onSuccess.destination', OnSuccess?.Destination, DESTINATION),
    ...matching('destinationConfig.onFailure.destination', OnFailure?.Destination, DESTINATION),
  ];
  const ref = parseRef(input.FunctionName, input.Qualifier, call, 'any', violations);
  if (!findVersion(context.tables, ref)) throw resourceNotFound("The function doesn't exist.");
  return ref;
}

function changedConfig(
  context: LambdaContext,
  before: InvokeConfigRecord,
  input: PutFunctionEventInvokeConfigRequest,
): InvokeConfigRecord {
  const { MaximumRetryAttempts: retries, MaximumEventAgeInSeconds: age, DestinationConfig: destinations } = input;
  if (retries === undefined && age === undefined && destinations === undefined) {
    throw invalidParameter('You must specify at least one of error handling or destination setting.');
  }
  const onSuccess = destinations?.OnSuccess?.Destination;
  const onFailure = destinations?.OnFailure?.Destination;
  const shown = `DestinationConfig(onSuccess=${shownDestination('OnSuccess', onSuccess)}, onFailure=${shownDestination('OnFailure', onFailure)})`;
  for (const destination of [onSuccess, onFailure]) refuseDestination(context, before, destination, shown);
  return {
    ...before,
    ...(retries === undefined ? {} : { maxRetries: retries }),
    ...(age === undefined ? {} : { maxEventAgeSeconds: age }),
    ...(onSuccess === undefined ? {} : { onSuccess }),
    ...(onFailure === undefined ? {} : { onFailure }),
    lastModifiedMs: context.clock.now(),
  };
}

function shownDestination(kind: 'OnSuccess' | 'OnFailure', destination: string | undefined): string {
  return destination === undefined ? 'null' : `${kind}(destination=${destination})`;
}

function refuseDestination(
  context: LambdaContext,
  owner: InvokeConfigRecord,
  destination: string | undefined,
  shown: string,
): void {
  if (destination === undefined || destination === '') return;
  const service = destination.split(':')[2] ?? '';
  if (!DESTINATION_SERVICES.has(service)) {
    throw invalidParameter(`The provided destination config ${shown} is invalid.`);
  }
  if (service === 'sns' && context.topics !== undefined) return;
  if (service !== 'lambda') throw notEmulated(`A Lambda destination of ${service}`);
  const ref = parseArn(destination);
  if (ref && ref.region === owner.region && ref.name === owner.name) {
    throw invalidParameter("You can't specify the function as a destination for itself.");
  }
  if (!ref || !findVersion(context.tables, ref)) {
    throw invalidParameter(`The destination ARN ${destination} is invalid.`);
  }
}

function shownConfig(context: LambdaContext, record: InvokeConfigRecord): FunctionEventInvokeConfig {
  const { onSuccess, onFailure } = record;
  return {
    LastModified: new Date(record.lastModifiedMs),
    FunctionArn: `${functionArn(record.region, context.account, record.name)}:${record.qualifier}`,
    ...(record.maxRetries === undefined ? {} : { MaximumRetryAttempts: record.maxRetries }),
    ...(record.maxEventAgeSeconds === undefined ? {} : { MaximumEventAgeInSeconds: record.maxEventAgeSeconds }),
    DestinationConfig: {
      OnSuccess: onSuccess === undefined ? {} : { Destination: onSuccess },
      OnFailure: onFailure === undefined ? {} : { Destination: onFailure },
    },
  };
}
