import { header, type WireRequest } from './http.ts';
import { malformed } from './scalars.ts';
import type { Member, Shape, StructureShape } from './schema.ts';
import { inBody } from './tree.ts';
import { readText, writeText } from './xml-shape.ts';

/** Where each member of an HTTP-bound structure travels. */
export interface Bindings {
  readonly labels: readonly Member[];
  readonly headers: readonly Member[];
  readonly prefixHeaders: readonly Member[];
  readonly queries: readonly Member[];
  readonly payload: Member | undefined;
  readonly status: Member | undefined;
  readonly hasBody: boolean;
}

const NONE: Bindings = {
  labels: [],
  headers: [],
  prefixHeaders: [],
  queries: [],
  payload: undefined,
  status: undefined,
  hasBody: false,
};
const cache = new WeakMap<StructureShape, Bindings>();

export function bindingsOf(shape: Shape): Bindings {
  if (shape.kind !== 'structure') return NONE;
  let bindings = cache.get(shape);
  if (!bindings) {
    const { members } = shape;
    bindings = {
      labels: members.filter((member) => member.traits.httpLabel),
      headers: members.filter((member) => member.traits.httpHeader !== undefined),
      prefixHeaders: members.filter((member) => member.traits.httpPrefixHeaders !== undefined),
      queries: members.filter((member) => member.traits.httpQuery !== undefined),
      payload: members.find((member) => member.traits.httpPayload),
      status: members.find((member) => member.traits.httpResponseCode),
      hasBody: members.some(inBody),
    };
    cache.set(shape, bindings);
  }
  return bindings;
}

/** Reads what labels, headers and the query carry of an input. `labels` are decoded path parts. */
export function readBound(
  bindings: Bindings,
  request: WireRequest,
  labels: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const member of bindings.labels) {
    const text = labels[member.name];
    if (text !== undefined) input[member.name] = readText(member.shape, text);
  }
  for (const member of bindings.headers) {
    const text = header(request, (member.traits.httpHeader ?? '').toLowerCase());
    if (text !== undefined && text !== '') input[member.name] = readHeader(member.shape, text);
  }
  for (const member of bindings.prefixHeaders) {
    const prefix = (member.traits.httpPrefixHeaders ?? '').toLowerCase();
    const names = Object.keys(request.headers).filter((name) => name.startsWith(prefix));
    if (names.length > 0) {
      input[member.name] = Object.fromEntries(names.map((name) => [name.slice(prefix.length), header(request, name)]));
    }
  }
  if (bindings.queries.length > 0 && request.query !== '') readQueryMembers(bindings, request.query, input);
  return input;
}

function readQueryMembers(bindings: Bindings, query: string, input: Record<string, unknown>): void {
  const parameters = new URLSearchParams(query);
  for (const member of bindings.queries) {
    const texts = parameters.getAll(member.traits.httpQuery ?? '');
    const [first] = texts;
    if (first === undefined) continue;
    const { shape } = member;
    if (shape.kind === 'list') input[member.name] = texts.map((text) => readText(shape.item.shape, text));
    else input[member.name] = readText(shape, first);
  }
}

function readHeader(shape: Shape, text: string): unknown {
  if (shape.kind === 'list') return text.split(',').map((item) => readText(shape.item.shape, item.trim()));
  return readText(shape, text);
}

/** Writes the header-bound members of an output or an error. */
export function writeBoundHeaders(
  bindings: Bindings,
  output: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const member of bindings.headers) {
    const value = output[member.name];
    if (value === undefined || value === null) continue;
    const name = (member.traits.httpHeader ?? '').toLowerCase();
    headers[name] = headerText(member.shape, value);
  }
  for (const member of bindings.prefixHeaders) {
    for (const [key, value] of Object.entries(output[member.name] ?? {})) {
      headers[`${member.traits.httpPrefixHeaders ?? ''}${key}`.toLowerCase()] = headerSafe(String(value));
    }
  }
  return headers;
}

function headerText(shape: Shape, value: unknown): string {
  if (shape.kind === 'list' && Array.isArray(value))
    return value.map((item) => headerText(shape.item.shape, item)).join(', ');
  return headerSafe(writeText(shape, value, 'http-date'));
}

/** Node refuses to send such characters, and one bad value must not cost the whole answer. */
function headerSafe(text: string): string {
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');
}

/** The bytes of a blob or string payload as the SDK's type; structures are left to the protocol's body codec. */
export function readPayload(member: Member, body: Uint8Array, readStructure: (shape: Shape) => unknown): unknown {
  if (body.length === 0) return undefined;
  if (member.shape.kind === 'blob') return body;
  if (member.shape.kind === 'string') return Buffer.from(body).toString('utf8');
  if (member.shape.kind === 'structure' && member.shape.eventStream) throw malformed('event stream input is not taken');
  return readStructure(member.shape);
}
