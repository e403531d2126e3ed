import type { Reporter } from '../problem.ts';
import type { Tree } from '../tree.ts';

/** Where the keys of `DeploymentPreference` belong. SAM knows none of them elsewhere. */
const HOMES: Readonly<Record<string, string>> = {
  Alarms: 'DeploymentPreference',
  Hooks: 'DeploymentPreference',
  TriggerConfigurations: 'DeploymentPreference',
  PassthroughCondition: 'DeploymentPreference',
  PreTraffic: 'DeploymentPreference.Hooks',
  PostTraffic: 'DeploymentPreference.Hooks',
};

/**
 * The common slip: `Alarms` or `Hooks` beside `DeploymentPreference` instead of below it. The release then has no alarms and
 * no hooks, or is refused. `tree` is the resource, its properties, or `Globals.Function`.
 */
export function lintPlacement(resource: string, tree: Tree, report: Reporter): void {
  if (tree.kind !== 'map') return;
  for (const [key, { at }] of tree.entries) {
    const home = HOMES[key];
    if (home === undefined) continue;
    report.error(
      at,
      resource,
      `${key} stands one level too high: it guards nothing here, and SAM refuses it`,
      `indent it, so that it stands under ${home}`,
    );
  }
}
