import type { DeployedStack } from '../../app/ports/stacks.ts';
import type { TemplateRelease, Term } from '../../templates/read.ts';
import type { Context } from '../context.ts';
import { usage } from '../failure.ts';

/** The stack that `--stack` names; undefined without that flag. */
export async function deployedStack(context: Context): Promise<DeployedStack | undefined> {
  const { stack: name, region } = context.flags;
  if (name === undefined) return undefined;
  const stack = await (await context.wired()).aws.stacks.read(name);
  if (stack) return stack;
  throw usage(
    `stack "${name}" does not exist${region === undefined ? '' : ` in ${region}`}`,
    "aws cloudformation list-stacks --query 'StackSummaries[].StackName'",
  );
}

/** A release with the names that the stack gave to what the template only refers to. */
export function named(release: TemplateRelease, stack: DeployedStack | undefined): TemplateRelease {
  if (!stack) return release;
  const name = <T extends Term | null>(term: T): T | Term => {
    if (term === null || term.known || term.resource === undefined) return term;
    const physical = stack.resources.get(term.resource);
    return physical === undefined ? term : { ...term, text: physical, known: true };
  };
  return {
    ...release,
    functionName: name(release.functionName),
    preTraffic: name(release.preTraffic),
    postTraffic: name(release.postTraffic),
    alarms: release.alarms.map(name),
  };
}
