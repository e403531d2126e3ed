import type { Place } from '../problem.ts';
import { openTemplate, type ReadOptions, type Template } from '../template.ts';
import { field, type Mapping, sameTree, scalar, type Tree, textOf } from '../tree.ts';
import { type SamFunction, samFunctions } from './desugar.ts';
import { codeOf, lambdaProperties, versionIdOf } from './version-id.ts';

/** What a change of a template does to one function that publishes to an alias. */
export interface VersionChange {
  readonly logicalId: string;
  /**
   * `published`: something changed and a version is published · `unpublished`: something changed and none is, so that the
   * alias keeps the old one · `needless`: nothing changed and one is · `unchanged`.
   */
  readonly kind: 'published' | 'unpublished' | 'needless' | 'unchanged';
  /** The properties that changed: `Timeout`, `Environment.Variables.TABLE`. */
  readonly changed: readonly string[];
  /** A sentence that says what happens. */
  readonly message: string;
  readonly hint?: string;
  /** Where the function stands in the new template. */
  readonly at: Place;
}

export interface TemplateText extends ReadOptions {
  readonly text: string;
  readonly file: string;
}

/**
 * Says for every function of two templates whether going from one to the other publishes a version, and whether it should.
 * Code that is packed first counts as unchanged while its path is the same, and the sentence says so. Problems of the
 * templates themselves are `readTemplate`'s to tell.
 */
export function compareTemplates(before: TemplateText, after: TemplateText): readonly VersionChange[] {
  const old = openTemplate(before.text, before.file, before).template;
  const now = openTemplate(after.text, after.file, after).template;
  if (!old || !now) return [];
  const known = new Map(samFunctions(old).map((each) => [each.id, each]));
  return samFunctions(now).flatMap((each) => {
    const past = known.get(each.id);
    // A function that is new, or that published to no alias before, has nothing to be compared with.
    return past?.version && each.version ? [changeOf(past, old, each, now)] : [];
  });
}

function changeOf(past: SamFunction, old: Template, present: SamFunction, now: Template): VersionChange {
  const changed = changes(runtimeOf(past, old), runtimeOf(present, now), '');
  const packed = !codeOf(present.properties).ok;
  const publishes = standIn(past, old) !== standIn(present, now);
  const { id: logicalId, at } = present;
  const base = { logicalId, changed, at: now.report.place(at) };
  const unless = packed ? 'unless its code changes too, ' : '';
  if (publishes && changed.length > 0)
    return { ...base, kind: 'published', message: `${list(changed)} changes, and a version is published` };
  if (publishes) {
    const message = 'a version is published for no reason: it will run with what runs now';
    return { ...base, kind: 'needless', message, hint: 'only the way it is written has changed' };
  }
  if (changed.length === 0) {
    const message = packed ? 'nothing changes, unless its code does' : 'nothing changes';
    return { ...base, kind: 'unchanged', message };
  }
  return {
    ...base,
    kind: 'unpublished',
    message: `${list(changed)} changes, and ${unless}no version is published for it: the alias keeps the old one, and this change would never be canaried`,
    hint: hintFor(present.properties),
  };
}

function hintFor(properties: Mapping): string {
  if (field(properties, 'AutoPublishCodeSha256'))
    return 'AutoPublishCodeSha256 alone decides here: change it too, or take it out';
  if (field(properties, 'AutoPublishAliasAllProperties'))
    return 'SAM compares the template as it is written, without the values of parameters: change the code too';
  return 'set AutoPublishAliasAllProperties: true';
}

/** The version's id, with the path in the place of code that is not packed yet. */
function standIn({ id, properties }: SamFunction, { scope }: Template): string {
  if (codeOf(properties).ok) return versionIdOf(id, properties, scope).id;
  const path = textOf(field(properties, 'CodeUri')) ?? '-';
  const entries = new Map(properties.entries).set('CodeUri', {
    value: scalar(`s3://local/${path}`, properties.at),
    at: properties.at,
  });
  return versionIdOf(id, { ...properties, entries }, scope).id;
}

/** What a version is made of: the function's properties as CloudFormation resolves them. Tags are no part of it. */
function runtimeOf({ properties }: SamFunction, { evaluator }: Template): Tree | undefined {
  const code = codeOf(properties);
  const made = lambdaProperties(properties, code.ok ? code.tree : field(properties, 'CodeUri'));
  const entries = new Map(made.entries);
  entries.delete('Tags');
  return evaluator.value({ ...made, entries });
}

/** The paths that differ; below `Code` and lists it is enough to know that something does. */
function changes(before: Tree | undefined, after: Tree | undefined, path: string): string[] {
  if (sameTree(before, after)) return [];
  const deeper = path === '' || path === 'Environment' || path === 'Environment.Variables';
  if (!deeper || before?.kind !== 'map' || after?.kind !== 'map') return [path];
  const keys = new Set([...before.entries.keys(), ...after.entries.keys()]);
  return [...keys].flatMap((key) =>
    changes(field(before, key), field(after, key), path === '' ? key : `${path}.${key}`),
  );
}

function list(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}
