import { call, type Entry, field, list, type Mapping, type Tree, textOf } from '../tree.ts';

/**
 * Merges `Globals.Function` into a function's properties, as SAM does: lists are joined (global first), mappings merged,
 * everything else (intrinsic functions included) is taken from the function. `IgnoreGlobals` leaves properties out.
 */
export function withGlobals(globals: Tree | undefined, resource: Tree, properties: Mapping): Mapping {
  if (globals?.kind !== 'map') return properties;
  const ignored = field(resource, 'IgnoreGlobals');
  if (textOf(ignored) === '*') return properties;
  const names = ignored?.kind === 'list' ? ignored.items.map(textOf) : [];
  const entries = new Map([...globals.entries].filter(([name]) => !names.includes(name)));
  return mergeMappings({ ...globals, entries }, properties);
}

function mergeMappings(global: Mapping, local: Mapping): Mapping {
  const entries = new Map<string, Entry>(global.entries);
  for (const [key, entry] of local.entries) {
    const inherited = entries.get(key);
    entries.set(key, inherited ? { ...entry, value: merge(inherited.value, entry.value) } : entry);
  }
  return { kind: 'map', entries, at: local.at };
}

function merge(global: Tree, local: Tree): Tree {
  if (global.kind === 'list' && local.kind === 'list') return list([...global.items, ...local.items], local.at);
  // An intrinsic function becomes one value, so it counts as one.
  if (global.kind === 'map' && local.kind === 'map' && !call(global) && !call(local))
    return mergeMappings(global, local);
  return local;
}
