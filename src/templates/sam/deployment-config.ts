import { nearest } from '../../core/nearest.ts';
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
  if (textOf(type) === undefined && !call(type)) {
    report.error(type.at, id, `the Type of DeploymentPreference is ${show(type)}: it must be a name`);
    return undefined;
  }
  return spelledOut(type, '', (name, at) => checkName(id, name, at, report));
}

function spelledOut(tree: Tree, key: string, check: (name: string, at: number) => void): Tree {
  if (tree.kind === 'list')
    return list(
      tree.items.map((item, index) => {
        // The first argument of Fn::If is a condition's name, not a type.
        const isName = key === 'Fn::If' && index > 0;
        return spelledOut(item, '', isName ? check : () => {});
      }),
      tree.at,
    );
  if (tree.kind === 'map') {
    if (!call(tree)) return tree;
    const entries = new Map<string, Entry>();
    for (const [name, entry] of tree.entries)
      entries.set(name, {
        ...entry,
        value: spelledOut(entry.value, name, name === 'Fn::Sub' ? check : keep(name, check)),
      });
    return { ...tree, entries };
  }
  const name = textOf(tree) ?? '';
  if (!PREDEFINED.has(name)) {
    if (!name.includes('${')) check(name, tree.at);
    return tree;
  }
  const arguments_ = list(
    [
      scalar(`CodeDeployDefault.Lambda\${ConfigName}`, tree.at),
      mapping({ ConfigName: scalar(name, tree.at) }, tree.at),
    ],
    tree.at,
  );
  // Fn::Sub cannot stand within Fn::Sub.
  return key === 'Fn::Sub' ? arguments_ : mapping({ 'Fn::Sub': arguments_ }, tree.at);
}

/** Within other functions than `Fn::If` a text is a name of something else. */
function keep(name: string, check: (name: string, at: number) => void): (name: string, at: number) => void {
  return name === 'Fn::If' ? check : () => {};
}

function checkName(id: string, name: string, at: number, report: Reporter): void {
  if (name.startsWith('CodeDeployDefault.')) {
    if (PREDEFINED.has(name.replace(/^CodeDeployDefault\.Lambda/, ''))) return;
    const close = nearest(
      name,
      SAM_STRATEGIES.map((each) => `CodeDeployDefault.Lambda${each}`),
    );
    const hint = close ? `did you mean "${close}"?` : 'own configurations cannot begin with CodeDeployDefault.';
    report.error(at, id, `CodeDeploy has no configuration "${name}" for Lambda`, hint);
    return;
  }
  const bare = nearest(name, SAM_STRATEGIES);
  const alike = /^(canary|linear)\d+percent/i.test(name) || /^all-?at-?once$/i.test(name);
  if (bare !== undefined || alike)
    report.warning(
      at,
      id,
      `the Type "${name}" is none of SAM's: CodeDeploy looks for a configuration of your own of that name`,
      bare && `did you mean "${bare}"?`,
    );
}
