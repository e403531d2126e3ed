import type { $MemberSchema, $SchemaRef, StaticSchema } from '@smithy/types';

/**
 * The SDK's static schemas, compiled once into shapes that the codecs walk. Format: `StaticSchema` of `@smithy/types`
 * (arrays `[kind, namespace, name, traits, …]`, simple types as numbers, references as functions).
 */
export type Shape = SimpleShape | TimestampShape | BlobShape | ListShape | MapShape | StructureShape;

export interface SimpleShape {
  readonly kind: 'string' | 'number' | 'boolean' | 'bigint' | 'document' | 'unit';
}

export interface TimestampShape {
  readonly kind: 'timestamp';
  readonly format: 'default' | 'date-time' | 'http-date' | 'epoch-seconds';
}

export interface BlobShape {
  readonly kind: 'blob';
}

export interface ListShape {
  readonly kind: 'list';
  readonly sparse: boolean;
  readonly item: Member;
}

export interface MapShape {
  readonly kind: 'map';
  readonly sparse: boolean;
  readonly key: Member;
  readonly value: Member;
}

export interface StructureShape {
  readonly kind: 'structure';
  readonly name: string;
  readonly union: boolean;
  /** An event stream is a union that travels as a sequence of messages. */
  readonly eventStream: boolean;
  readonly traits: Traits;
  readonly members: readonly Member[];
  readonly byName: ReadonlyMap<string, Member>;
}

export interface Member {
  readonly name: string;
  readonly required: boolean;
  readonly traits: Traits;
  readonly shape: Shape;
}

/** Traits of a member, its target's included, the numeric form spelt out. */
export interface Traits {
  readonly httpLabel?: unknown;
  readonly httpPayload?: unknown;
  readonly httpResponseCode?: unknown;
  readonly httpQueryParams?: unknown;
  readonly sensitive?: unknown;
  readonly httpHeader?: string;
  readonly httpQuery?: string;
  readonly httpPrefixHeaders?: string;
  readonly xmlName?: string;
  readonly xmlFlattened?: unknown;
  readonly xmlAttribute?: unknown;
  readonly xmlNamespace?: readonly string[];
  readonly jsonName?: string;
  readonly streaming?: unknown;
  readonly sparse?: unknown;
  readonly eventHeader?: unknown;
  readonly eventPayload?: unknown;
  readonly http?: readonly [string, string, number];
  readonly httpError?: number;
  readonly error?: string;
  readonly awsQueryError?: readonly [string, number];
}

/** In the order of the bits of a numeric trait. */
const TRAIT_BITS = [
  'httpLabel',
  'idempotent',
  'idempotencyToken',
  'sensitive',
  'httpPayload',
  'httpResponseCode',
  'httpQueryParams',
];
const NO_TRAITS: Traits = {};
const LIST_BIT = 64;
const MAP_BIT = 128;

const SIMPLE = new Map<number, Shape>([
  [0, { kind: 'string' }],
  [1, { kind: 'number' }],
  [2, { kind: 'boolean' }],
  [4, { kind: 'timestamp', format: 'default' }],
  [5, { kind: 'timestamp', format: 'date-time' }],
  [6, { kind: 'timestamp', format: 'http-date' }],
  [7, { kind: 'timestamp', format: 'epoch-seconds' }],
  [15, { kind: 'document' }],
  [17, { kind: 'bigint' }],
  [19, { kind: 'bigint' }],
  [21, { kind: 'blob' }],
  [42, { kind: 'blob' }],
]);
const UNIT: Shape = { kind: 'unit' };

const compiled = new WeakMap<object, Shape>();

/** Compiles a schema (or the SDK's reference to one). The same schema gives the same shape, so recursion is safe. */
export function compileShape(ref: $SchemaRef): Shape {
  const schema: unknown = typeof ref === 'function' ? ref() : ref;
  if (schema === 'unit' || schema === undefined) return UNIT;
  if (typeof schema === 'number') return compileNumber(schema);
  if (!isStaticSchema(schema)) throw new Error(`unknown schema form: ${JSON.stringify(schema)}`);
  let shape = compiled.get(schema);
  if (!shape) {
    shape = compileStatic(schema);
    compiled.set(schema, shape);
  }
  return shape;
}

/** Reads traits in either form: a bit vector or an object. */
export function readTraits(traits: unknown): Traits {
  if (typeof traits === 'object' && traits !== null) return traits;
  if (typeof traits !== 'number' || traits === 0) return NO_TRAITS;
  const named = TRAIT_BITS.filter((_, bit) => (traits & (1 << bit)) !== 0);
  return Object.fromEntries(named.map((name) => [name, 1]));
}

function compileNumber(schema: number): Shape {
  const simple = SIMPLE.get(schema);
  if (simple) return simple;
  const known = numbered.get(schema);
  if (known) return known;
  const target = SIMPLE.get(schema & 63);
  if (!target) throw new Error(`unknown numeric schema: ${schema}`);
  const member: Member = { name: 'member', required: false, traits: NO_TRAITS, shape: target };
  let shape: Shape;
  if (schema & MAP_BIT) shape = { kind: 'map', sparse: false, key: stringKey, value: member };
  else if (schema & LIST_BIT) shape = { kind: 'list', sparse: false, item: member };
  else throw new Error(`unknown numeric schema: ${schema}`);
  numbered.set(schema, shape);
  return shape;
}
const numbered = new Map<number, Shape>();
const stringKey: Member = { name: 'key', required: false, traits: NO_TRAITS, shape: { kind: 'string' } };

function compileStatic(schema: StaticSchema): Shape {
  const traits = readTraits(schema[3]);
  switch (schema[0]) {
    case 0:
      return compileShape(schema[4]);
    case 1:
      return { kind: 'list', sparse: traits.sparse !== undefined, item: memberOf('member', schema[4], false) };
    case 2:
      return {
        kind: 'map',
        sparse: traits.sparse !== undefined,
        key: memberOf('key', schema[4], false),
        value: memberOf('value', schema[5], false),
      };
    case 3:
    case 4:
    case -3:
      return structure(
        schema[2],
        traits,
        schema[4],
        schema[5],
        schema[0] === 4 ? 0 : (schema[6] ?? 0),
        schema[0] === 4,
      );
    case 9:
      throw new Error(`an operation is no shape: ${schema[2]}`);
    default:
      throw new Error(`unknown schema kind in ${JSON.stringify(schema)}`);
  }
}

function structure(
  name: string,
  traits: Traits,
  names: readonly string[],
  refs: readonly $SchemaRef[],
  requiredCount: number,
  union: boolean,
): StructureShape {
  let members: readonly Member[] | undefined;
  let byName: ReadonlyMap<string, Member> | undefined;
  return {
    kind: 'structure',
    name,
    union,
    eventStream: union && traits.streaming !== undefined,
    traits,
    get members() {
      members ??= names.map((member, index) => memberOf(member, refs[index] ?? 0, index < requiredCount));
      return members;
    },
    get byName() {
      byName ??= new Map(this.members.map((member) => [member.name, member]));
      return byName;
    },
  };
}

/** A member is a reference, or `[reference, traits]`; its target is compiled when first asked for. */
function memberOf(name: string, ref: $SchemaRef, required: boolean): Member {
  const [target, own] = isMemberSchema(ref) ? ref : [ref, 0];
  let traits: Traits | undefined;
  let shape: Shape | undefined;
  return {
    name,
    required,
    get traits() {
      traits ??= { ...targetTraits(target), ...readTraits(own) };
      return traits;
    },
    get shape() {
      shape ??= compileShape(target);
      return shape;
    },
  };
}

function isMemberSchema(ref: $SchemaRef): ref is $MemberSchema {
  return Array.isArray(ref) && ref.length === 2;
}

function targetTraits(ref: $SchemaRef): Traits {
  const schema: unknown = typeof ref === 'function' ? ref() : ref;
  if (!isStaticSchema(schema)) return NO_TRAITS;
  const { xmlName: _own, ...inherited } = readTraits(schema[3]);
  return inherited;
}

function isStaticSchema(schema: unknown): schema is StaticSchema {
  return Array.isArray(schema) && typeof schema[0] === 'number' && schema.length > 2;
}
