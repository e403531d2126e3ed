import type { StackBelief } from '../../core/doctor/drift.ts';
import type { AliasKey } from '../../core/release/alias.ts';

export type { StackBelief };

/** A stack as it is deployed. */
export interface DeployedStack {
  /** Physical ids by logical id: names of functions and alarms, ARNs of versions and aliases. */
  readonly resources: ReadonlyMap<string, string>;
  /** The values of its parameters; those of SSM types resolved. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** What CloudFormation made, and what it takes to be live. Errors are AwsProblems. */
export interface Stacks {
  /** Undefined where there is no stack of that name. */
  read(stackName: string): Promise<DeployedStack | undefined>;
  /** What the stack that made this alias believes of it; undefined where no stack made it. */
  beliefOf(key: AliasKey): Promise<StackBelief | undefined>;
}
