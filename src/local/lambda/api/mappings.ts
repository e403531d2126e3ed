/**
 * Event source mappings as stored configuration. They are not polled: nothing is invoked by them here. They exist so that
 * tools can see which event sources go around an alias.
 */
import type {
  CreateEventSourceMappingRequest,
  DeleteEventSourceMappingRequest,
  EventSourceMappingConfiguration,
  GetEventSourceMappingRequest,
  ListEventSourceMappingsRequest,
  ListEventSourceMappingsResponse,
  UpdateEventSourceMappingRequest,
} from '@aws-sdk/client-lambda';
import type { CallContext } from '../../wire/service.ts';
import type { LambdaContext, Operations } from './context.ts';
import { conflict, invalidParameter, resourceNotFound } from './errors.ts';
import { type FunctionRef, functionArn, parseRef, qualifiedArn } from './names.ts';
import { pageOf } from './paging.ts';
import { type MappingRecord, requireVersion } from './state.ts';
import { between } from './validate.ts';

/** Members that name the mapping or its state; all others are kept as they came. */
const OWN_MEMBERS = new Set(['UUID', 'FunctionName', 'EventSourceArn', 'Enabled', 'Tags']);
const DEFAULT_BATCH_SIZE = { sqs: 10, other: 100 };

export function mappingOperations(context: LambdaContext): Operations {
  const { mappings } = context.tables;
  const stored = (uuid: string | undefined, call: CallContext): MappingRecord => {
    const record = mappings.get(uuid ?? '');
    if (!record || record.region !== call.region) throw resourceNotFound();
    return record;
  };
  const save = (record: MappingRecord): EventSourceMappingConfiguration => {
    mappings.set(record.uuid, record);
    return shownMapping(context, record);
  };
  return {
    CreateEventSourceMapping(input: CreateEventSourceMappingRequest, call: CallContext) {
      const target = targetOf(context, input.FunctionName, call, input.BatchSize);
      if (!input.EventSourceArn && !input.SelfManagedEventSource) {
        throw invalidParameter('Unrecognized event source.');
      }
      refuseDouble(context, target, input.EventSourceArn);
      const isQueue = input.EventSourceArn?.split(':')[2] === 'sqs';
      const batchSize = isQueue ? DEFAULT_BATCH_SIZE.sqs : DEFAULT_BATCH_SIZE.other;
      return save({
        uuid: context.newId(),
        ...target,
        ...(input.EventSourceArn === undefined ? {} : { eventSourceArn: input.EventSourceArn }),
        enabled: input.Enabled ?? true,
        lastModifiedMs: context.clock.now(),
        settings: { BatchSize: batchSize, ...settingsOf(input) },
      });
    },
    GetEventSourceMapping: (input: GetEventSourceMappingRequest, call: CallContext) =>
      shownMapping(context, stored(input.UUID, call)),
    UpdateEventSourceMapping(input: UpdateEventSourceMappingRequest, call: CallContext) {
      const { qualifier: _, ...before } = stored(input.UUID, call);
      const after =
        input.FunctionName === undefined
          ? stored(input.UUID, call)
          : { ...before, ...targetOf(context, input.FunctionName, call, input.BatchSize) };
      return save({
        ...after,
        enabled: input.Enabled ?? before.enabled,
        lastModifiedMs: context.clock.now(),
        settings: { ...before.settings, ...settingsOf(input) },
      });
    },
    DeleteEventSourceMapping(input: DeleteEventSourceMappingRequest, call: CallContext) {
      const record = stored(input.UUID, call);
      mappings.delete(record.uuid);
      return { ...shownMapping(context, record), State: 'Deleting' };
    },
    ListEventSourceMappings: (input: ListEventSourceMappingsRequest, call: CallContext) =>
      listMappings(context, input, call),
  };
}

type Target = Pick<MappingRecord, 'region' | 'name' | 'qualifier'>;

function targetOf(
  context: LambdaContext,
  functionName: string | undefined,
  call: CallContext,
  batchSize: number | undefined,
): Target {
  const ref = parseRef(functionName, undefined, call, 'any', between('batchSize', batchSize, 1, 10_000));
  requireVersion(context.tables, ref);
  return { region: ref.region, name: ref.name, ...(ref.qualifier === undefined ? {} : { qualifier: ref.qualifier }) };
}

function refuseDouble(context: LambdaContext, target: Target, eventSourceArn: string | undefined): void {
  const same = context.tables.mappings
    .list()
    .find(
      (record) =>
        eventSourceArn !== undefined && record.eventSourceArn === eventSourceArn && isSameTarget(record, target),
    );
  if (!same) return;
  throw conflict(
    `An event source mapping with event source arn (" ${eventSourceArn} ") and function (" ${target.name} ") already exists. Please update or delete the existing mapping with UUID ${same.uuid}`,
  );
}

function isSameTarget(a: Target, b: Target): boolean {
  return a.region === b.region && a.name === b.name && a.qualifier === b.qualifier;
}

function settingsOf(input: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(input).filter(
      ([name, value]) => !OWN_MEMBERS.has(name) && value !== undefined && !(value instanceof Date),
    ),
  );
}

function listMappings(
  context: LambdaContext,
  input: ListEventSourceMappingsRequest,
  call: CallContext,
): ListEventSourceMappingsResponse {
  const ref = input.FunctionName === undefined ? undefined : parseRef(input.FunctionName, undefined, call);
  const found = context.tables.mappings
    .list()
    .filter((record) => record.region === call.region)
    .filter((record) => input.EventSourceArn === undefined || record.eventSourceArn === input.EventSourceArn)
    .filter((record) => ref === undefined || isSameTarget(record, ref));
  const { items, ...next } = pageOf(found, input.Marker, input.MaxItems);
  return { EventSourceMappings: items.map((record) => shownMapping(context, record)), ...next };
}

function shownMapping(context: LambdaContext, record: MappingRecord): EventSourceMappingConfiguration {
  const arn = functionArn(record.region, context.account, record.name);
  const ref: FunctionRef = { ...record, arn };
  return {
    ...record.settings,
    UUID: record.uuid,
    ...(record.eventSourceArn === undefined ? {} : { EventSourceArn: record.eventSourceArn }),
    FunctionArn: qualifiedArn(ref),
    State: record.enabled ? 'Enabled' : 'Disabled',
    StateTransitionReason: 'USER_INITIATED',
    LastModified: new Date(record.lastModifiedMs),
  };
}
