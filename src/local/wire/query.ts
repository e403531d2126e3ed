import type { ListShape, MapShape, Shape, StructureShape } from './schema.ts';
import { AwsError } from './service.ts';
import { readText } from './xml-shape.ts';

/** The form body of the AWS query protocol as a tree: `A.member.1.B=x` is A -> member -> 1 -> B with the text x. */
export interface QueryNode {
  text?: string;
  readonly children: Map<string, QueryNode>;
}

/** Above what any emulated operation takes (PutMetricData: 1,000 metrics of about 20 parameters, twice over). */
const MAX_PARAMETERS = 50_000;
/** Deeper than any shape of the query services (the deepest key has 10). */
const MAX_KEY_PARTS = 16;

/** Parses a form-encoded body or query string. Throws MalformedQueryString where it is none. */
export function parseForm(text: string): QueryNode {
  const root: QueryNode = { children: new Map() };
  const pairs = text.split('&');
  if (pairs.length > MAX_PARAMETERS) throw malformedQuery(`it has more than ${MAX_PARAMETERS} parameters`);
  for (const pair of pairs) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const key = decodePart(equals < 0 ? pair : pair.slice(0, equals));
    const parts = key.split('.');
    if (parts.length > MAX_KEY_PARTS) throw malformedQuery(`a key has more than ${MAX_KEY_PARTS} parts`);
    let node = root;
    for (const part of parts) {
      let child = node.children.get(part);
      if (!child) {
        child = { children: new Map() };
        node.children.set(part, child);
      }
      node = child;
    }
    node.text = equals < 0 ? '' : decodePart(pair.slice(equals + 1));
  }
  return root;
}

/** Reads a query tree into the SDK's shape. */
export function readQuery(shape: Shape, node: QueryNode): unknown {
  switch (shape.kind) {
    case 'structure':
      return readStructure(shape, node);
    case 'list':
      return readList(shape, node);
    case 'map':
      return readMap(shape, node);
    case 'unit':
      return {};
    default:
      return readText(shape, node.text ?? '');
  }
}

function readStructure(shape: StructureShape, node: QueryNode): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const member of shape.members) {
    const child = node.children.get(member.traits.xmlName ?? member.name);
    if (!child) continue;
    const flattened = member.traits.xmlFlattened !== undefined;
    if (member.shape.kind === 'list') result[member.name] = readList(member.shape, child, flattened);
    else if (member.shape.kind === 'map') result[member.name] = readMap(member.shape, child, flattened);
    else result[member.name] = readQuery(member.shape, child);
  }
  return result;
}

function readList(shape: ListShape, node: QueryNode, flattened = false): unknown[] {
  const items = flattened ? node : node.children.get(shape.item.traits.xmlName ?? 'member');
  return numbered(items).map((item) => readQuery(shape.item.shape, item));
}

function readMap(shape: MapShape, node: QueryNode, flattened = false): Record<string, unknown> {
  const keyName = shape.key.traits.xmlName ?? 'key';
  const valueName = shape.value.traits.xmlName ?? 'value';
  const entries: [string, unknown][] = [];
  for (const entry of numbered(flattened ? node : node.children.get('entry'))) {
    const key = entry.children.get(keyName)?.text;
    const value = entry.children.get(valueName);
    if (key !== undefined && value) entries.push([key, readQuery(shape.value.shape, value)]);
  }
  return Object.fromEntries(entries);
}

function numbered(node: QueryNode | undefined): QueryNode[] {
  if (!node) return [];
  return [...node.children]
    .filter(([key]) => /^\d{1,9}$/.test(key))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child);
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    throw malformedQuery('a percent escape is not valid');
  }
}

function malformedQuery(why: string): AwsError {
  return new AwsError('MalformedQueryString', `The query string is malformed: ${why}`);
}
