import type { Evaluator } from './evaluate.ts';
import { show } from './show.ts';
import { call, field, type Mapping, type Tree, textOf } from './tree.ts';

/** A name in a template: its text where it is known, else the expression that AWS resolves. */
export interface Term {
  readonly text: string;
  readonly known: boolean;
  /** The logical id that it refers to, where it is a resource of this template. */
  readonly resource?: string;
}

/** The property that a resource's `Ref` answers, for those whose names a release needs. */
const NAME_PROPERTY: Readonly<Record<string, string>> = {
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Serverless::Function': 'FunctionName',
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::CloudWatch::CompositeAlarm': 'AlarmName',
  'AWS::CodeDeploy::DeploymentGroup': 'DeploymentGroupName',
  'AWS::CodeDeploy::DeploymentConfig': 'DeploymentConfigName',
  'AWS::CodeDeploy::Application': 'ApplicationName',
};

/** Reads names: undefined where there is none (or `AWS::NoValue`). */
export type Terms = (tree: Tree | undefined) => Term | undefined;

export function createTerms(resources: Mapping, evaluator: Evaluator): Terms {
  return (tree) => {
    const value = evaluator.value(tree);
    if (value === undefined) return undefined;
    const text = textOf(value);
    if (text !== undefined) return { text, known: isFinal(text) };
    const id = resourceOf(value);
    const resource = id === undefined ? undefined : resources.entries.get(id)?.value;
    if (id === undefined || resource === undefined) return { text: show(value), known: false };
    const property = NAME_PROPERTY[textOf(field(resource, 'Type')) ?? ''];
    const named = property && evaluator.value(field(resource, 'Properties', property));
    const name = named ? textOf(named) : undefined;
    return name === undefined || !isFinal(name)
      ? { text: show(value), known: false, resource: id }
      : { text: name, known: true, resource: id };
  };
}

/** `{{resolve:ssm:…}}` is looked up by CloudFormation while it deploys. */
function isFinal(text: string): boolean {
  return !text.includes('{{resolve:');
}

/** The logical id in `!Ref X`, `!GetAtt X.Arn` and `!Sub "${X}"`. */
export function resourceOf(value: Tree): string | undefined {
  return /^\$\{(\w+)(\.Arn)?\}$/.exec(flat(value) ?? '')?.[1];
}

/**
 * An expression as one text with its open references in `${…}`, however it was written: `!Ref F`, `!Sub "${F}:live"` and
 * `!Join ["", [!Ref F, ":live"]]` can be compared so. Undefined for other functions.
 */
export function flat(value: Tree | undefined): string | undefined {
  const text = textOf(value);
  if (text !== undefined) return text;
  const found = call(value);
  if (!found) return undefined;
  const { name, argument } = found;
  if (name === 'Ref') return `\${${textOf(argument) ?? ''}}`;
  if (name === 'Fn::Sub') return textOf(argument);
  if (argument.kind !== 'list') return undefined;
  if (name === 'Fn::GetAtt') return `\${${argument.items.map((item) => textOf(item) ?? '').join('.')}}`;
  const [separator, parts] = argument.items;
  if (name !== 'Fn::Join' || parts?.kind !== 'list') return undefined;
  const flats = parts.items.map(flat);
  return flats.every((part) => part !== undefined) ? flats.join(textOf(separator) ?? '') : undefined;
}
