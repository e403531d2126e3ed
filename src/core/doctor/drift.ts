import type { AliasSnapshot } from '../release/alias.ts';
import { type Release, stateOf } from '../release/release.ts';

/** What the stack that made an alias believes of it. */
export interface StackBelief {
  readonly stack: string;
  /** The alias's logical id in the stack. */
  readonly logicalId: string;
  /** The version that the stack last pointed the alias to; null where its template does not tell. */
  readonly version: string | null;
  /** Who moves the alias when the stack is updated. */
  readonly mover: 'CodeDeploy' | 'CloudFormation';
}

/** A difference between a stack and an alias, told to a person who has to end it. */
export interface Drift {
  /** A sentence: who believes what. */
  readonly told: string;
  /** Sentences: what the next update of the stack will do because of it. */
  readonly consequences: readonly string[];
  /** Ways to make both agree, the usual one first. */
  readonly ways: readonly Way[];
}

export interface Way {
  readonly when: string;
  readonly does: string;
  readonly command?: string;
}

/**
 * What a stack and an alias disagree about; undefined where they agree, or where the stack does not tell. CloudFormation
 * compares templates, not the world: it does not notice an alias that somebody else has moved (CloudFormation user guide, drift).
 */
export function driftOf(belief: StackBelief, live: AliasSnapshot, release: Release | null): Drift | undefined {
  const { stack, logicalId, version, mover } = belief;
  if (version === null || (live.version === version && live.second === null)) return undefined;
  const split = live.second ? `, and version ${live.second.version} gets ${live.second.weightPercent} %` : '';
  const since = whyOf(release, live.version, version);
  return {
    told: `stack ${stack} takes version ${version} to be live (${logicalId}); the alias runs version ${live.version}${split}${since}`,
    consequences: [
      `an update of the stack that publishes no new version leaves the alias on version ${live.version}`,
      mover === 'CodeDeploy'
        ? `an update that publishes one is handed to CodeDeploy with version ${version} as the current one; the alias is on another, so the deployment fails with INVALID_LAMBDA_CONFIGURATION and the stack is rolled back`
        : 'an update that publishes one moves the alias to it at once, whatever it runs now',
    ],
    ways: waysOf(belief, live),
  };
}

function whyOf(release: Release | null, live: string, believed: string): string {
  if (!release || stateOf(release) !== 'rolledBack') return '';
  const { stable, candidate } = release.plan;
  return stable === live && candidate === believed ? ` since release ${release.id} was rolled back` : '';
}

function waysOf({ stack, logicalId, version, mover }: StackBelief, live: AliasSnapshot): readonly Way[] {
  const off = 'DeploymentPreference: { Enabled: false }';
  const once =
    mover === 'CodeDeploy'
      ? `, with ${off} (SAM) or without the alias's UpdatePolicy for this one update, so that CloudFormation sets the alias itself`
      : '';
  return [
    {
      when: 'the change is not wanted any more',
      does: `take it out of the template (git revert) and update the stack${once}: it publishes the old code as a new version and points ${logicalId} to it`,
      command: `aws cloudformation deploy --stack-name ${stack} --template-file template.yaml`,
    },
    {
      when: 'there is a fix',
      does: `put the fix into the template and update the stack${once}; or release the fix with "switchback deploy" first`,
    },
    {
      when: `version ${version} was good after all`,
      does: 'release it again: stack and alias agree once it is promoted',
      command: `switchback deploy --version ${version}`,
    },
    {
      when: 'this shall not come back',
      does: `let the stack publish versions and leave the alias to Switchback: ${off}, and "switchback deploy template.yaml --strategy …" after each update`,
    },
    ...(live.second
      ? [{ when: 'nobody releases right now', does: 'end the split first', command: 'switchback repair' }]
      : []),
  ];
}
