import { type Result, refuse } from '../core/refusal.ts';
import {
  type AliasKey,
  type AliasSnapshot,
  actorOf,
  alone,
  describeRouting,
  flagsOf,
  readDescription,
  sameRouting,
} from '../core/release/alias.ts';
import type { AliasEvent } from '../core/release/events.ts';
import type { ConcurrencyFacts, VersionFacts } from '../core/release/facts.ts';
import { rollbackTarget } from '../core/release/good.ts';
import { seenOf } from '../core/release/guards.ts';
import type { Plan } from '../core/release/plan.ts';
import { isMovedByLambda } from '../core/release/provisioned.ts';
import { type AliasDoc, isOpen, type Release } from '../core/release/release.ts';
import { type ArmFunctions, lookCommand, routerOf } from '../core/release/router.ts';
import type { Who } from '../core/who.ts';
import { newDeploymentId, newReleaseId, newSecret } from './ids.ts';
import type { Ports } from './ports/index.ts';

/** The version to go back to, from where it is known, and what was found about its health. */
export interface Target {
  readonly from: AliasSnapshot;
  readonly version: string;
  /** A sentence: why this version. */
  readonly because: string;
  /** Set where the version that is left is not to blame. */
  readonly blameless?: true;
  /** The alias's provisioned concurrency, where it has any: Lambda then follows a move by itself. */
  readonly provisioned?: { readonly requested: number; readonly status: string };
  /** The functions behind a router, where a release has told them. */
  readonly functions?: ArmFunctions;
  /** Sentences about the target's health and about how fast this rollback can be; empty where nothing is wrong. */
  readonly findings: readonly string[];
}

/**
 * Chooses where to go back to: the open release's stable version, the version somebody names, the version proven good
 * last, or the one the alias pointed to before by CloudTrail. Never "the number before". Changes nothing.
 */
export async function chooseTarget(ports: Ports, key: AliasKey, to?: string): Promise<Result<Target>> {
  const [from, stored, concurrency] = await Promise.all([
    ports.aliases.get(key),
    ports.host.read(actorOf(key)).catch(() => undefined),
    ports.traffic.concurrency(key).catch(() => undefined),
  ]);
  if (!from)
    return refuse(
      'usage',
      `alias ${key.function}:${key.alias} does not exist in ${key.region} of account ${key.account}`,
    );
  const chosen =
    to === undefined
      ? await knownTarget(ports, key, from, stored?.state, concurrency)
      : { version: to, because: 'it was named' };
  if (!chosen) {
    return refuse(
      'refused',
      `no version of ${key.function} is known to have served ${key.alias} well before version ${from.version}, and "the number before" may never have been live`,
      `switchback rollback ${flagsOf(key)} --to VERSION`,
    );
  }
  const functions = stored?.state.release?.plan.functions;
  // Which functions stand behind a router only a release knows; the way back does not wait for it.
  const arm = functions?.[chosen.version];
  const known = !routerOf(key) || arm !== undefined;
  const facts = known ? await ports.versions.get(arm ?? key.function, arm ? '$LATEST' : chosen.version) : undefined;
  if (known && !facts)
    return refuse(
      'refused',
      `version ${chosen.version} of ${key.function} does not exist any more: name another with --to`,
    );
  const named = facts && { ...facts, version: chosen.version };
  const findings = named ? [...health(named, stored?.state.release ?? null)] : [];
  if (concurrency?.provisioned) {
    findings.push(
      `the alias has provisioned concurrency (${concurrency.provisioned.requested}): Lambda itself moves traffic over as version ${chosen.version} gets warm, which takes minutes; until then the alias shows weights that nobody set`,
    );
  }
  // Its status before the move says nothing of the move.
  const provisioned = concurrency?.provisioned && { ...concurrency.provisioned, status: 'IN_PROGRESS' };
  return {
    ok: true,
    value: { from, ...chosen, findings, ...(provisioned ? { provisioned } : {}), ...(functions ? { functions } : {}) },
  };
}

async function knownTarget(
  ports: Ports,
  key: AliasKey,
  from: AliasSnapshot,
  doc: AliasDoc | undefined,
  concurrency: ConcurrencyFacts | undefined,
): Promise<{ version: string; because: string } | undefined> {
  const open = doc && isOpen(doc.release) ? doc.release : undefined;
  if (open) return { version: open.plan.stable, because: `it is the stable version of the open release ${open.id}` };
  if (from.second && isMovedByLambda(from, concurrency?.provisioned))
    return {
      version: from.second.version,
      because: `Lambda is still moving the alias from it to version ${from.version}, as that gets warm`,
    };
  if (from.second) {
    const { tag } = readDescription(from.description);
    const whose = tag ? ` by release ${tag.releaseId}` : '';
    return { version: from.version, because: `the alias was left split${whose}, and this is its main version` };
  }
  // Pressing the button twice must not go back twice.
  const last = doc?.release;
  if (last?.outcome?.state === 'rolledBack' && last.plan.stable === from.version) {
    const when = new Date(last.outcome.at).toISOString();
    return {
      version: from.version,
      because: `release ${last.id} was rolled back to it on ${when}; --to VERSION goes further`,
    };
  }
  const good = doc && rollbackTarget(doc, from.version);
  if (good) return { version: good.version, because: good.proof };
  const past = await ports.traffic.pastTargets(key).catch(() => []);
  const before = past.find(({ version }) => version !== from.version && version !== '$LATEST');
  return (
    before && {
      version: before.version,
      because: `CloudTrail: ${before.by} pointed the alias to it on ${new Date(before.atMs).toISOString()}`,
    }
  );
}

function health(facts: VersionFacts, release: Release | null): string[] {
  const found: string[] = [];
  if (facts.state !== 'Active') {
    const why = facts.stateReason ? `: ${facts.stateReason}` : '';
    found.push(
      `version ${facts.version} is ${facts.state}${why}; its first invocations will wait while AWS makes it active again`,
    );
  }
  if (release && (release.plan.stable === facts.version || release.plan.candidate === facts.version)) {
    const { invocations, errors } = seenOf(release.guards, facts.version);
    const share = invocations > 0 ? ` (${((100 * errors) / invocations).toFixed(1)} %)` : '';
    if (errors > 0)
      found.push(
        `version ${facts.version} itself failed ${errors} of the ${invocations} invocations seen in release ${release.id}${share}`,
      );
  }
  return found;
}

/** Tells an open release to go back; whoever drives it does so as soon as it can. Asks nothing of AWS. */
export async function orderRollback(
  { host, clock }: Pick<Ports, 'host' | 'clock'>,
  open: Release,
  who: Who,
  why?: string,
): Promise<Release> {
  const stamp = { at: clock.now(), who, ...(why === undefined ? {} : { why }) };
  const { state } = await host.deliver(actorOf(open.plan.key), { kind: 'rollback', releaseId: open.id, ...stamp });
  return state.release ?? open;
}

/** Hands the rollback to the engine: an order to the open release, or a switch back after it had ended. */
export async function rollbackThroughEngine(
  ports: Ports,
  key: AliasKey,
  target: Target,
  who: Who,
  why?: string,
): Promise<Result<Release>> {
  const actor = actorOf(key);
  const open = (await ports.host.read(actor))?.state.release ?? null;
  // A person who repairs has not told what the last release knew.
  const functions = open?.plan.functions;
  const stamp = { at: ports.clock.now(), who, ...(why === undefined ? {} : { why }) };
  if (isOpen(open) && open.plan.stable === target.version)
    return { ok: true, value: await orderRollback(ports, open, who, why) };
  if (isOpen(open)) {
    return refuse(
      'refused',
      `release ${open.id} is open and its stable version is ${open.plan.stable}, not ${target.version}: end it first`,
      `switchback rollback ${flagsOf(key)}`,
    );
  }
  const releaseId = newReleaseId(stamp.at);
  const event: AliasEvent = {
    kind: 'startRollback',
    releaseId,
    plan: rollbackPlan(key, functions ? { functions, ...target } : target),
    readings: { alias: target.from, alarms: [] },
    ...stamp,
  };
  const { state } = await ports.host.deliver(actor, event);
  if (state.release?.id === releaseId) return { ok: true, value: state.release };
  return refuse('refused', `a release of ${key.function}:${key.alias} was started in this very moment; try again`);
}

/** Nothing to do: all traffic is on the target already. */
export function alreadyThere({ from, version }: Target): boolean {
  return sameRouting(from, alone(version));
}

/** Break-glass: no engine, no state, one conditional `UpdateAlias` and a read-back. The engine accepts it as a fact later. */
export async function rollbackDirectly(ports: Ports, key: AliasKey, target: Target): Promise<Result<AliasSnapshot>> {
  const { text } = readDescription(target.from.description);
  let from = target.from;
  for (let tries = 0; tries < MAX_DIRECT_TRIES; tries += 1) {
    try {
      await ports.aliases.update(key, { ...alone(target.version), description: text }, from.revisionId);
    } catch (problem) {
      if (!isRetryable(problem)) throw problem;
    }
    const read = await ports.aliases.get(key);
    if (!read) return refuse('halted', `alias ${key.function}:${key.alias} does not exist any more`);
    if (sameRouting(read, alone(target.version))) return { ok: true, value: read };
    // Taken, but not yet in force: Lambda goes on by itself.
    if (read.version === target.version && isMovedByLambda(read, target.provisioned)) return { ok: true, value: read };
    from = read;
  }
  return refuse(
    'halted',
    `alias ${key.function}:${key.alias} could not be moved to version ${target.version} in ${MAX_DIRECT_TRIES} tries; it now sends ${describeRouting(from)}`,
    byHand(key, target.version),
  );
}

/** What a person can do without Switchback. */
function byHand(key: AliasKey, version: string): string {
  const router = routerOf(key);
  if (router?.kind === 'route53') return `${lookCommand(key)}   (and give ${version} all of the weight)`;
  if (router)
    return `aws apigateway update-stage --rest-api-id ${router.api} --stage-name ${router.stage} --patch-operations op=replace,path=/variables/${router.variable},value=${version} op=replace,path=/canarySettings/percentTraffic,value=0`;
  return `aws lambda update-alias --function-name ${key.function} --name ${key.alias} --function-version ${version} --routing-config '{"AdditionalVersionWeights":{}}'`;
}

const MAX_DIRECT_TRIES = 5;

function isRetryable(problem: unknown): boolean {
  return problem instanceof Error && 'retryable' in problem && problem.retryable === true;
}

function rollbackPlan(key: AliasKey, { from, version, blameless, functions }: Target): Plan {
  const bad = from.version === version ? (from.second?.version ?? version) : from.version;
  return {
    key,
    stable: version,
    candidate: bad,
    strategy: blameless ? 'repair' : 'rollback',
    ...(blameless ? { blameless } : {}),
    steps: [{ weightPercent: 100, holdMs: 0 }],
    gates: [],
    alarms: [],
    thresholds: [],
    judge: null,
    // Behind a router nobody knows whose log to read where no release has told it.
    signals: { logs: functions !== undefined || !routerOf(key), metrics: false },
    ...(functions ? { functions } : {}),
    blindSpots: [],
    warnings: [],
    description: readDescription(from.description).text,
    deploymentId: newDeploymentId(),
    secret: newSecret(),
  };
}
