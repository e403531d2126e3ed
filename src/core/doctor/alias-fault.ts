import {
  type AliasKey,
  type AliasSnapshot,
  alone,
  describeRouting,
  flagsOf,
  readDescription,
  sameRouting,
} from '../release/alias.ts';
import { type DeploymentReading, deploymentText, isUnderWay } from '../release/deployment.ts';
import { isOpen, type Release, stateOf } from '../release/release.ts';
import { routerOf } from '../release/router.ts';
import type { StackBelief } from './drift.ts';

/** A deployment of CodeDeploy to the alias, as far as it explains how the alias stands. */
export interface DeploymentTrace extends DeploymentReading {
  readonly id: string;
  readonly creator: string;
  readonly currentVersion: string;
  readonly targetVersion: string;
}

/** What is known when somebody asks whether an alias is in order. What could not be read is null. */
export interface AliasCase {
  readonly key: AliasKey;
  readonly alias: AliasSnapshot;
  /** The alias's last release that the state knows. */
  readonly release: Release | null;
  /** CodeDeploy's deployment under way, and those that have ended, newest first. */
  readonly running: DeploymentTrace | null;
  readonly past: readonly DeploymentTrace[];
  readonly belief: StackBelief | null;
  /** Provisioned concurrency that Lambda is moving right now, with weights of its own. */
  readonly provisioning: boolean;
}

/**
 * `healthy` nothing to do · `busy` somebody is moving it now · `splitByDeployment` a deployment of CodeDeploy ended without
 * taking its weight away · `splitByRelease` a release of Switchback vanished with its weight set · `split` nobody knows why ·
 * `tagLeft` the owner tag of a release that is over · `mismatch` CodeDeploy is told another current version than the alias has.
 */
export type FaultKind = 'healthy' | 'busy' | 'splitByDeployment' | 'splitByRelease' | 'split' | 'tagLeft' | 'mismatch';

export interface AliasFault {
  readonly kind: FaultKind;
  /** A sentence: what was found. */
  readonly told: string;
  /** Sentences: what follows from it while nobody acts. */
  readonly consequences: readonly string[];
  /** Where all traffic belongs; null where that cannot be said without a person, or nothing is to be done. */
  readonly target: string | null;
  /** Why there, or why nothing can be chosen; a sentence. */
  readonly because: string;
  /** What to run instead, where it is not a repair that helps. */
  readonly next: string | null;
}

/** Says what is wrong with an alias and where its traffic belongs. Never guesses a version that a release found worse. */
export function examineAlias(given: AliasCase): AliasFault {
  return busy(given) ?? (given.alias.second ? splitFault(given) : aloneFault(given));
}

function busy({ key, alias, release, running, provisioning }: AliasCase): AliasFault | undefined {
  const flags = flagsOf(key);
  const stay = (told: string, next: string | null): AliasFault => ({
    kind: 'busy',
    told,
    consequences: [],
    target: null,
    because: 'whoever moves it now would move it again',
    next,
  });
  if (isOpen(release)) {
    const told = `release ${release.id} (version ${release.plan.stable} to ${release.plan.candidate}) is ${stateOf(release)}: nothing is broken, it is under way`;
    return stay(told, `switchback watch ${flags}   (or "switchback rollback ${flags}" to end it)`);
  }
  if (running && isUnderWay(running)) {
    const told = `CodeDeploy's deployment ${running.id} shifts the alias from version ${running.currentVersion} to ${running.targetVersion} right now (${running.status})`;
    return stay(told, `switchback watch --codedeploy ${running.id}`);
  }
  if (alias.second && provisioning && readDescription(alias.description).tag === null) {
    const told = `Lambda itself moves the alias while its provisioned concurrency gets warm: ${describeRouting(alias)}`;
    return stay(told, `switchback status ${flags}   until the weights are gone, which takes minutes`);
  }
  return undefined;
}

const SPLIT_CONSEQUENCES = [
  'callers go on getting both versions, at random',
  'every deployment of CodeDeploy fails with INVALID_LAMBDA_CONFIGURATION, and with it every update of the stack that publishes a version',
];

function splitFault({ key, alias, release, past }: AliasCase): AliasFault {
  const { tag } = readDescription(alias.description);
  const second = alias.second!;
  // CodeDeploy moves aliases only.
  const consequences = routerOf(key) ? SPLIT_CONSEQUENCES.slice(0, 1) : SPLIT_CONSEQUENCES;
  const found = { consequences, target: alias.version, next: null };
  if (tag) {
    const known = release?.id === tag.releaseId ? `which ended ${stateOf(release)}` : 'which this state does not know';
    return {
      ...found,
      kind: 'splitByRelease',
      told: `release ${tag.releaseId}, ${known}, has left the alias split: ${describeRouting(alias)}`,
      because: `version ${alias.version} is what the release came from`,
    };
  }
  const last = culprit(past, alias);
  if (last) {
    const stable = stableOf(last);
    const back = last.creator === 'codeDeployRollback' ? 'rollback' : 'deployment';
    const without = back === 'rollback' ? 'did not reach its end' : 'was not rolled back';
    return {
      ...found,
      kind: 'splitByDeployment',
      told: `CodeDeploy's ${back} ${last.id} ended ${deploymentText(last)} and ${without}: ${describeRouting(alias)}`,
      target: stable,
      because: `version ${stable} is what the deployment came from`,
    };
  }
  return {
    ...found,
    kind: 'split',
    told: `somebody has left the alias split: ${describeRouting(alias)}`,
    because: `version ${alias.version} is the alias's main version, and nobody knows of version ${second.version}`,
  };
}

/** Where a deployment's traffic came from, or goes back to. */
function stableOf({ creator, currentVersion, targetVersion }: DeploymentTrace): string {
  return creator === 'codeDeployRollback' ? targetVersion : currentVersion;
}

/** The deployment that left the alias split: the last one that touched it. One that was refused at its start touched nothing. */
function culprit(past: readonly DeploymentTrace[], alias: AliasSnapshot): DeploymentTrace | undefined {
  const touched = past.find(({ error }) => error?.code !== 'INVALID_LAMBDA_CONFIGURATION');
  return touched && isLeftBy(touched, alias) ? touched : undefined;
}

function isLeftBy({ status, currentVersion, targetVersion }: DeploymentTrace, alias: AliasSnapshot): boolean {
  const versions = [currentVersion, targetVersion];
  return (
    (status === 'Failed' || status === 'Stopped') &&
    versions.includes(alias.version) &&
    versions.includes(alias.second?.version ?? '')
  );
}

function aloneFault(given: AliasCase): AliasFault {
  const { alias } = given;
  const { tag } = readDescription(alias.description);
  if (tag) {
    return {
      kind: 'tagLeft',
      told: `all traffic is on version ${alias.version}, but the description still names release ${tag.releaseId} as the alias's owner, and no such release is open`,
      consequences: ['the next release has less room in the description, and its first look finds a stranger’s tag'],
      target: alias.version,
      because: 'the traffic is where it belongs; only the tag goes',
      next: null,
    };
  }
  return mismatch(given) ?? healthy(alias);
}

function healthy(alias: AliasSnapshot): AliasFault {
  return {
    kind: 'healthy',
    told: `all traffic is on version ${alias.version}, nobody owns the alias, and nothing known expects another version`,
    consequences: [],
    target: null,
    because: 'nothing is to be done',
    next: null,
  };
}

/** CodeDeploy is told a current version by the stack or by the AppSpec; where the alias is on another, it refuses to begin. */
function mismatch({ key, alias, release, past, belief }: AliasCase): AliasFault | undefined {
  const [last] = past;
  const refused = last?.status === 'Failed' && last.error?.code === 'INVALID_LAMBDA_CONFIGURATION' ? last : null;
  const believed = belief?.mover === 'CodeDeploy' ? belief.version : null;
  const expected = believed ?? refused?.currentVersion ?? null;
  if (expected === null || sameRouting(alias, alone(expected))) return undefined;
  const who =
    believed === null
      ? `deployment ${refused?.id} failed with INVALID_LAMBDA_CONFIGURATION: its AppSpec calls version ${expected} the current one`
      : `stack ${belief?.stack} takes version ${expected} to be live`;
  const told = `${who}; the alias sends all traffic to version ${alias.version}`;
  const consequences = [
    `every deployment of CodeDeploy that comes with version ${expected} as CurrentVersion fails with INVALID_LAMBDA_CONFIGURATION`,
  ];
  const condemned = condemnedBy(release, expected);
  if (condemned === undefined)
    return {
      kind: 'mismatch',
      told,
      consequences,
      target: expected,
      because: `with version ${expected} live again, alias and ${believed === null ? 'AppSpec' : 'stack'} agree`,
      next: null,
    };
  return {
    kind: 'mismatch',
    told,
    consequences,
    target: null,
    because: `version ${expected} must not come back by itself: ${condemned}`,
    next: `make the stack agree with the alias instead, or, if version ${expected} was good after all: switchback deploy ${flagsOf(key)} --version ${expected}`,
  };
}

/** The sentence why a version that is expected must not be made live; undefined where nothing speaks against it. */
function condemnedBy(release: Release | null, version: string): string | undefined {
  if (!release || release.plan.candidate !== version || release.plan.blameless) return undefined;
  return release.outcome?.state === 'rolledBack'
    ? `release ${release.id} was rolled back from it (${release.outcome.reason})`
    : undefined;
}
