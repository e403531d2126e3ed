import type { RunCheck } from '../gates/checks.ts';
import type { Evidence } from '../gates/gate.ts';
import type { Verdict } from '../judge/verdict.ts';
import type { AliasKey, AliasSnapshot, OwnerTag, Routing } from './alias.ts';
import type { MemberReport, Membership } from './member.ts';
import type { Observation, Watch } from './observation.ts';
import type { KeepWarm } from './plan.ts';

/**
 * Effects that the engine asks for. Each has a key made from its cause (`releaseId#fence`, `releaseId/preTraffic`), so
 * performing one twice is recognised; performing is at-least-once on every host.
 */
export type Command =
  | {
      readonly kind: 'setAlias';
      readonly key: string;
      readonly alias: AliasKey;
      readonly target: Routing;
      /** This write's place among the release's writes. */
      readonly fence: number;
      readonly releaseId: string;
      /** The tag is left on the alias while the release goes on, and removed by its last write. */
      readonly keepTag: boolean;
      /** It restores stable: it goes before everything else that waits for its turn at AWS. */
      readonly urgent?: true;
      /** The user's own description. */
      readonly description: string;
      /**
       * What an alias may look like for this write to be ours to make although it bears no tag of this release and is not
       * `last` either: only a rollback is that generous.
       */
      readonly untagged: readonly Routing[];
      /** Where somebody else shifts between these two versions: so may every share of them, for it changes as they go on. */
      readonly between?: readonly [stable: string, candidate: string];
      /** The alias as last read. Where its revision still holds nobody has touched it, so the write is ours to make. */
      readonly last: AliasSnapshot | null;
      /** Revisions from before `last`: a read that shows one of them is outdated. */
      readonly replaced?: readonly string[];
      /** Revisions that were seen as well, and may be newer than `last`, which may be an outdated read. */
      readonly doubted?: readonly string[];
    }
  | {
      readonly kind: 'invokeHook';
      readonly key: string;
      /** The name of the gate's run. */
      readonly hook: string;
      readonly function: string;
      readonly payload: HookPayload;
    }
  | {
      readonly kind: 'runGate';
      readonly key: string;
      /** The name of the gate's run. */
      readonly run: string;
      readonly check: RunCheck;
      readonly subject: GateSubject;
      /** Epoch milliseconds; an answer after it changes nothing. */
      readonly deadline: number;
    }
  | {
      /** `StopDeployment` with rollback, where CodeDeploy moves the traffic. */
      readonly kind: 'stopDeployment';
      readonly key: string;
      readonly deploymentId: string;
    }
  | { readonly kind: 'observe'; readonly key: string; readonly watch: Watch }
  | {
      /** After a rollback: does stable serve again, and does the candidate still get anything? */
      readonly kind: 'verify';
      readonly key: string;
      readonly watch: Watch;
      readonly restoredAt: number;
      readonly waitMs: number;
    }
  | {
      /** Invokes the stable version so that it stays ready. Nothing answers, and nothing depends on it. */
      readonly kind: 'keepWarm';
      readonly key: string;
      readonly function: string;
      readonly version: string;
      readonly warm: KeepWarm;
    }
  | {
      /** Tells the train that the release belongs to how it stands. Nothing answers. */
      readonly kind: 'tellTrain';
      readonly key: string;
      readonly membership: Membership;
      readonly releaseId: string;
      readonly report: MemberReport;
    };

/** The commands whose effect lies at AWS. */
export type AwsCommand = Exclude<Command, { kind: 'tellTrain' | 'keepWarm' }>;

/** What a gate is asked about. */
export interface GateSubject {
  readonly releaseId: string;
  readonly alias: AliasKey;
  readonly stable: string;
  readonly candidate: string;
  /** The candidate's share as last read back. */
  readonly weightPercent: number;
  /** Of the step that is about to be set, counted from 1; null at 100 %. */
  readonly step: number | null;
  /** An alias that leads to the candidate alone, where the plan has one. */
  readonly testAlias?: string;
}

/** CodeDeploy's two ids, as every existing hook expects them, and what CodeDeploy never told. */
export interface HookPayload {
  readonly DeploymentId: string;
  readonly LifecycleEventHookExecutionId: string;
  readonly FunctionName: string;
  readonly Alias: string;
  readonly StableVersion: string;
  readonly CandidateVersion: string;
  readonly CandidateWeightPercent: number;
  /** An alias that leads to the candidate alone, where the plan has one. */
  readonly TestAlias?: string;
  /** CodeDeploy's names for its two, and what it does not have: before a step's weight, before the release is promoted. */
  readonly Hook: 'BeforeAllowTraffic' | 'AfterAllowTraffic' | 'BeforeStep' | 'BeforePromotion';
  /** The step whose weight is set next, counted from 1; absent at 100 %. */
  readonly Step?: number;
  readonly ReleaseId: string;
  /** The same for every attempt to call this hook for this release: a hook may be called twice. */
  readonly IdempotencyKey: string;
}

/** What became of a command; fed back to `decide` as an event. */
export type CommandResult =
  /** `over`: the revision that the write has replaced, where that is certain. */
  | { readonly outcome: 'aliasSet'; readonly snapshot: AliasSnapshot; readonly sentAt: number; readonly over?: string }
  /** The alias is not as any write of this release could have left it: somebody else moved it. `null`: it is gone. */
  | { readonly outcome: 'aliasForeign'; readonly found: AliasSnapshot | null }
  /** A later write of this same release is already there. */
  | { readonly outcome: 'superseded'; readonly by: OwnerTag }
  /** `StopDeployment` was accepted, or the deployment had ended before. */
  | { readonly outcome: 'deploymentStopped'; readonly sentAt: number }
  | { readonly outcome: 'hookInvoked' }
  /** The hook's own return value held its answer. */
  | { readonly outcome: 'hookReturned'; readonly status: 'Succeeded' | 'Failed' }
  /** The hook crashed, or could not be called. */
  | { readonly outcome: 'hookFailed'; readonly error: string }
  /** A gate came to its verdict. */
  | { readonly outcome: 'gateDone'; readonly verdict: Verdict; readonly evidence: Evidence }
  | { readonly outcome: 'observed'; readonly observation: Observation }
  | { readonly outcome: 'verified'; readonly verification: Verification }
  | {
      readonly outcome: 'failed';
      readonly error: string;
      /** False where trying again cannot help (access denied, no such function). */
      readonly retryable: boolean;
      /** There are no credentials, or they have expired: it can go on as soon as somebody has signed in again. */
      readonly unauthenticated?: true;
    };

/** What traffic showed after a rollback, within the time that was waited. */
export interface Verification {
  readonly waitedMs: number;
  readonly stable: { readonly invocations: number; readonly errors: number };
  readonly candidate: { readonly invocations: number };
  /** Sentences: what limits this proof (no traffic, provisioned concurrency still moving, no log access). */
  readonly notes: readonly string[];
}
