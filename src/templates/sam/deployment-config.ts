import { SAM_STRATEGIES } from '../../core/release/strategy.ts';
import type { Reporter } from '../problem.ts';
import { show } from '../show.ts';
import { call, type Entry, list, mapping, scalar, type Tree, textOf } from '../tree.ts';

const PREDEFINED: ReadonlySet<string> = new Set(SAM_STRATEGIES);

/**
 * `DeploymentConfigName` for a `Type` that SAM has resolved as far as it does: the nine predefined names become
 * `CodeDeployDefault.Lambda…`, within intrinsic functions too; every other text is taken as it is. Undefined, and reported,
 * where it is neither text nor an intrinsic function.
 */
export function deploymentConfig(id: string, type: Tree, report: Reporter): Tree | undefined {
  if (textOf(type) !== undefined || call(type)) return spelledOut(type, '');
  report.error(type.at, id, `the Type of DeploymentPreference is ${show(type)}: it must be a name`);
  return undefined;
}

function spelledOut(tree: Tree, key: string): Tree {
  if (tree.kind === 'list')
    return list(
      tree.items.map((item) => spelledOut(item, '')),
      tree.at,
    );
  if (tree.kind === 'map') {
    if (!call(tree)) return tree;
    const entries = new Map<string, Entry>();
    for (const [name, entry] of tree.entries) entries.set(name, { ...entry, value: spelledOut(entry.value, name) });
    return { ...tree, entries };
  }
  const name = textOf(tree) ?? '';
  if (!PREDEFINED.has(name)) return tree;
  const text = scalar(`CodeDeployDefault.Lambda\${ConfigName}`, tree.at);
  const substitution = list([text, mapping({ ConfigName: scalar(name, tree.at) }, tree.at)], tree.at);
  // Fn::Sub cannot stand within Fn::Sub.
  return key === 'Fn::Sub' ? substitution : mapping({ 'Fn::Sub': substitution }, tree.at);
}
