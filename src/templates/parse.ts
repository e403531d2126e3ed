import {
  type CollectionTag,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type ScalarTag,
  type YAMLMap,
  type Scalar as YamlScalar,
} from 'yaml';
import { textOf } from '../app/error-text.ts';
import { createReporter, type Reporter } from './problem.ts';
import { type Entry, list, type Tree } from './tree.ts';

/** CloudFormation takes 1 MB; a template that is minified before it is sent may be larger. */
export const MAX_TEMPLATE_BYTES = 2_000_000;
/** CloudFormation's 500 resources have some ten thousand nodes; aliases that expand beyond this are an attack. */
const MAX_NODES = 400_000;
/** Honest templates are some twenty levels deep. */
const MAX_DEPTH = 100;

/** The short forms; `!GetAtt` and `!Condition` are spelled out in `longForm`. */
const SHORT_FORMS: ReadonlySet<string> = new Set([
  ...['And', 'Base64', 'Cidr', 'Condition', 'Contains', 'EachMemberEquals', 'EachMemberIn', 'Equals', 'FindInMap'],
  ...['ForEach', 'GetAtt', 'GetAZs', 'GetStackOutput', 'If', 'ImportValue', 'Join', 'Length', 'Not', 'Or', 'Ref'],
  ...['RefAll', 'Select', 'Split', 'Sub', 'ToJsonString', 'Transform', 'ValueOf', 'ValueOfAll'],
]);

/** Tags that resolve to themselves: a document that is printed again reads as it was written. */
const TAGS: (ScalarTag | CollectionTag)[] = [...SHORT_FORMS].flatMap((name): (ScalarTag | CollectionTag)[] => [
  { tag: `!${name}`, resolve: (text: string) => text },
  { tag: `!${name}`, collection: 'seq', resolve: (items) => items },
  { tag: `!${name}`, collection: 'map', resolve: (entries) => entries },
]);

export interface Parsed {
  /** Undefined where the text is no mapping, or cannot be read at all. */
  readonly root: Tree | undefined;
  readonly report: Reporter;
}

/**
 * Reads YAML 1.1 (CloudFormation's dialect) or JSON. Never throws: whatever is wrong is reported with its place. Size, depth
 * and what aliases may expand to are bounded.
 */
export function parseTemplate(text: string, file: string): Parsed {
  const lines = new LineCounter();
  const report = createReporter(file, lines);
  if (Buffer.byteLength(text) > MAX_TEMPLATE_BYTES) {
    report.error(0, '', `the template is larger than ${MAX_TEMPLATE_BYTES} bytes: CloudFormation takes 1 MB`);
    return { root: undefined, report };
  }
  try {
    // JSON may be indented with tabs, YAML may not; no JSON string holds a bare tab, so a blank is as good.
    const isJson = /^\s*\{/.test(text);
    const readable = isJson ? text.replaceAll('\t', ' ') : text;
    const options = { version: '1.1', customTags: TAGS, uniqueKeys: false, prettyErrors: false } as const;
    const document = parseDocument(readable, { ...options, lineCounter: lines });
    const deep = document.errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
    if (deep) report.error(deep.pos[0], '', 'it is nested too deeply');
    else
      for (const { pos, code, message } of document.errors)
        report.error(
          pos[0],
          '',
          code === 'MULTIPLE_DOCS' ? 'there is a second document: one file holds one template' : message,
        );
    for (const { pos, code, message } of document.warnings) {
      const unknown = code === 'TAG_RESOLVE_FAILED' ? /!\S+/.exec(readable.slice(...pos))?.[0] : undefined;
      report.error(
        pos[0],
        '',
        unknown === undefined ? message : `${unknown} is no intrinsic function of CloudFormation`,
      );
    }
    if (document.errors.length > 0) return { root: undefined, report };
    const root = new Reading(report, isJson).tree(document.contents, 0);
    if (root.kind === 'map') return { root, report };
    report.error(root.at, '', 'this is no template: it must be a mapping with Resources');
  } catch (error) {
    const deep = error instanceof RangeError;
    const reason = deep ? 'it is nested too deeply' : textOf(error);
    report.error(error instanceof TooMuch ? error.at : 0, '', `the template cannot be read: ${reason}`);
  }
  return { root: undefined, report };
}

class TooMuch extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** One walk over the document. */
class Reading {
  readonly #report: Reporter;
  readonly #isJson: boolean;
  /** The library's own look-up searches the whole document for every alias. */
  readonly #anchors = new Map<string, Node>();
  #nodes = 0;

  constructor(report: Reporter, isJson: boolean) {
    this.#report = report;
    this.#isJson = isJson;
  }

  tree(node: unknown, depth: number): Tree {
    const at = offsetOf(node);
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES) throw new TooMuch(at, `it has more than ${MAX_NODES} nodes once aliases are expanded`);
    if (depth > MAX_DEPTH) throw new TooMuch(at, `it is nested more than ${MAX_DEPTH} levels deep`);
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (!target) throw new TooMuch(at, `the alias *${node.source} has no anchor`);
      return this.tree(target, depth + 1);
    }
    if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor) this.#anchors.set(node.anchor, node);
    if (isMap(node)) return longForm(node.tag, this.#map(node, depth), at);
    if (isSeq(node)) {
      return longForm(
        node.tag,
        list(
          node.items.map((item) => this.tree(item, depth + 1)),
          at,
        ),
        at,
      );
    }
    return isScalar(node)
      ? longForm(node.tag, leaf(node, at, this.#isJson), at)
      : { kind: 'scalar', value: null, source: '', at };
  }

  #map(node: YAMLMap, depth: number): Tree {
    const entries = new Map<string, Entry>();
    const merged: Pair[] = [];
    for (const pair of node.items) {
      const key = keyText(pair.key);
      if (key === '<<') {
        merged.push(pair);
        continue;
      }
      const at = offsetOf(pair.key);
      if (entries.has(key))
        this.#report.error(at, '', `the key "${key}" stands here already: a key may be written once`);
      entries.set(key, { value: this.tree(pair.value, depth + 1), at });
    }
    for (const pair of merged) this.#merge(entries, this.tree(pair.value, depth + 1));
    return { kind: 'map', entries, at: offsetOf(node) };
  }

  /** `<<`: what stands here itself wins. */
  #merge(entries: Map<string, Entry>, from: Tree): void {
    if (from.kind === 'list') for (const each of from.items) this.#merge(entries, each);
    if (from.kind !== 'map') return;
    for (const [key, entry] of from.entries) if (!entries.has(key)) entries.set(key, entry);
  }
}

/**
 * What SAM's own YAML reader leaves text and a strict YAML 1.1 does not: `y` and `n`, `1e5` (a float has a point and a
 * signed exponent; commit hashes look so), and `0129` (account numbers do).
 */
const TEXT_TO_SAM = /^([yYnN]|[-+]?\d+[eE][-+]?\d+|[-+]?\d*\.\d*[eE]\d+|[-+]?0\d*[89]\d*)$/;

function leaf(node: YamlScalar, at: number, isJson: boolean): Tree {
  const { value, source = '' } = node;
  if (value === null || value === undefined) return { kind: 'scalar', value: null, source, at };
  if (typeof value === 'number' || typeof value === 'boolean')
    return !isJson && TEXT_TO_SAM.test(source)
      ? { kind: 'scalar', value: source, source, at }
      : { kind: 'scalar', value, source, at };
  // YAML 1.1 makes dates of `2012-10-17`; CloudFormation leaves them text.
  const text = typeof value === 'string' ? value : source;
  return { kind: 'scalar', value: text, source: text, at };
}

/** `!GetAtt A.B.C` is `{Fn::GetAtt: [A, B.C]}`: it splits at the first dot. */
function longForm(tag: string | undefined, tree: Tree, at: number): Tree {
  const name = tag?.startsWith('!') ? tag.slice(1) : '';
  if (!SHORT_FORMS.has(name)) return tree;
  const key = name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`;
  let value = tree;
  if (name === 'GetAtt' && tree.kind === 'scalar') {
    const text = String(tree.value);
    const dot = text.indexOf('.');
    const parts = dot < 0 ? [text] : [text.slice(0, dot), text.slice(dot + 1)];
    value = list(
      parts.map((part) => ({ kind: 'scalar', value: part, source: part, at: tree.at })),
      tree.at,
    );
  }
  return { kind: 'map', entries: new Map([[key, { value, at }]]), at };
}

function keyText(key: unknown): string {
  if (!isScalar(key)) return '';
  return typeof key.value === 'string' ? key.value : (key.source ?? '');
}

function offsetOf(node: unknown): number {
  if (!isScalar(node) && !isMap(node) && !isSeq(node) && !isAlias(node)) return 0;
  return node.range?.[0] ?? 0;
}
