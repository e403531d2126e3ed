import type { Place } from './problem.ts';
import type { VersionId } from './sam/version-id.ts';
import type { Term } from './terms.ts';

/** Where a template says that a function's code lies, where that is a path on this machine. */
export interface TemplateCode {
  /** As it is written; from where the template stands. */
  readonly path: string;
  /** The `BuildMethod` of the function's Metadata: the path holds sources that `sam build` has to build first. */
  readonly build: string | null;
}

/** One alias of a template that is released, or could be. */
export interface TemplateRelease {
  /** The logical id of the function; of the alias where the function is not in the template. */
  readonly logicalId: string;
  readonly functionName: Term;
  /** Null where the function publishes no alias. */
  readonly alias: Term | null;
  /** Whether it is released gradually; null where only AWS can tell. */
  readonly enabled: boolean | null;
  /** Why it is or is not, as a sentence. */
  readonly because: string;
  /** As `parseStrategy` reads it; null where only CodeDeploy knows the configuration's steps. */
  readonly strategy: string | null;
  /** The name of CodeDeploy's configuration. */
  readonly configName: Term | null;
  readonly preTraffic: Term | null;
  readonly postTraffic: Term | null;
  readonly alarms: readonly Term[];
  readonly role: Term | null;
  /** The condition under which the function exists. `holds` is null where only AWS can tell. */
  readonly condition: { readonly name: string; readonly holds: boolean | null } | null;
  /** The logical id of the version that SAM publishes; null outside SAM. */
  readonly version: VersionId | null;
  /** Null where the code lies in S3, in an image or in the template itself, or where the template does not say. */
  readonly code: TemplateCode | null;
  /** Where it is written. */
  readonly at: Place;
}

/** A state machine with a `DeploymentPreference` of its own: Step Functions shifts it, not CodeDeploy and not Switchback. */
export interface StateMachinePreference {
  readonly logicalId: string;
  readonly alias: Term | null;
  /** `LINEAR`, `CANARY` or `ALL_AT_ONCE`. */
  readonly type: Term | null;
  readonly percentage: number | null;
  readonly intervalMinutes: number | null;
  readonly alarms: readonly Term[];
  readonly at: Place;
}
