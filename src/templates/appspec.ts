import type { Reporter } from './problem.ts';
import type { TemplateRelease } from './release.ts';
import { field, keyAt, type Tree, textOf } from './tree.ts';

/** What a CodeDeploy AppSpec file for Lambda releases. Its steps and alarms are the deployment group's. */
export interface AppSpecRelease extends TemplateRelease {
  readonly currentVersion: string | null;
  readonly targetVersion: string | null;
}

/** Whether a text is an AppSpec file and no template: both have `Resources`, only one has `version` and a list. */
export function isAppSpec(root: Tree): boolean {
  const resources = field(root, 'Resources') ?? field(root, 'resources');
  return field(root, 'version') !== undefined && (resources?.kind === 'list' || field(root, 'Hooks')?.kind === 'list');
}

/** Reads the Lambda form of an AppSpec file (CodeDeploy user guide, "AppSpec file structure"). */
export function readAppSpec(root: Tree, report: Reporter): AppSpecRelease[] {
  const version = textOf(field(root, 'version'));
  if (version !== '0.0' && version !== '0')
    report.error(keyAt(root, 'version'), '', `version is ${version}: CodeDeploy takes 0.0 only`);
  const hooks = hooksOf(field(root, 'Hooks') ?? field(root, 'hooks'), report);
  const resources = field(root, 'Resources') ?? field(root, 'resources');
  const found: AppSpecRelease[] = [];
  for (const item of resources?.kind === 'list' ? resources.items : []) {
    if (item.kind !== 'map') continue;
    for (const [logicalId, { value, at }] of item.entries) {
      const type = textOf(field(value, 'Type'));
      if (type !== 'AWS::Lambda::Function') {
        report.error(at, logicalId, `its Type is ${type ?? 'missing'}: only AWS::Lambda::Function is released here`);
        continue;
      }
      found.push(releaseOf(logicalId, value, at, hooks, report));
    }
  }
  if (found.length === 0)
    report.error(root.at, '', 'it names no function: Resources must hold one of AWS::Lambda::Function');
  return found;
}

function releaseOf(logicalId: string, tree: Tree, at: number, hooks: Hooks, report: Reporter): AppSpecRelease {
  const properties = field(tree, 'Properties');
  const text = (name: string): string | null => {
    const value = textOf(field(properties, name));
    if (value === undefined) report.error(properties ? properties.at : at, logicalId, `${name} is missing`);
    return value ?? null;
  };
  const name = text('Name');
  const alias = text('Alias');
  const currentVersion = text('CurrentVersion');
  const targetVersion = text('TargetVersion');
  if (currentVersion !== null && currentVersion === targetVersion)
    report.warning(
      at,
      logicalId,
      `CurrentVersion and TargetVersion are both ${currentVersion}: there is nothing to release`,
    );
  return {
    logicalId,
    functionName: { text: name ?? '?', known: name !== null },
    alias: alias === null ? null : { text: alias, known: true },
    enabled: true,
    because: 'the AppSpec file hands the alias to CodeDeploy; steps and alarms are the deployment group’s',
    strategy: null,
    configName: null,
    preTraffic: hooks.get('BeforeAllowTraffic') ?? null,
    postTraffic: hooks.get('AfterAllowTraffic') ?? null,
    alarms: [],
    role: null,
    condition: null,
    version: null,
    code: null,
    at: report.place(at),
    currentVersion,
    targetVersion,
  };
}

type Hooks = ReadonlyMap<string, { readonly text: string; readonly known: true }>;

/** `- BeforeAllowTraffic: FunctionNameOrArn`: the two events of Lambda that a function can be called at. */
function hooksOf(tree: Tree | undefined, report: Reporter): Hooks {
  const hooks = new Map<string, { readonly text: string; readonly known: true }>();
  if (tree === undefined) return hooks;
  if (tree.kind !== 'list') {
    report.error(tree.at, '', 'Hooks must be a list', 'write "- BeforeAllowTraffic: MyFunction"');
    return hooks;
  }
  for (const item of tree.items) {
    if (item.kind !== 'map') continue;
    for (const [event, { value, at }] of item.entries) {
      const text = textOf(value);
      if (!['BeforeAllowTraffic', 'AfterAllowTraffic'].includes(event))
        report.error(
          at,
          '',
          `there is no hook "${event}" for Lambda`,
          'possible are BeforeAllowTraffic and AfterAllowTraffic',
        );
      else if (text !== undefined) hooks.set(event, { text, known: true });
    }
  }
  return hooks;
}
