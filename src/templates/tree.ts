/**
 * A template as it was written, YAML or JSON: short forms (`!Ref X`) stand as long ones (`{Ref: X}`), and every node knows
 * where it stands. `at` is an offset into the text.
 */
export type Tree = Scalar | List | Mapping;

export interface Scalar {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As it was written: CloudFormation turns numbers into this text, not into the number's shortest form. */
  readonly source: string;
  readonly at: number;
}

export interface List {
  readonly kind: 'list';
  readonly items: readonly Tree[];
  readonly at: number;
}

export interface Mapping {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
  readonly at: number;
}

export interface Entry {
  readonly value: Tree;
  /** Where the key stands. */
  readonly at: number;
}

export function scalar(value: Scalar['value'], at: number): Scalar {
  return { kind: 'scalar', value, source: String(value ?? ''), at };
}

export function list(items: readonly Tree[], at: number): List {
  return { kind: 'list', items, at };
}

/** A mapping whose keys stand where it stands; absent values are left out. */
export function mapping(fields: Readonly<Record<string, Tree | undefined>>, at: number): Mapping {
  const entries = new Map<string, Entry>();
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) entries.set(key, { value, at: value.at });
  return { kind: 'map', entries, at };
}

/** The value under a key; undefined where there is none, or where the tree is no mapping. */
export function field(tree: Tree | undefined, ...path: readonly string[]): Tree | undefined {
  let here = tree;
  for (const key of path) here = here?.kind === 'map' ? here.entries.get(key)?.value : undefined;
  return here;
}

/** Where a key stands; where its mapping stands when there is no such key. */
export function keyAt(tree: Tree, key: string): number {
  return (tree.kind === 'map' ? tree.entries.get(key)?.at : undefined) ?? tree.at;
}

/** A scalar as CloudFormation's text; undefined for anything else, and for null. */
export function textOf(tree: Tree | undefined): string | undefined {
  if (tree?.kind !== 'scalar' || tree.value === null) return undefined;
  return typeof tree.value === 'number' ? tree.source : String(tree.value);
}

export function numberOf(tree: Tree | undefined): number | undefined {
  const text = textOf(tree);
  if (text === undefined || text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** An intrinsic function: a mapping whose only key is `Ref`, `Condition` or `Fn::…`. */
export function call(tree: Tree | undefined): { readonly name: string; readonly argument: Tree } | undefined {
  if (tree?.kind !== 'map' || tree.entries.size !== 1) return undefined;
  const [[name, { value }]] = tree.entries as unknown as [[string, Entry]];
  return name === 'Ref' || name === 'Condition' || name.startsWith('Fn::') ? { name, argument: value } : undefined;
}

/** What a `Ref` names; undefined for anything else. */
export function refOf(tree: Tree | undefined): string | undefined {
  const found = call(tree);
  return found?.name === 'Ref' ? textOf(found.argument) : undefined;
}

export function isNoValue(tree: Tree | undefined): boolean {
  return refOf(tree) === 'AWS::NoValue';
}

/** What Python takes for false: SAM's translator is written in it. */
export function isFalsy(tree: Tree | undefined): boolean {
  if (tree === undefined) return true;
  if (tree.kind === 'list') return tree.items.length === 0;
  if (tree.kind === 'map') return tree.entries.size === 0;
  return tree.value === null || tree.value === '' || tree.value === 0 || tree.value === false;
}

/** The tree as plain data. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(plain);
  return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, plain(value)]));
}

/** Whether two trees say the same, wherever they stand. */
export function sameTree(a: Tree | undefined, b: Tree | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.kind === 'scalar' && b.kind === 'scalar') return a.value === b.value || textOf(a) === textOf(b);
  if (a.kind === 'list' && b.kind === 'list')
    return a.items.length === b.items.length && a.items.every((item, index) => sameTree(item, b.items[index]));
  if (a.kind === 'map' && b.kind === 'map')
    return (
      a.entries.size === b.entries.size &&
      [...a.entries].every(([key, { value }]) => sameTree(value, b.entries.get(key)?.value))
    );
  return false;
}
