import { createEvaluator, type Evaluator } from './evaluate.ts';
import { type Parsed, parseTemplate } from './parse.ts';
import type { Reporter } from './problem.ts';
import { readScope, type Scope } from './scope.ts';
import { field, type Mapping, mapping, type Tree, textOf } from './tree.ts';

/** A template, parsed, with what its expressions are resolved with. */
export interface Template {
  readonly root: Tree;
  readonly scope: Scope;
  readonly evaluator: Evaluator;
  readonly report: Reporter;
}

export interface ReadOptions {
  /** Values of template parameters, and of pseudo parameters such as `AWS::Region`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /**
   * The values that the deployed stack has, those of SSM types resolved: weaker than `parameters`, stronger than defaults, as
   * CloudFormation keeps them. What the template does not declare (any more) does not count.
   */
  readonly deployed?: Readonly<Record<string, string>>;
}

/** Parses a template. Never throws; `template` is undefined where the text is none. */
export function openTemplate(
  text: string,
  file: string,
  options: ReadOptions = {},
): { readonly template: Template | undefined; readonly report: Reporter } {
  return openParsed(parseTemplate(text, file), options);
}

/** The same for text that was parsed before. */
export function openParsed(
  { root, report }: Parsed,
  { parameters = {}, deployed = {} }: ReadOptions,
): { readonly template: Template | undefined; readonly report: Reporter } {
  if (root === undefined) return { template: undefined, report };
  const scope = readScope(root, parameters, deployed, report);
  return { template: { root, scope, evaluator: createEvaluator(scope), report }, report };
}

/** One resource of a template. */
export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: Mapping;
  readonly tree: Tree;
  /** Where its logical id stands. */
  readonly at: number;
}

/** The resources of some types, in the order of the file. */
export function resourcesOf(resources: Mapping, ...types: readonly string[]): Resource[] {
  const found: Resource[] = [];
  for (const [id, { value, at }] of resources.entries) {
    const type = textOf(field(value, 'Type'));
    if (type === undefined || !types.includes(type)) continue;
    const properties = field(value, 'Properties');
    found.push({ id, type, properties: properties?.kind === 'map' ? properties : mapping({}, at), tree: value, at });
  }
  return found;
}
