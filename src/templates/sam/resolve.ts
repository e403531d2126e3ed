import type { Scope } from '../scope.ts';
import { call, type Entry, field, list, type Tree, textOf } from '../tree.ts';

/**
 * What SAM's own translator resolves before CloudFormation sees anything: `Ref` to a parameter and parameters within the
 * text of `Fn::Sub` (which stays an `Fn::Sub`). Everything else is left as it is written.
 */
export function samRefs(tree: Tree, scope: Scope): Tree {
  if (tree.kind === 'scalar') return tree;
  if (tree.kind === 'list')
    return list(
      tree.items.map((item) => samRefs(item, scope)),
      tree.at,
    );
  const entries = new Map<string, Entry>();
  for (const [key, entry] of tree.entries) entries.set(key, { ...entry, value: samRefs(entry.value, scope) });
  const walked: Tree = { ...tree, entries };
  const found = call(walked);
  if (found?.name === 'Ref') {
    const value = scope.parameter(textOf(found.argument) ?? '');
    return value === undefined || value === 'unknown' ? walked : { ...value, at: tree.at };
  }
  if (found?.name !== 'Fn::Sub') return walked;
  const { argument } = found;
  const first = argument.kind === 'list' ? argument.items[0] : argument;
  const text = textOf(first);
  if (first === undefined || text === undefined) return walked;
  const replaced = text.replace(/\$\{([A-Za-z0-9.]+|AWS::[A-Z][A-Za-z]*)\}/g, (whole, name: string) => {
    const value = scope.parameter(name);
    return value === 'unknown' ? whole : (textOf(value) ?? whole);
  });
  const substituted: Tree = { kind: 'scalar', value: replaced, source: replaced, at: first.at };
  const value = argument.kind === 'list' ? list([substituted, ...argument.items.slice(1)], argument.at) : substituted;
  return { kind: 'map', entries: new Map([['Fn::Sub', { value, at: tree.at }]]), at: tree.at };
}

/** As `samRefs`, and then `Fn::FindInMap`: for the properties that SAM looks into itself. */
export function samValue(tree: Tree, scope: Scope): Tree {
  return samMaps(samRefs(tree, scope), scope);
}

function samMaps(tree: Tree, scope: Scope): Tree {
  if (tree.kind === 'scalar') return tree;
  if (tree.kind === 'list')
    return list(
      tree.items.map((item) => samMaps(item, scope)),
      tree.at,
    );
  const entries = new Map<string, Entry>();
  for (const [key, entry] of tree.entries) entries.set(key, { ...entry, value: samMaps(entry.value, scope) });
  const walked: Tree = { ...tree, entries };
  const found = call(walked);
  if (found?.name !== 'Fn::FindInMap' || found.argument.kind !== 'list') return walked;
  const keys = found.argument.items.map(textOf);
  if (keys.length !== 3 || keys.some((key) => key === undefined)) return walked;
  const value = field(scope.mappings, ...(keys as string[]));
  return value ? { ...value, at: tree.at } : walked;
}
