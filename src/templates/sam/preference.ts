import { nearest } from '../../core/nearest.ts';
import { show } from '../show.ts';
import type { Template } from '../template.ts';
import {
  call,
  field,
  isFalsy,
  isNoValue,
  keyAt,
  list,
  type Mapping,
  mapping,
  scalar,
  type Tree,
  textOf,
} from '../tree.ts';
import { deploymentConfig } from './deployment-config.ts';
import { samValue } from './resolve.ts';

/** What a function's `DeploymentPreference` comes to. */
export type Preference =
  | { readonly kind: 'none' }
  | { readonly kind: 'invalid'; readonly because: string }
  | { readonly kind: 'disabled'; readonly because: string }
  | EnabledPreference;

export interface EnabledPreference {
  readonly kind: 'enabled';
  /** False where only AWS knows the value that `Enabled` is taken from. */
  readonly certain: boolean;
  readonly because: string;
  /** `DeploymentConfigName`, predefined types spelled out. */
  readonly configName: Tree;
  /** `AlarmConfiguration`; undefined where there are no alarms at all. */
  readonly alarms: Tree | undefined;
  readonly preTraffic: Tree | undefined;
  readonly postTraffic: Tree | undefined;
  readonly role: Tree | undefined;
  readonly triggers: Tree | undefined;
  /** Whether the function's condition is put on the deployment group too. */
  readonly passCondition: boolean;
}

const KEYS = ['Type', 'Enabled', 'Role', 'Alarms', 'Hooks', 'TriggerConfigurations', 'PassthroughCondition'];
const HOOK_KEYS = ['PreTraffic', 'PostTraffic'];
const ONLY_INTRINSICS =
  'Unsupported intrinsic: the only intrinsic functions supported for property PassthroughCondition are FindInMap and parameter Refs.';

/**
 * Reads a function's `DeploymentPreference` with the rules and the errors of the SAM translator (1.110). `properties` are
 * the function's own, merged with Globals. Mistakes are reported; the first one makes it `invalid`.
 */
export function readPreference(id: string, properties: Mapping, { scope, report }: Template): Preference {
  const tree = field(properties, 'DeploymentPreference');
  if (tree === undefined || isFalsy(tree)) return { kind: 'none' };
  let because: string | undefined;
  const refuse = (at: number, message: string, hint?: string): void => {
    because ??= message;
    report.error(at, id, message, hint);
  };
  if (tree.kind !== 'map') {
    refuse(tree.at, "Type of property 'DeploymentPreference' is invalid.", 'write a mapping with Type');
    return { kind: 'invalid', because: because! };
  }
  const enabled = readEnabled(id, tree, { scope, report });
  const passCondition = readPassthrough(tree, (at, message) => refuse(at, message), scope);
  if (enabled.is === false)
    return because === undefined ? { kind: 'disabled', because: enabled.because } : { kind: 'invalid', because };

  lintKeys(id, tree, report);
  const type = field(tree, 'Type');
  if (type === undefined || textOf(type) === '') {
    const hint = call(tree)
      ? 'SAM does not look into an intrinsic function here: write it under Type'
      : 'add "Type: Canary10Percent5Minutes"';
    refuse(
      keyAt(properties, 'DeploymentPreference'),
      "'DeploymentPreference' is missing required Property 'Type'",
      hint,
    );
  }
  const hooks = readHooks(id, tree, refuse, report);
  const alarms = readAlarms(field(tree, 'Alarms'), keyAt(tree, 'Alarms'), refuse);
  lintEmptyNames(id, alarms, report);
  if (isFalsy(field(properties, 'AutoPublishAlias')))
    refuse(
      keyAt(properties, 'DeploymentPreference'),
      "'DeploymentPreference' requires AutoPublishAlias property to be specified.",
      'add "AutoPublishAlias: live"',
    );
  const configName = type && deploymentConfig(id, samValue(type, scope), report);
  if (configName === undefined || because !== undefined)
    return { kind: 'invalid', because: because ?? 'its Type cannot be read' };
  const role = field(tree, 'Role');
  return {
    kind: 'enabled',
    certain: enabled.is === true,
    because: enabled.because,
    configName,
    alarms,
    ...hooks,
    role: isFalsy(role) ? undefined : role,
    triggers: field(tree, 'TriggerConfigurations'),
    passCondition,
  };
}

/** "false" and "False" are false, an empty value too; every other text is true, and so is what SAM cannot resolve. */
function readEnabled(
  id: string,
  tree: Mapping,
  { scope, report }: Pick<Template, 'scope' | 'report'>,
): { readonly is: boolean | undefined; readonly because: string } {
  const written = field(tree, 'Enabled');
  if (written === undefined) return { is: true, because: 'DeploymentPreference is enabled unless told otherwise' };
  const value = samValue(written, scope);
  const source = call(written) ? ` (${show(written)})` : '';
  const found = call(value);
  if (found?.name === 'Ref' && scope.parameter(textOf(found.argument) ?? '') === 'unknown')
    return { is: undefined, because: `DeploymentPreference.Enabled is ${show(value)}, which is not known here` };
  if (found) {
    const hint = 'SAM resolves only Ref to a parameter and FindInMap here, and takes everything else for true';
    report.warning(
      written.at,
      id,
      `DeploymentPreference.Enabled is ${show(written)}: it counts as true whatever it comes to`,
      hint,
    );
    return { is: true, because: `SAM takes DeploymentPreference.Enabled${source} for true` };
  }
  const text = textOf(value);
  if (isFalsy(value) || (value.kind === 'scalar' && (text === 'false' || text === 'False')))
    return { is: false, because: `DeploymentPreference.Enabled is ${text ?? 'empty'}${source}` };
  if (/^(no|off|disabled|false|0)$/i.test(text ?? ''))
    report.warning(written.at, id, `DeploymentPreference.Enabled is "${text}": SAM takes it for true`, 'write false');
  return { is: true, because: `DeploymentPreference.Enabled is ${text ?? show(value)}${source}` };
}

function readPassthrough(
  tree: Mapping,
  refuse: (at: number, message: string) => void,
  scope: Template['scope'],
): boolean {
  const written = field(tree, 'PassthroughCondition');
  if (written === undefined) return false;
  const value = samValue(written, scope);
  const text = textOf(value);
  if (text === 'true' || text === 'True') return true;
  if (text === 'false' || text === 'False') return false;
  const found = call(value);
  // A parameter that is told at deploy time is none that SAM cannot resolve.
  if (found?.name === 'Ref' && scope.parameter(textOf(found.argument) ?? '') === 'unknown') return false;
  refuse(written.at, found ? ONLY_INTRINSICS : 'Invalid value for property PassthroughCondition.');
  return false;
}

type Refuse = (at: number, message: string, hint?: string) => void;

function readHooks(
  id: string,
  tree: Mapping,
  refuse: Refuse,
  report: Template['report'],
): Pick<EnabledPreference, 'preTraffic' | 'postTraffic'> {
  const hooks = field(tree, 'Hooks');
  const none = { preTraffic: undefined, postTraffic: undefined };
  if (hooks === undefined) return none;
  if (hooks.kind !== 'map') {
    refuse(
      keyAt(tree, 'Hooks'),
      "'Hooks' property of 'DeploymentPreference' must be a dictionary",
      'write "PreTraffic: !Ref …" below it',
    );
    return none;
  }
  if (call(hooks)) {
    report.warning(
      hooks.at,
      id,
      `Hooks is ${show(hooks)}: SAM does not look into it, and calls no hook`,
      'put the function under PreTraffic and PostTraffic',
    );
    return none;
  }
  for (const [key, { at }] of hooks.entries) {
    if (HOOK_KEYS.includes(key)) continue;
    if (KEYS.includes(key))
      report.warning(
        at,
        id,
        `${key} stands under Hooks, one level too deep: SAM ignores it there`,
        'move it out to DeploymentPreference',
      );
    else report.warning(at, id, `Hooks has no key "${key}": SAM ignores it`, hookHint(key));
  }
  const hook = (name: string): Tree | undefined => {
    const value = field(hooks, name);
    return value === undefined || isFalsy(value) || isNoValue(value) ? undefined : value;
  };
  return { preTraffic: hook('PreTraffic'), postTraffic: hook('PostTraffic') };
}

function hookHint(key: string): string {
  if (/before/i.test(key)) return 'did you mean "PreTraffic"?';
  if (/after/i.test(key)) return 'did you mean "PostTraffic"?';
  return `did you mean "${nearest(key, HOOK_KEYS) ?? 'PreTraffic or PostTraffic'}"?`;
}

/** A list of names, or an `Fn::If` of two such lists, as `AlarmConfiguration`. */
function readAlarms(alarms: Tree | undefined, at: number, refuse: Refuse): Tree | undefined {
  if (alarms === undefined || isFalsy(alarms) || isNoValue(alarms)) return undefined;
  const found = call(alarms);
  if (found?.name !== 'Fn::If') return alarmConfiguration(alarms, at, refuse);
  const { argument } = found;
  if (argument.kind !== 'list' || argument.items.length !== 3) {
    refuse(at, 'Fn::If requires 3 arguments');
    return undefined;
  }
  const [name, yes, no] = argument.items;
  const branches = [yes!, no!].map((branch) => alarmConfiguration(branch, branch.at, refuse) ?? branch);
  return mapping({ 'Fn::If': list([name!, ...branches], argument.at) }, alarms.at);
}

function alarmConfiguration(alarms: Tree, at: number, refuse: Refuse): Tree | undefined {
  if (alarms.kind !== 'list') {
    refuse(at, 'Alarms must be a list', 'write one alarm a line, each behind "- "');
    return undefined;
  }
  if (alarms.items.length === 0 || isNoValue(alarms.items[0])) return mapping({}, alarms.at);
  const names = alarms.items.map((alarm) => mapping({ Name: alarm }, alarm.at));
  return mapping({ Enabled: scalar(true, alarms.at), Alarms: list(names, alarms.at) }, alarms.at);
}

/** `AWS::NoValue` behind another alarm leaves an alarm without a name. */
function lintEmptyNames(id: string, alarms: Tree | undefined, report: Template['report']): void {
  const found = call(alarms);
  if (found?.argument.kind === 'list') for (const branch of found.argument.items) lintEmptyNames(id, branch, report);
  const names = field(alarms, 'Alarms');
  if (names?.kind !== 'list') return;
  for (const alarm of names.items)
    if (isNoValue(field(alarm, 'Name')))
      report.warning(
        alarm.at,
        id,
        'AWS::NoValue behind another alarm leaves an alarm without a name, which CodeDeploy refuses',
        'put the condition around the whole list',
      );
}

function lintKeys(id: string, tree: Mapping, report: Template['report']): void {
  if (call(tree)) return;
  for (const [key, { at }] of tree.entries) {
    if (KEYS.includes(key)) continue;
    if (HOOK_KEYS.includes(key))
      report.warning(
        at,
        id,
        `${key} stands in DeploymentPreference itself: SAM ignores it there`,
        'move it under Hooks',
      );
    else {
      const close = nearest(key, [...KEYS, ...HOOK_KEYS]);
      const hint = close === undefined ? `possible here: ${KEYS.join(', ')}` : `did you mean "${close}"?`;
      report.warning(at, id, `DeploymentPreference has no key "${key}": SAM ignores it`, hint);
    }
  }
}
