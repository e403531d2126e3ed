import {
  formatDateTime,
  formatHttpDate,
  malformed,
  parseBase64,
  parseBooleanText,
  parseNumberText,
  parseTimestampText,
  toEpochSeconds,
} from './scalars.ts';
import type { ListShape, MapShape, Member, Shape, StructureShape, TimestampShape } from './schema.ts';
import { inBody } from './tree.ts';
import { escapeXml, type XmlElement } from './xml.ts';

/** Writes a value as the content of its element; members bound to the HTTP message are left out. */
export function writeXmlContent(shape: Shape, value: unknown): string {
  switch (shape.kind) {
    case 'structure':
      return shape.members
        .filter((member) => inBody(member) && !member.traits.xmlAttribute)
        .map((member) => writeMember(member, (value as Readonly<Record<string, unknown>>)[member.name]))
        .join('');
    case 'list':
      return writeItems(shape, value, shape.item.traits.xmlName ?? 'member');
    case 'map':
      return writeEntries(shape, value, 'entry');
    default:
      return escapeXml(writeText(shape, value));
  }
}

/** Writes an element with its attributes, its namespace first where it has one. */
export function writeXmlElement(name: string, shape: Shape, value: unknown, namespace?: string): string {
  const open = namespace === undefined ? name : `${name} xmlns="${escapeXml(namespace)}"`;
  return `<${open}${attributes(shape, value)}>${writeXmlContent(shape, value)}</${name}>`;
}

function attributes(shape: Shape, value: unknown): string {
  if (shape.kind !== 'structure') return '';
  let text = '';
  for (const member of shape.members) {
    const item = (value as Readonly<Record<string, unknown>>)[member.name];
    if (!member.traits.xmlAttribute || item === undefined) continue;
    const name = member.traits.xmlName ?? member.name;
    const [prefix] = name.split(':');
    if (name.includes(':')) text += ` xmlns:${prefix}="http://www.w3.org/2001/XMLSchema-instance"`;
    text += ` ${name}="${escapeXml(writeText(member.shape, item))}"`;
  }
  return text;
}

function writeMember(member: Member, value: unknown): string {
  if (value === undefined || value === null) return '';
  const name = member.traits.xmlName ?? member.name;
  if (member.traits.xmlFlattened) {
    if (member.shape.kind === 'list') return writeItems(member.shape, value, name);
    if (member.shape.kind === 'map') return writeEntries(member.shape, value, name);
  }
  return writeXmlElement(name, member.shape, value);
}

function writeItems(shape: ListShape, value: unknown, name: string): string {
  return [...(value as Iterable<unknown>)].map((item) => writeXmlElement(name, shape.item.shape, item)).join('');
}

function writeEntries(shape: MapShape, value: unknown, name: string): string {
  const keyName = shape.key.traits.xmlName ?? 'key';
  const valueName = shape.value.traits.xmlName ?? 'value';
  return Object.entries(value as object)
    .filter(([, item]) => item !== undefined && item !== null)
    .map(([key, item]) => {
      const content = writeXmlElement(valueName, shape.value.shape, item);
      return `<${name}><${keyName}>${escapeXml(key)}</${keyName}>${content}</${name}>`;
    })
    .join('');
}

/** The text of a scalar; `timestampDefault` is the form of timestamps whose shape names none. */
export function writeText(
  shape: Shape,
  value: unknown,
  timestampDefault: TimestampShape['format'] = 'date-time',
): string {
  if (value instanceof Date) {
    const format = shape.kind === 'timestamp' && shape.format !== 'default' ? shape.format : timestampDefault;
    if (format === 'http-date') return formatHttpDate(value);
    return format === 'epoch-seconds' ? String(toEpochSeconds(value)) : formatDateTime(value);
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return String(value);
}

/** Reads the text of a scalar into the SDK's type. */
export function readText(shape: Shape, text: string): unknown {
  switch (shape.kind) {
    case 'number':
      return parseNumberText(text);
    case 'bigint':
      return BigInt(Math.trunc(parseNumberText(text)));
    case 'boolean':
      return parseBooleanText(text);
    case 'timestamp':
      return parseTimestampText(text);
    case 'blob':
      return parseBase64(text);
    case 'string':
    case 'document':
      return text;
    default:
      throw malformed(`text stands where a ${shape.kind} is needed`);
  }
}

/** Reads an element into the SDK's shape; unknown elements are dropped. */
export function readXml(shape: Shape, element: XmlElement): unknown {
  switch (shape.kind) {
    case 'structure':
      return readStructure(shape, element);
    case 'list':
      return readItems(shape, childrenNamed(element, shape.item.traits.xmlName ?? 'member'));
    case 'map':
      return readEntries(shape, childrenNamed(element, 'entry'));
    default:
      return readText(shape, element.text);
  }
}

function readStructure(shape: StructureShape, element: XmlElement): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const member of shape.members) {
    if (!inBody(member)) continue;
    const name = member.traits.xmlName ?? member.name;
    if (member.traits.xmlAttribute) {
      const text = element.attributes[name];
      if (text !== undefined) result[member.name] = readText(member.shape, text);
      continue;
    }
    const found = childrenNamed(element, name);
    const [first] = found;
    if (!first) continue;
    if (member.traits.xmlFlattened && member.shape.kind === 'list')
      result[member.name] = readItems(member.shape, found);
    else if (member.traits.xmlFlattened && member.shape.kind === 'map') {
      result[member.name] = readEntries(member.shape, found);
    } else result[member.name] = readXml(member.shape, first);
  }
  return result;
}

function readItems(shape: ListShape, elements: readonly XmlElement[]): unknown[] {
  return elements.map((element) => readXml(shape.item.shape, element));
}

function readEntries(shape: MapShape, elements: readonly XmlElement[]): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (const element of elements) {
    const [key] = childrenNamed(element, shape.key.traits.xmlName ?? 'key');
    const [value] = childrenNamed(element, shape.value.traits.xmlName ?? 'value');
    if (key && value) entries.push([key.text, readXml(shape.value.shape, value)]);
  }
  return Object.fromEntries(entries);
}

function childrenNamed(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}
