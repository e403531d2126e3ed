import { malformed } from './scalars.ts';

/** An XML element without what AWS bodies never carry (comments, processing instructions, mixed content). */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
};
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
/** Deeper than any AWS shape; bounds hostile bodies. */
const MAX_DEPTH = 100;
/** Twice what the largest one takes (a list of 10,000 upload parts); a pattern over more could run out of stack. */
const MAX_CHARACTERS = 4 * 1024 * 1024;

/** Escapes text for an element or an attribute; control characters that XML 1.0 cannot carry are dropped. */
export function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters XML forbids
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').replace(/[&<>"\r]/g, (c) => ESCAPES[c] ?? c);
}

interface Open {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const TOKEN =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<\/([^\s<>]+)\s*>|<([^\s<>/!?]+)((?:\s+[^\s<>=]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;

/** Parses one XML document. No document type, no external entities: they are refused. */
export function parseXml(source: string): XmlElement {
  if (source.length > MAX_CHARACTERS) throw malformed(`the XML body has more than ${MAX_CHARACTERS} characters`);
  const root: Open = { name: '', attributes: {}, children: [], text: '' };
  const stack: Open[] = [root];
  TOKEN.lastIndex = 0;
  let at = 0;
  while (at < source.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (!match) throw malformed('the body is not well-formed XML');
    at = TOKEN.lastIndex;
    step(stack, match);
  }
  const [document] = root.children;
  if (stack.length !== 1 || !document || root.children.length !== 1)
    throw malformed('the body is not one XML document');
  return document;
}

function step(stack: Open[], match: RegExpExecArray): void {
  const [, cdata, closing, opening, attributes, selfClosing, text] = match;
  const top = stack[stack.length - 1];
  if (!top) throw malformed('the body is not well-formed XML');
  if (cdata !== undefined) top.text += cdata;
  else if (text !== undefined) top.text += unescapeXml(text);
  else if (closing !== undefined) {
    if (top.name !== closing || stack.length === 1) throw malformed(`</${closing.slice(0, 60)}> closes nothing`);
    stack.pop();
    stack[stack.length - 1]?.children.push(finish(top));
  } else if (opening !== undefined) {
    if (stack.length > MAX_DEPTH) throw malformed(`the XML body is nested deeper than ${MAX_DEPTH}`);
    const element: Open = { name: opening, attributes: parseAttributes(attributes ?? ''), children: [], text: '' };
    if (selfClosing) top.children.push(finish(element));
    else stack.push(element);
  }
}

function finish(open: Open): XmlElement {
  return { ...open, name: localName(open.name) };
}

function parseAttributes(source: string): Record<string, string> {
  const pairs = [...source.matchAll(/([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)];
  return Object.fromEntries(pairs.map(([, name, double, single]) => [name, unescapeXml(double ?? single ?? '')]));
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function unescapeXml(text: string): string {
  return text.replace(/&(#x[0-9a-fA-F]{1,6}|#\d{1,7}|\w{1,10});/g, (whole, entity: string) => {
    if (!entity.startsWith('#')) {
      const known = ENTITIES[entity];
      if (known === undefined) throw malformed(`the XML entity ${whole} is not known`);
      return known;
    }
    const code = entity[1] === 'x' ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1));
    if (code > 0x10ffff) throw malformed(`the XML character ${whole} does not exist`);
    return String.fromCodePoint(code);
  });
}
