import type { Scope } from './scope.ts';
import {
  call,
  type Entry,
  field,
  isNoValue,
  list,
  mapping,
  plain,
  refOf,
  sameTree,
  scalar,
  type Tree,
  textOf,
} from './tree.ts';

/** Texts that grow beyond this stay as they are written: nested substitutions double with each level. */
const MAX_TEXT_CHARS = 100_000;

/** Conditions that lead through more conditions than this are not followed: nobody writes them. */
const MAX_CONDITION_CHAIN = 100;

/** Resolves what can be resolved without AWS, and leaves the rest as it is written. */
export interface Evaluator {
  /** The value; undefined where it is `AWS::NoValue`. */
  value(tree: Tree | undefined): Tree | undefined;
  /** Whether a condition holds; undefined where only AWS can tell, or where there is no such condition. */
  condition(name: string): boolean | undefined;
}

/** An evaluator with CloudFormation's rules. */
export function createEvaluator(scope: Scope): Evaluator {
  const known = new Map<string, boolean | undefined>();
  const open = new Set<string>();
  const condition = (name: string): boolean | undefined => {
    if (known.has(name)) return known.get(name);
    const definition = scope.conditions.entries.get(name)?.value;
    // A condition that leads back to itself has no answer.
    if (definition === undefined || open.has(name) || open.size > MAX_CONDITION_CHAIN) return undefined;
    open.add(name);
    const answer = truth(definition, context);
    open.delete(name);
    known.set(name, answer);
    return answer;
  };
  const context: Context = { scope, condition, value: (tree) => (tree ? evaluate(tree, context) : undefined) };
  return { value: context.value, condition };
}

interface Context extends Evaluator {
  readonly scope: Scope;
}

function evaluate(tree: Tree, context: Context): Tree | undefined {
  if (tree.kind === 'scalar') return tree;
  if (tree.kind === 'list') {
    const items = tree.items.map((item) => evaluate(item, context)).filter((item) => item !== undefined);
    return list(items, tree.at);
  }
  if (isNoValue(tree)) return undefined;
  const found = call(tree);
  if (found) {
    const rule = RULES[found.name];
    // What is not known here may hold anything; it stays as it is written.
    return rule ? rule(found.argument, tree, context) : tree;
  }
  const entries = new Map<string, Entry>();
  for (const [key, { value, at }] of tree.entries) {
    const evaluated = evaluate(value, context);
    if (evaluated !== undefined) entries.set(key, { value: evaluated, at });
  }
  return { kind: 'map', entries, at: tree.at };
}

type Rule = (argument: Tree, tree: Tree, context: Context) => Tree | undefined;

const RULES: Readonly<Record<string, Rule>> = {
  Ref: (argument, tree, { scope }) => {
    const value = scope.parameter(textOf(argument) ?? '');
    return value === undefined || value === 'unknown' ? tree : moved(value, tree.at);
  },
  'Fn::If': (argument, tree, context) => {
    const [name, yes, no] = items(argument);
    if (!yes || !no) return tree;
    const holds = context.condition(textOf(name) ?? '');
    if (holds !== undefined) return context.value(holds ? yes : no);
    const or = (branch: Tree): Tree => context.value(branch) ?? branch;
    return again('Fn::If', list([name!, or(yes), or(no)], argument.at), tree);
  },
  'Fn::Sub': substitute,
  'Fn::Join': (argument, tree, context) => {
    const [separator, joined] = items(argument);
    const between = textOf(context.value(separator)) ?? '';
    const parts = context.value(joined);
    if (parts?.kind !== 'list') return tree;
    const texts = parts.items.map(textOf);
    if (texts.every((text) => text !== undefined)) return bounded(texts.join(between), tree);
    return again('Fn::Join', list([scalar(between, argument.at), parts], argument.at), tree);
  },
  'Fn::Split': (argument, tree, context) => {
    const [separator, source] = items(argument);
    const text = textOf(context.value(source));
    const between = textOf(separator);
    if (text === undefined || !between) return tree;
    return list(
      text.split(between).map((part) => scalar(part, tree.at)),
      tree.at,
    );
  },
  'Fn::Select': (argument, tree, context) => {
    const [index, source] = items(argument);
    const chosen = context.value(source);
    const found = chosen?.kind === 'list' ? chosen.items[Number(textOf(context.value(index)))] : undefined;
    return found ? moved(found, tree.at) : tree;
  },
  'Fn::FindInMap': (argument, tree, context) => {
    const [map, top, second, options] = items(argument).map((item) => context.value(item));
    const keys = [map, top, second].map(textOf);
    if (keys.some((key) => key === undefined)) return tree;
    const found = field(context.scope.mappings, ...(keys as string[])) ?? field(options, 'DefaultValue');
    return found ? moved(found, tree.at) : tree;
  },
  'Fn::Length': (argument, tree, context) => {
    const value = context.value(argument);
    return value?.kind === 'list' && !value.items.some((item) => call(item))
      ? scalar(value.items.length, tree.at)
      : tree;
  },
  'Fn::Base64': (argument, tree, context) => {
    const text = textOf(context.value(argument));
    return text === undefined ? tree : bounded(Buffer.from(text).toString('base64'), tree);
  },
  'Fn::ToJsonString': (argument, tree, context) => {
    const value = context.value(argument);
    return value && isConcrete(value) ? bounded(JSON.stringify(plain(value)), tree) : tree;
  },
};

function items(argument: Tree): readonly Tree[] {
  return argument.kind === 'list' ? argument.items : [];
}

function again(name: string, argument: Tree, tree: Tree): Tree {
  return mapping({ [name]: argument }, tree.at);
}

/** A value that was written elsewhere stands, for messages, where it is used. */
function moved(value: Tree, at: number): Tree {
  return { ...value, at };
}

function bounded(text: string, tree: Tree): Tree {
  return text.length > MAX_TEXT_CHARS ? tree : scalar(text, tree.at);
}

/** Whether nothing in the tree waits for AWS. */
export function isConcrete(tree: Tree): boolean {
  if (tree.kind === 'scalar') return true;
  if (tree.kind === 'list') return tree.items.every(isConcrete);
  return !call(tree) && [...tree.entries.values()].every(({ value }) => isConcrete(value));
}

/** `${Name}`, `${Resource.Attribute}`; `${!Name}` is a literal. What cannot be resolved stays in the text. */
function substitute(argument: Tree, tree: Tree, context: Context): Tree {
  const template = textOf(argument.kind === 'list' ? argument.items[0] : argument);
  if (template === undefined) return tree;
  // Once each: evaluated where they are used, nested substitutions would double the work with each level.
  const own = context.value(argument.kind === 'list' ? argument.items[1] : undefined);
  const left: Record<string, Tree> = {};
  let open = false;
  let size = template.length;
  const text = template.replace(/\$\{(!?)([^${}]*)\}/g, (whole, literal: string, written: string) => {
    if (literal) return whole;
    const name = written.trim();
    const value = field(own, name) ?? context.value(mapping({ Ref: scalar(name, tree.at) }, tree.at));
    const found = textOf(value);
    size += found?.length ?? 0;
    if (found !== undefined && size <= MAX_TEXT_CHARS) return found;
    open = true;
    const reference = field(own, name) === undefined ? name : referenceOf(value);
    if (reference === undefined && value) left[name] = value;
    return `\${${reference ?? name}}`;
  });
  if (!open) return scalar(text.replaceAll('${!', '${'), tree.at);
  if (Object.keys(left).length === 0) return again('Fn::Sub', scalar(text, argument.at), tree);
  return again('Fn::Sub', list([scalar(text, argument.at), mapping(left, argument.at)], argument.at), tree);
}

function referenceOf(value: Tree | undefined): string | undefined {
  const found = call(value);
  if (found?.name !== 'Fn::GetAtt') return refOf(value);
  const parts = items(found.argument).map(textOf);
  return parts.length > 0 && parts.every((part) => part !== undefined) ? parts.join('.') : undefined;
}

/** Three-valued: undefined where it depends on what only AWS knows. */
function truth(tree: Tree, context: Context): boolean | undefined {
  const found = call(tree);
  if (!found) {
    const text = textOf(tree);
    return text === 'true' ? true : text === 'false' ? false : undefined;
  }
  const { name, argument } = found;
  const answers = (): (boolean | undefined)[] => items(argument).map((item) => truth(item, context));
  if (name === 'Condition') return context.condition(textOf(argument) ?? '');
  if (name === 'Fn::Not') return negated(answers()[0]);
  if (name === 'Fn::And') return every(answers());
  if (name === 'Fn::Or') return negated(every(answers().map(negated)));
  if (name !== 'Fn::Equals') return undefined;
  const [left, right] = items(argument).map((item) => context.value(item));
  if (left === undefined || right === undefined) return undefined;
  if (sameTree(left, right)) return true;
  return isConcrete(left) && isConcrete(right) ? false : undefined;
}

function negated(answer: boolean | undefined): boolean | undefined {
  return answer === undefined ? undefined : !answer;
}

function every(answers: readonly (boolean | undefined)[]): boolean | undefined {
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}
