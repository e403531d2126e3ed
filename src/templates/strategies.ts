import { parseStrategy, SAM_STRATEGIES } from '../core/release/strategy.ts';
import type { Evaluator } from './evaluate.ts';
import type { Reporter } from './problem.ts';
import { resourcesOf } from './template.ts';
import type { Term, Terms } from './terms.ts';
import { field, type Mapping, numberOf, type Tree, textOf } from './tree.ts';

/** CodeDeploy's own limits for Lambda: 99 % in one increment, 2,880 minutes from the first to the last shift. */
const MAX_PERCENT = 99;
const MAX_SHIFT_MINUTES = 2_880;

/** Reads a `DeploymentConfigName` as a strategy: null where only CodeDeploy knows the configuration of that name. */
export type Strategies = (config: Term) => string | null;

export function createStrategies(resources: Mapping, terms: Terms, evaluator: Evaluator, report: Reporter): Strategies {
  const own = new Map<string, string>();
  for (const { id, properties, at } of resourcesOf(resources, 'AWS::CodeDeploy::DeploymentConfig')) {
    const text = strategyOf(evaluator.value(field(properties, 'TrafficRoutingConfig')), (message) =>
      report.error(at, id, message),
    );
    if (text === undefined) continue;
    own.set(id, text);
    const name = terms(field(properties, 'DeploymentConfigName'));
    if (name?.known) own.set(name.text, text);
  }
  return (config) => {
    const mine = own.get(config.resource ?? '') ?? (config.known ? own.get(config.text) : undefined);
    if (mine !== undefined) return mine;
    const name = config.text.replace(/^CodeDeployDefault\.Lambda/, '');
    const predefined = config.known && name !== config.text && SAM_STRATEGIES.some((each) => each === name);
    return predefined ? name : null;
  };
}

function strategyOf(routing: Tree | undefined, refuse: (message: string) => void): string | undefined {
  const type = textOf(field(routing, 'Type'));
  if (type === 'AllAtOnce') return type;
  const shape = type === 'TimeBasedCanary' ? 'Canary' : type === 'TimeBasedLinear' ? 'Linear' : undefined;
  if (shape === undefined) return undefined;
  const percent = numberOf(field(routing, type!, `${shape}Percentage`));
  const minutes = numberOf(field(routing, type!, `${shape}Interval`));
  if (percent === undefined || minutes === undefined) return undefined;
  const shifts = shape === 'Canary' ? 1 : Math.ceil(100 / percent) - 1;
  const limit =
    percent >= 1 && percent <= MAX_PERCENT
      ? shifts * minutes > MAX_SHIFT_MINUTES &&
        `the last shift comes after ${shifts * minutes} minutes: CodeDeploy takes at most ${MAX_SHIFT_MINUTES}`
      : `${shape}Percentage ${percent} is not possible: CodeDeploy takes 1 to ${MAX_PERCENT}`;
  if (limit) {
    refuse(limit);
    return undefined;
  }
  const text = shape === 'Canary' ? `canary ${percent}% ${minutes}m` : `linear ${percent}% every ${minutes}m`;
  const read = parseStrategy(text);
  if (read.ok) return text;
  refuse(read.problem);
  return undefined;
}
