import { createHash } from 'node:crypto';
import { type Result, refuse } from '../core/refusal.ts';
import { type AliasKey, type AliasSnapshot, actorOf } from '../core/release/alias.ts';
import type { Facts, VersionFacts } from '../core/release/facts.ts';
import type { AliasReading } from '../core/release/observation.ts';
import type { Plan } from '../core/release/plan.ts';
import { aliasRefusal, makePlan, type PlanRequest } from '../core/release/planning.ts';
import type { Release } from '../core/release/release.ts';
import { lookCommand, routerOf } from '../core/release/router.ts';
import { aliasNow } from './alias-now.ts';
import { textOf } from './error-text.ts';
import { newDeploymentId, newSecret } from './ids.ts';
import { planArms } from './plan-arms.ts';
import type { PlanningPorts, Ports } from './ports/index.ts';

/** Where the candidate comes from. */
export type Source =
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'latest' }
  | { readonly kind: 'zip'; readonly zip: Uint8Array; readonly from: string };

/** What to release: the plan's wishes and where the candidate comes from. */
export interface Wanted extends Omit<PlanRequest, 'key' | 'deploymentId' | 'secret'> {
  readonly function: string;
  readonly alias: string;
  readonly source: Source;
  /** The files that the gates refer to, by SHA-256. */
  readonly gateFiles?: ReadonlyMap<string, string>;
}

export type PlanAnswer =
  | { readonly kind: 'plan'; readonly plan: Plan; readonly readings: AliasReading }
  /** The candidate is what is live already. */
  | { readonly kind: 'noop'; readonly key: AliasKey; readonly version: string; readonly reason: string };

/** The candidate's version in a plan that was made without publishing it. */
export const TO_BE_PUBLISHED = '(new)';

/**
 * Reads the world and makes the plan. With `publish`, new code is uploaded and a version published first: the only thing
 * that is done before the plan is accepted, and it changes no traffic. Without it nothing at all is changed.
 */
export async function planRelease(ports: PlanningPorts, wanted: Wanted, publish: boolean): Promise<Result<PlanAnswer>> {
  const { account, region } = await ports.identity.where();
  const key: AliasKey = { account, region, function: wanted.function, alias: wanted.alias };
  // In this order: a release that begins and ends in between is then noticed when this one is to start.
  const open: Release | null = (await ports.host.read(actorOf(key)))?.state.release ?? null;
  const alias = await aliasNow(ports, key, open);
  if (!alias) return missingAlias(ports, key);
  // Weights that nobody set are Lambda's own where the alias has provisioned concurrency.
  const concurrencyNow = alias.second ? await ports.traffic.concurrency(key).catch(() => ({})) : {};
  const refusal = aliasRefusal(key, { alias, concurrency: concurrencyNow }, open);
  if (refusal) return { ok: false, refusal };

  const pair = await pairOf(ports, key, alias, wanted, publish);
  if (!pair.ok) return pair;
  const { stable, candidate } = pair.value;
  const same = sameAsLive(key, alias, stable, candidate);
  if (same) return { ok: true, value: same };

  const [alarms, muted, bypasses, concurrency, past] = await Promise.all([
    ports.alarms.read(wanted.alarms),
    ports.alarms.muted(wanted.alarms).catch(() => []),
    ports.traffic.bypasses(key.function, key.alias),
    ports.traffic.concurrency(key),
    wanted.judge && !wanted.functions ? pastOf(ports, key) : {},
  ]);
  const facts: Facts = { alias, stable, candidate, alarms, muted, bypasses, concurrency, ...past };
  const request: PlanRequest = { ...wanted, key, deploymentId: newDeploymentId(), secret: newSecret() };
  const plan = makePlan(request, facts, open);
  // Before the release starts: its first gate may need one at once, in whatever process.
  if (plan.ok && publish && wanted.gateFiles) await ports.gateFiles.keep(wanted.gateFiles);
  return plan.ok
    ? {
        ok: true,
        value: { kind: 'plan', plan: plan.value, readings: { alias, alarms, lastReleaseId: open?.id ?? null } },
      }
    : plan;
}

/** Stable and candidate: two versions of one function, or the two functions behind a router. */
async function pairOf(
  ports: PlanningPorts,
  key: AliasKey,
  alias: AliasSnapshot,
  wanted: Wanted,
  publish: boolean,
): Promise<Result<{ readonly stable: VersionFacts | undefined; readonly candidate: VersionFacts }>> {
  const { functions } = wanted;
  if (functions) return planArms(ports, key, alias, { ...wanted, functions }, publish);
  const stable = await ports.versions.get(key.function, alias.version);
  const candidate = await candidateOf(ports, key, wanted.source, publish, stable);
  return candidate.ok ? { ok: true, value: { stable, candidate: candidate.value } } : candidate;
}

/** How the alias has done, as far as it is known: a plan without a past is poorer, not impossible. */
export async function pastOf(
  { baselines, calibrations, clock }: PlanningPorts,
  key: AliasKey,
): Promise<Pick<Facts, 'baseline' | 'calibration' | 'calibrationProblem'>> {
  const [baseline, learned] = await Promise.all([
    baselines.measure(key).catch(() => undefined),
    calibrations.read(key).catch(textOf),
  ]);
  return {
    ...(baseline ? { baseline } : {}),
    ...(typeof learned === 'string' ? { calibrationProblem: learned } : {}),
    ...(typeof learned === 'object' ? { calibration: { record: learned, ageMs: clock.now() - learned.madeAtMs } } : {}),
  };
}

async function missingAlias(ports: Ports, key: AliasKey): Promise<Result<never>> {
  const router = routerOf(key);
  if (router) {
    const what =
      router.kind === 'route53'
        ? `zone ${router.zone} has no ${router.type} records of ${router.name}, or there is no such zone`
        : `REST API ${router.api} has no stage ${router.stage}, or there is no such API`;
    return refuse('usage', what, lookCommand(key));
  }
  const latest = await ports.versions.get(key.function, '$LATEST');
  if (!latest) {
    return refuse(
      'usage',
      `function "${key.function}" does not exist in ${key.region} of account ${key.account}`,
      `aws lambda list-functions --region ${key.region} --query 'Functions[].FunctionName'`,
    );
  }
  const [newest] = await ports.versions.list(key.function, 1);
  return refuse(
    'usage',
    `function "${key.function}" has no alias "${key.alias}": a release shifts an alias, so callers must use one`,
    `aws lambda create-alias --function-name ${key.function} --name ${key.alias} --function-version ${newest?.version ?? 'N'}`,
  );
}

async function candidateOf(
  ports: Ports,
  key: AliasKey,
  source: Source,
  publish: boolean,
  stable: VersionFacts | undefined,
): Promise<Result<VersionFacts>> {
  if (source.kind === 'version') {
    const found = await ports.versions.get(key.function, source.version);
    if (found && source.version !== '$LATEST') return { ok: true, value: found };
    if (found) return refuse('usage', '$LATEST is not a version: leave --version out to publish it, or name a number');
    const known = await ports.versions.list(key.function, 5);
    const numbers = known.map(({ version }) => version).join(', ') || 'none';
    return refuse('usage', `version "${source.version}" of ${key.function} does not exist; the newest are ${numbers}`);
  }
  if (source.kind === 'latest') {
    const latest = await ports.versions.get(key.function, '$LATEST');
    if (!latest) return missingAlias(ports, key);
    if (!publish) return { ok: true, value: unpublished(latest, stable) };
    return { ok: true, value: await ports.versions.publish(key.function, latest.codeSha256, describe()) };
  }
  const codeSha256 = createHash('sha256').update(source.zip).digest('base64');
  // Nothing but the code comes with a zip: where stable already runs these very bytes there is nothing to release.
  if (stable?.codeSha256 === codeSha256) return { ok: true, value: stable };
  if (!publish) {
    const latest = await ports.versions.get(key.function, '$LATEST');
    if (!latest) return missingAlias(ports, key);
    return { ok: true, value: { ...latest, version: TO_BE_PUBLISHED, codeSha256 } };
  }
  const uploaded = await ports.versions.uploadCode(key.function, source.zip);
  return { ok: true, value: await ports.versions.publish(key.function, uploaded.codeSha256, describe()) };
}

/** `$LATEST` as it would be published: AWS answers the existing version where nothing has changed since. */
function unpublished(latest: VersionFacts, stable: VersionFacts | undefined): VersionFacts {
  const unchanged =
    stable !== undefined &&
    stable.codeSha256 === latest.codeSha256 &&
    stable.runtime === latest.runtime &&
    stable.timeoutMs === latest.timeoutMs &&
    stable.memoryMb === latest.memoryMb &&
    stable.role === latest.role &&
    stable.configHash === latest.configHash;
  return unchanged ? stable : { ...latest, version: TO_BE_PUBLISHED };
}

function sameAsLive(
  key: AliasKey,
  alias: AliasSnapshot,
  stable: VersionFacts | undefined,
  candidate: VersionFacts,
): PlanAnswer | undefined {
  if (candidate.version !== alias.version) return undefined;
  const reason = `${key.function}:${key.alias} already runs version ${alias.version}${stable ? ` (code ${stable.codeSha256.slice(0, 12)}…)` : ''}: nothing to release`;
  return { kind: 'noop', key, version: alias.version, reason };
}

function describe(): string {
  return 'published by switchback';
}
