import { call, type Tree, textOf } from './tree.ts';

/** Longer than this an expression says nothing in a line of text. */
const MAX_SHOWN = 160;

/** A value as a person would write it in YAML's short form: `live`, `!Ref CodeBucket`, `!If [IsProd, a, b]`. */
export function show(tree: Tree): string {
  const text = shown(tree, 0);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 1)}…` : text;
}

function shown(tree: Tree, depth: number): string {
  // What is deeper than this is cut off anyway.
  if (depth > 12) return '…';
  if (tree.kind === 'scalar') return textOf(tree) ?? 'null';
  const found = call(tree);
  if (found) return shortForm(found.name, found.argument, depth);
  if (tree.kind === 'list')
    return `[${tree.items
      .slice(0, 40)
      .map((item) => shown(item, depth + 1))
      .join(', ')}]`;
  const entries = [...tree.entries].slice(0, 40);
  return `{${entries.map(([key, { value }]) => `${key}: ${shown(value, depth + 1)}`).join(', ')}}`;
}

function shortForm(name: string, argument: Tree, depth: number): string {
  const short = `!${name.replace(/^Fn::/, '')}`;
  if (name === 'Fn::GetAtt' && argument.kind === 'list')
    return `${short} ${argument.items.map((item) => shown(item, depth + 1)).join('.')}`;
  if (name === 'Fn::Sub' && argument.kind === 'scalar') return `${short} "${textOf(argument) ?? ''}"`;
  return `${short} ${shown(argument, depth + 1)}`;
}
