import { type AppSpecRelease, isAppSpec, readAppSpec } from './appspec.ts';
import { releasesOf, stateMachinesOf } from './cloudformation.ts';
import { createEvaluator } from './evaluate.ts';
import { parseTemplate } from './parse.ts';
import type { Problem, Reporter } from './problem.ts';
import type { StateMachinePreference, TemplateRelease } from './release.ts';
import { type Desugared, desugar, SAM_FUNCTION } from './sam/desugar.ts';
import type { VersionId } from './sam/version-id.ts';
import { openParsed, openTemplate, type ReadOptions, resourcesOf, type Template } from './template.ts';
import { field, keyAt, type Mapping, plain, type Tree, textOf } from './tree.ts';

export { MAX_TEMPLATE_BYTES } from './parse.ts';
export type { Problem } from './problem.ts';
export { templateProblemText } from './problem.ts';
export type { StateMachinePreference, TemplateCode, TemplateRelease } from './release.ts';
export { compareTemplates, type TemplateText, type VersionChange } from './sam/compare.ts';
export type { VersionId } from './sam/version-id.ts';
export { openTemplate, type ReadOptions, type Template } from './template.ts';
export type { Term } from './terms.ts';

/** What a template releases, and what is wrong with it. */
export interface TemplateReading {
  readonly kind: 'sam' | 'cloudformation' | 'appspec' | 'unreadable';
  /** Every alias of the template, and every function with a `DeploymentPreference`, in the order of the file. */
  readonly releases: readonly (TemplateRelease | AppSpecRelease)[];
  readonly stateMachines: readonly StateMachinePreference[];
  readonly problems: readonly Problem[];
  /** The names of the parameters that have a value. */
  readonly parameters: readonly string[];
}

/**
 * Reads a SAM or CloudFormation template (CDK's and the serverless framework's output are such), or an AppSpec file, YAML or
 * JSON. Never throws and asks AWS nothing: what only AWS knows stays as it is written. Every problem has its place.
 */
export function readTemplate(text: string, file: string, options: ReadOptions = {}): TemplateReading {
  const parsed = parseTemplate(text, file);
  const { root, report } = parsed;
  if (root === undefined) return answer('unreadable', report, [], []);
  if (isAppSpec(root)) return answer('appspec', report, readAppSpec(root, report), []);
  const { template } = openParsed(parsed, options);
  if (template === undefined || !hasResources(root, report)) return answer('unreadable', report, [], []);
  lintLoops(template);
  const sam = desugar(template);
  const conditions = conditionsOf(template, sam);
  const evaluator = createEvaluator({ ...template.scope, conditions, resources: sam.resources });
  const releases = releasesOf(template, sam, evaluator);
  const isSam = [...template.scope.resources.entries.values()].some(({ value }) =>
    textOf(field(value, 'Type'))?.startsWith('AWS::Serverless::'),
  );
  return {
    ...answer(isSam ? 'sam' : 'cloudformation', report, releases, stateMachinesOf(template)),
    parameters: template.scope.parameterNames,
  };
}

/** What SAM makes of a template, as plain data: its Resources and Conditions once SAM's functions are spelled out. */
export function samResources(
  text: string,
  file: string,
  options: ReadOptions = {},
): { readonly Resources: unknown; readonly Conditions: unknown } {
  const { template } = openTemplate(text, file, options);
  if (template === undefined) return { Resources: {}, Conditions: {} };
  const sam = desugar(template);
  return { Resources: plain(sam.resources), Conditions: plain(conditionsOf(template, sam)) };
}

/** The logical id of the version that SAM makes for a function; undefined where it publishes none. */
export function versionLogicalId(functionId: string, template: Template): VersionId | undefined {
  return desugar(template).functions.find(({ id }) => id === functionId)?.version;
}

/** The template's conditions and those that SAM adds. */
function conditionsOf({ scope }: Template, { conditions }: Desugared): Mapping {
  return { ...scope.conditions, entries: new Map([...scope.conditions.entries, ...conditions.entries]) };
}

function answer(
  kind: TemplateReading['kind'],
  report: Reporter,
  releases: TemplateReading['releases'],
  stateMachines: readonly StateMachinePreference[],
): TemplateReading {
  return { kind, releases, stateMachines, problems: report.problems(), parameters: [] };
}

function hasResources(root: Tree, report: Reporter): boolean {
  const resources = field(root, 'Resources');
  if (resources?.kind === 'map') return true;
  const isServerless = field(root, 'service') !== undefined && field(root, 'functions') !== undefined;
  if (isServerless)
    report.error(
      root.at,
      '',
      'this is a serverless.yml, not a template',
      'run "serverless package" and name .serverless/cloudformation-template-update-stack.json',
    );
  else
    report.error(
      keyAt(root, 'Resources'),
      '',
      resources ? "'Resources' is either null or not a valid dictionary." : 'this is no template: it has no Resources',
    );
  return false;
}

/** Loops of the language extensions are kept as they are written, so functions within them are not seen. */
function lintLoops({ scope, report }: Template): void {
  for (const [key, { value, at }] of scope.resources.entries) {
    if (!key.startsWith('Fn::ForEach')) continue;
    const text = JSON.stringify(plain(value));
    if ([SAM_FUNCTION, 'AWS::Lambda::Alias'].some((type) => text.includes(`"${type}"`)))
      report.warning(
        at,
        key,
        'the functions that this loop makes are not shown: it is unrolled by CloudFormation only',
        'read the template that CloudFormation has processed',
      );
  }
  for (const { id, tree, at } of resourcesOf(scope.resources, SAM_FUNCTION)) {
    const properties = field(tree, 'Properties');
    if (properties !== undefined && properties.kind !== 'map') report.error(at, id, 'its Properties must be a mapping');
  }
}
