import { malformed } from './scalars.ts';
import type { ListShape, MapShape, Member, Shape, StructureShape, TimestampShape } from './schema.ts';

/** How a format that has objects, lists and scalars (JSON, CBOR) carries the values it has no type of its own for. */
export interface Scalars {
  readNumber(value: unknown): number;
  readBigint(value: unknown): bigint;
  readBlob(value: unknown): Uint8Array;
  readTimestamp(value: unknown): Date;
  writeNumber(value: unknown): unknown;
  writeBigint(value: unknown): unknown;
  writeBlob(value: Uint8Array): unknown;
  writeTimestamp(shape: TimestampShape, value: Date): unknown;
}

export type Convert = (value: unknown) => unknown;

export interface TreeCodec {
  /** From the parsed body to the SDK's shape (Dates, bytes); unknown members are dropped, wrong types refused. */
  reader(shape: Shape): Convert;
  /** From the SDK's shape to what the format encodes; absent members and members of no shape are dropped. */
  writer(shape: Shape): Convert;
}

/** Makes the codec of a format. Converters are compiled once for a shape, lazily, so recursive shapes are fine. */
export function treeCodec(scalars: Scalars): TreeCodec {
  const readers = new WeakMap<Shape, Convert>();
  const writers = new WeakMap<Shape, Convert>();
  const codec: TreeCodec = {
    reader: (shape) => remember(readers, shape, () => makeReader(shape, scalars, codec)),
    writer: (shape) => remember(writers, shape, () => makeWriter(shape, scalars, codec)),
  };
  return codec;
}

/** True where the member travels in the body of an HTTP-bound message. */
export function inBody(member: Member): boolean {
  const { traits } = member;
  return !(
    traits.httpLabel ||
    traits.httpHeader ||
    traits.httpQuery ||
    traits.httpQueryParams ||
    traits.httpPrefixHeaders !== undefined ||
    traits.httpPayload ||
    traits.httpResponseCode
  );
}

/** Refuses a value of a wrong type in the words AWS uses. */
export function refuse(value: unknown, wanted: string): never {
  const found = Array.isArray(value) ? 'START_ARRAY' : value === null ? 'NULL_VALUE' : TOKENS[typeof value];
  throw malformed(`${found} can not be converted to ${wanted}`);
}
const TOKENS: Readonly<Record<string, string>> = {
  object: 'START_OBJECT',
  string: 'STRING_VALUE',
  number: 'NUMBER_VALUE',
  bigint: 'NUMBER_VALUE',
  boolean: 'BOOLEAN_VALUE',
};

function remember(cache: WeakMap<Shape, Convert>, shape: Shape, make: () => Convert): Convert {
  let convert = cache.get(shape);
  if (!convert) {
    convert = make();
    cache.set(shape, convert);
  }
  return convert;
}

const same: Convert = (value) => value;

function makeReader(shape: Shape, scalars: Scalars, codec: TreeCodec): Convert {
  switch (shape.kind) {
    case 'string':
      return (value) => (typeof value === 'string' ? value : refuse(value, 'a String'));
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : refuse(value, 'a Boolean'));
    case 'number':
      return scalars.readNumber;
    case 'bigint':
      return scalars.readBigint;
    case 'document':
      return same;
    case 'unit':
      return () => ({});
    case 'blob':
      return scalars.readBlob;
    case 'timestamp':
      return scalars.readTimestamp;
    case 'list':
      return listReader(shape, codec);
    case 'map':
      return mapReader(shape, codec);
    case 'structure':
      return structureReader(shape, codec);
  }
}

function listReader(shape: ListShape, codec: TreeCodec): Convert {
  return (value) => {
    if (!Array.isArray(value)) return refuse(value, 'a List');
    const read = codec.reader(shape.item.shape);
    const items: unknown[] = [];
    for (const item of value) {
      if (item === null && !shape.sparse) continue;
      items.push(item === null ? null : read(item));
    }
    return items;
  };
}

function mapReader(shape: MapShape, codec: TreeCodec): Convert {
  return (value) => {
    const source = object(value, 'a Map');
    const read = codec.reader(shape.value.shape);
    const entries: [string, unknown][] = [];
    for (const [key, item] of Object.entries(source)) {
      if (item === null && !shape.sparse) continue;
      entries.push([key, item === null ? null : read(item)]);
    }
    return Object.fromEntries(entries);
  };
}

interface BoundMember {
  readonly name: string;
  readonly wireName: string;
  readonly shape: Shape;
}

function bodyMembers(shape: StructureShape): readonly BoundMember[] {
  return shape.members.filter(inBody).map((member) => ({
    name: member.name,
    wireName: member.traits.jsonName ?? member.name,
    shape: member.shape,
  }));
}

function structureReader(shape: StructureShape, codec: TreeCodec): Convert {
  let members: readonly BoundMember[] | undefined;
  return (value) => {
    const source = object(value, `a ${shape.name}`);
    members ??= bodyMembers(shape);
    const result: Record<string, unknown> = {};
    for (const member of members) {
      const item = source[member.wireName];
      if (item !== undefined && item !== null) result[member.name] = codec.reader(member.shape)(item);
    }
    return result;
  };
}

function object(value: unknown, wanted: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(value, wanted);
  return value as Readonly<Record<string, unknown>>;
}

function makeWriter(shape: Shape, scalars: Scalars, codec: TreeCodec): Convert {
  switch (shape.kind) {
    case 'number':
      return scalars.writeNumber;
    case 'bigint':
      return scalars.writeBigint;
    case 'blob':
      return (value) => (value instanceof Uint8Array ? scalars.writeBlob(value) : value);
    case 'timestamp':
      return (value) => (value instanceof Date ? scalars.writeTimestamp(shape, value) : value);
    case 'list':
      return (value) => {
        const write = codec.writer(shape.item.shape);
        return [...(value as Iterable<unknown>)].map((item) => (item == null ? null : write(item)));
      };
    case 'map':
      return (value) => {
        const write = codec.writer(shape.value.shape);
        const entries = Object.entries(value as object).filter(([, item]) => item !== undefined);
        return Object.fromEntries(entries.map(([key, item]) => [key, item === null ? null : write(item)]));
      };
    case 'structure':
      return structureWriter(shape, codec);
    case 'unit':
      return () => ({});
    case 'string':
    case 'boolean':
    case 'document':
      return same;
  }
}

function structureWriter(shape: StructureShape, codec: TreeCodec): Convert {
  let members: readonly BoundMember[] | undefined;
  return (value) => {
    const source = value as Readonly<Record<string, unknown>>;
    members ??= bodyMembers(shape);
    const result: Record<string, unknown> = {};
    for (const member of members) {
      const item = source[member.name];
      if (item !== undefined && item !== null) result[member.wireName] = codec.writer(member.shape)(item);
    }
    return result;
  };
}
