import { parseDocument } from 'yaml';
import { DeploymentFailure } from './errors.ts';

/** What an AppSpec file for Lambda says (CodeDeploy user guide, "AppSpec file structure for AWS Lambda deployments"). */
export interface AppSpec {
  readonly functionName: string;
  readonly alias: string;
  readonly currentVersion: string;
  readonly targetVersion: string;
  /** Function names or ARNs. */
  readonly beforeAllowTraffic?: string;
  readonly afterAllowTraffic?: string;
}

/** An AppSpec is a page, not a book; parsing is bounded by it. */
const MAX_CHARS = 256 * 1024;
const VERSION = /^(\$LATEST|[0-9]+)$/;

type Tree = Readonly<Record<string, unknown>>;

/** Reads an AppSpec in YAML or JSON. Throws INVALID_REVISION with the reason. */
export function parseAppSpec(text: string): AppSpec {
  if (text.length > MAX_CHARS) throw invalid(`it has ${text.length} characters; at most ${MAX_CHARS} are read`);
  const document = parseDocument(text, { schema: 'core' });
  const [problem] = document.errors;
  if (problem) throw invalid(`it is neither YAML nor JSON: ${problem.message.split('\n', 1)[0]}`);
  const root = contentOf(document);
  if (!isTree(root)) throw invalid('it holds no mapping');
  const version = member(root, 'version');
  if (version !== 0 && version !== '0.0' && version !== '0') throw invalid(`its version is ${show(version)}, not 0.0`);
  return { ...resourceOf(member(root, 'Resources')), ...hooksOf(member(root, 'Hooks')) };
}

/** The AppSpec as JSON text: what a rollback deploys. */
export function writeAppSpec({ functionName, alias, currentVersion, targetVersion }: AppSpec): string {
  const Properties = { Name: functionName, Alias: alias, CurrentVersion: currentVersion, TargetVersion: targetVersion };
  return JSON.stringify({
    version: 0,
    Resources: [{ [functionName]: { Type: 'AWS::Lambda::Function', Properties } }],
  });
}

/** Aliases are refused, so that a page stays a page. */
function contentOf(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    throw invalid('it uses YAML aliases');
  }
}

function resourceOf(resources: unknown): AppSpec {
  if (!Array.isArray(resources) || resources.length !== 1) {
    throw invalid('its Resources must be a list that holds exactly one function');
  }
  const [first]: unknown[] = resources;
  const [entry, ...more] = isTree(first) ? Object.entries(first) : [];
  if (!entry || more.length > 0) throw invalid('the entry of Resources must name exactly one function');
  const [logicalId, resource] = entry;
  const type = isTree(resource) ? member(resource, 'Type') : undefined;
  if (type !== 'AWS::Lambda::Function')
    throw invalid(`${logicalId} has the Type ${show(type)}, not AWS::Lambda::Function`);
  const properties = isTree(resource) ? member(resource, 'Properties') : undefined;
  if (!isTree(properties)) throw invalid(`${logicalId} has no Properties`);
  const text = (name: string): string => {
    const value = member(properties, name);
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number' && Number.isInteger(value)) return String(value);
    throw invalid(`${logicalId} has no ${name}`);
  };
  const [currentVersion, targetVersion] = [text('CurrentVersion'), text('TargetVersion')];
  for (const version of [currentVersion, targetVersion]) {
    if (!VERSION.test(version)) throw invalid(`${logicalId} names the version ${show(version)}, which is not a number`);
  }
  return { functionName: text('Name'), alias: text('Alias'), currentVersion, targetVersion };
}

function hooksOf(hooks: unknown): Pick<AppSpec, 'beforeAllowTraffic' | 'afterAllowTraffic'> {
  if (hooks === undefined || hooks === null) return {};
  if (!Array.isArray(hooks)) throw invalid('its Hooks must be a list');
  let found: Pick<AppSpec, 'beforeAllowTraffic' | 'afterAllowTraffic'> = {};
  for (const [event, value] of hooks.flatMap((hook: unknown) => (isTree(hook) ? Object.entries(hook) : []))) {
    if (typeof value !== 'string' || value === '') throw invalid(`the hook ${event} names no function`);
    if (event === 'BeforeAllowTraffic') found = { ...found, beforeAllowTraffic: value };
    else if (event === 'AfterAllowTraffic') found = { ...found, afterAllowTraffic: value };
    else throw invalid(`there is no hook ${event} for Lambda`);
  }
  return found;
}

/** `Resources` in YAML files, `resources` in those that CloudFormation writes. */
function member(tree: Tree, name: string): unknown {
  return tree[name] ?? tree[name.charAt(0).toLowerCase() + name.slice(1)];
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(reason: string): DeploymentFailure {
  return new DeploymentFailure('INVALID_REVISION', `The AppSpec file is not valid: ${reason}`);
}

function show(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 60);
}
