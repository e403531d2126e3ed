import { nearest } from '../core/nearest.ts';
import type { Reporter } from './problem.ts';
import { call, field, keyAt, list, type Mapping, mapping, scalar, type Tree, textOf } from './tree.ts';

/** What the expressions of one template can be resolved with. */
export interface Scope {
  /** The value of a parameter or pseudo parameter; `unknown` where only AWS can tell; undefined where there is none. */
  parameter(name: string): Tree | 'unknown' | undefined;
  readonly mappings: Tree | undefined;
  readonly conditions: Mapping;
  readonly resources: Mapping;
  /** The names of the parameters that were given or have a default. */
  readonly parameterNames: readonly string[];
}

const PSEUDO = ['AccountId', 'NotificationARNs', 'NoValue', 'Partition', 'Region', 'StackId', 'StackName', 'URLSuffix'];

/**
 * Reads Parameters, Mappings and Conditions. `given` overrides the defaults; pseudo parameters can be given too
 * (`AWS::Region`); `deployed` does so where nothing was given. A parameter that names an entry of the SSM parameter store is unknown: its value is not the name.
 */
export function readScope(
  root: Tree,
  given: Readonly<Record<string, string>>,
  deployed: Readonly<Record<string, string>>,
  report: Reporter,
): Scope {
  for (const section of ['Mappings', 'Parameters']) {
    const found = field(root, section);
    if (found !== undefined && found.kind !== 'map')
      report.error(keyAt(root, section), '', "'Mappings' or 'Parameters' is either null or not a valid dictionary.");
  }
  const declared = asMapping(field(root, 'Parameters'));
  const values = new Map<string, Tree | 'unknown'>();
  for (const name of PSEUDO) values.set(`AWS::${name}`, 'unknown');
  for (const [name, { value, at }] of declared.entries) {
    const kept = Object.hasOwn(given, name) ? undefined : deployed[name];
    const override = Object.hasOwn(given, name) ? given[name] : kept;
    const stated = override === undefined ? field(value, 'Default') : scalar(override, at);
    const type = textOf(field(value, 'Type')) ?? 'String';
    values.set(name, stated === undefined ? 'unknown' : typed(stated, kept === undefined ? type : resolvedType(type)));
    if (stated !== undefined) checkAllowed(name, stated, value, report, override === undefined ? stated.at : at);
  }
  for (const [name, value] of Object.entries(given)) {
    if (declared.entries.has(name)) continue;
    if (values.has(name)) values.set(name, scalar(value, root.at));
    else
      report.error(keyAt(root, 'Parameters'), '', `the template has no parameter "${name}"`, hintFor(name, declared));
  }
  return {
    parameter: (name) => values.get(name),
    mappings: field(root, 'Mappings'),
    conditions: asMapping(field(root, 'Conditions')),
    resources: asMapping(field(root, 'Resources')),
    parameterNames: [...values].filter(([, value]) => value !== 'unknown').map(([name]) => name),
  };
}

function hintFor(name: string, declared: Mapping): string | undefined {
  const close = nearest(name, [...declared.entries.keys()]);
  if (close !== undefined) return `did you mean "${close}"?`;
  const known = [...declared.entries.keys()].slice(0, 20).join(', ');
  return known === '' ? undefined : `it has ${known}`;
}

function asMapping(tree: Tree | undefined): Mapping {
  return tree?.kind === 'map' ? tree : mapping({}, tree?.at ?? 0);
}

/** What a resolved value of this type is: CloudFormation has looked the entry of the parameter store up. */
function resolvedType(type: string): string {
  return /^AWS::SSM::Parameter::Value<(.*)>$/.exec(type)?.[1] ?? type;
}

/** `AWS::SSM::Parameter::Value<…>` holds a name, not the value; lists are written with commas. */
function typed(stated: Tree, type: string): Tree | 'unknown' {
  if (type.startsWith('AWS::SSM::Parameter::Value<')) return 'unknown';
  if (type !== 'CommaDelimitedList' && !type.startsWith('List<')) return stated;
  const text = textOf(stated);
  if (text === undefined) return stated;
  return list(
    text.split(',').map((part) => scalar(part.trim(), stated.at)),
    stated.at,
  );
}

function checkAllowed(name: string, stated: Tree, declaration: Tree, report: Reporter, at: number): void {
  const allowed = field(declaration, 'AllowedValues');
  const text = textOf(stated);
  if (allowed?.kind !== 'list' || text === undefined || call(allowed)) return;
  const texts = allowed.items.map((item) => textOf(item) ?? '');
  if (texts.includes(text)) return;
  const why = textOf(field(declaration, 'ConstraintDescription'));
  report.error(at, '', `parameter ${name} is "${text}": ${why ?? `allowed are ${texts.slice(0, 20).join(', ')}`}`);
}
