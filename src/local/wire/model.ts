import type { StaticErrorSchema, StaticOperationSchema } from '@smithy/types';
import { factsOf, type ServiceFacts } from './catalog.ts';
import { compileShape, type Member, readTraits, type Shape, type StructureShape } from './schema.ts';
import type { ServiceId } from './service.ts';

/** A service as its SDK client's schemas describe it. */
export interface ServiceModel {
  readonly facts: ServiceFacts;
  readonly operations: ReadonlyMap<string, Operation>;
  /** An error shape by its name or by its query code. */
  errorShape(code: string): StructureShape | undefined;
}

export interface Operation {
  readonly name: string;
  readonly input: Shape;
  readonly output: Shape;
  readonly http?: { readonly method: string; readonly uri: string; readonly status: number };
  /** The output member that is an event stream. */
  readonly eventStream: EventStreamMember | undefined;
}

export type EventStreamMember = Member & { readonly shape: StructureShape };

const models = new Map<ServiceId, Promise<ServiceModel>>();

/** Loads a service's model; the SDK client is imported on the first call only. */
export function loadModel(id: ServiceId): Promise<ServiceModel> {
  let model = models.get(id);
  if (!model) {
    const facts = factsOf(id);
    model = facts.load().then((client) => readModel(facts, client));
    models.set(id, model);
  }
  return model;
}

function readModel(facts: ServiceFacts, client: object): ServiceModel {
  const schemas = Object.entries(client).filter(([name]) => name.endsWith('$'));
  const operations = new Map<string, Operation>();
  const errors = new Map<string, StructureShape>();
  const byQueryCode = new Map<string, StructureShape>();
  for (const [, schema] of schemas) {
    if (isOperation(schema)) operations.set(schema[2], compileOperation(schema));
    if (!isError(schema)) continue;
    const shape = compileShape(schema);
    if (shape.kind !== 'structure') continue;
    errors.set(shape.name, shape);
    const queryCode = shape.traits.awsQueryError?.[0];
    if (queryCode !== undefined) byQueryCode.set(queryCode, shape);
  }
  if (operations.size === 0) throw new Error(`the SDK client of ${facts.id} exports no operation schemas`);
  return { facts, operations, errorShape: (code) => errors.get(code) ?? byQueryCode.get(code) };
}

function compileOperation(schema: StaticOperationSchema): Operation {
  const [, , name, traits, inputRef, outputRef] = schema;
  const http = readTraits(traits).http;
  let input: Shape | undefined;
  let output: Shape | undefined;
  const operation = {
    name,
    get input() {
      input ??= compileShape(inputRef);
      return input;
    },
    get output() {
      output ??= compileShape(outputRef);
      return output;
    },
    get eventStream() {
      return eventStreamOf(this.output);
    },
  };
  if (!http) return operation;
  return Object.defineProperty(operation, 'http', { value: { method: http[0], uri: http[1], status: http[2] } });
}

const eventStreams = new WeakMap<Shape, { member: EventStreamMember | undefined }>();

function eventStreamOf(output: Shape): EventStreamMember | undefined {
  let found = eventStreams.get(output);
  if (!found) {
    const members = output.kind === 'structure' ? output.members : [];
    found = { member: members.find(isEventStream) };
    eventStreams.set(output, found);
  }
  return found.member;
}

function isEventStream(member: Member): member is EventStreamMember {
  return member.shape.kind === 'structure' && member.shape.eventStream;
}

function isOperation(schema: unknown): schema is StaticOperationSchema {
  return Array.isArray(schema) && schema[0] === 9;
}

function isError(schema: unknown): schema is StaticErrorSchema {
  return Array.isArray(schema) && schema[0] === -3;
}
