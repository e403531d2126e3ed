import { formatDuration } from '../../core/duration.ts';
import { type Result, refuse } from '../../core/refusal.ts';
import { type AliasKey, actorOf, alone, describeRouting, flagsOf, shareOf } from '../../core/release/alias.ts';
import type { Facts } from '../../core/release/facts.ts';
import type { AliasReading } from '../../core/release/observation.ts';
import type { Plan } from '../../core/release/plan.ts';
import { aliasRefusal, makePlan, type PlanRequest } from '../../core/release/planning.ts';
import { isOpen, type Release } from '../../core/release/release.ts';
import { aliasNow } from '../alias-now.ts';
import { newSecret } from '../ids.ts';
import { pastOf } from '../plan-release.ts';
import type { PlanningPorts } from '../ports/index.ts';
import type { TargetedDeployment } from './find.ts';

/** How the deployment is guarded. */
export interface Guarding extends Pick<PlanRequest, 'alarms' | 'thresholds' | 'judge' | 'signals'> {
  /** How long CodeDeploy may take to bring the alias back. */
  readonly restoreMs: number;
}

export type WatchAnswer =
  | { readonly kind: 'plan'; readonly plan: Plan; readonly readings: AliasReading }
  /** A release watches this very deployment already. */
  | { readonly kind: 'watched'; readonly release: Release };

/** Reads the world and plans how to watch a deployment that CodeDeploy shifts. Changes nothing. */
export async function planWatch(
  ports: PlanningPorts,
  deployment: TargetedDeployment,
  guarding: Guarding,
): Promise<Result<WatchAnswer>> {
  const { target } = deployment;
  const { account, region } = await ports.identity.where();
  const key: AliasKey = { account, region, function: target.function, alias: target.alias };
  const open = (await ports.host.read(actorOf(key)))?.state.release ?? null;
  if (isOpen(open) && open.plan.deploymentId === deployment.id)
    return { ok: true, value: { kind: 'watched', release: open } };
  const alias = await aliasNow(ports, key, open);
  if (!alias) return refuse('usage', `alias ${key.function}:${key.alias} does not exist in ${region}`);
  if (shareOf(alias, target.currentVersion) + shareOf(alias, target.targetVersion) < 100) {
    return refuse(
      'refused',
      `deployment ${deployment.id} shifts ${key.alias} from version ${target.currentVersion} to ${target.targetVersion}, but the alias sends ${describeRouting(alias)}`,
      `switchback repair ${flagsOf(key)} --dry-run`,
    );
  }
  // The plan is made for the alias as it was before CodeDeploy began.
  const before = { ...alias, ...alone(target.currentVersion) };
  const refusal = aliasRefusal(key, { alias: before }, open);
  if (refusal) return { ok: false, refusal };
  const [stable, candidate] = await Promise.all(
    [target.currentVersion, target.targetVersion].map((version) => ports.versions.get(key.function, version)),
  );
  if (!candidate)
    return refuse('refused', `version ${target.targetVersion} of ${key.function} does not exist any more`);
  const [alarms, muted, bypasses, concurrency, past] = await Promise.all([
    ports.alarms.read(guarding.alarms),
    ports.alarms.muted(guarding.alarms).catch(() => []),
    ports.traffic.bypasses(key.function, key.alias),
    ports.traffic.concurrency(key),
    guarding.judge ? pastOf(ports, key) : {},
  ]);
  const red = alarms.filter(({ state }) => state === 'ALARM').map(({ name }) => [name, RED_BEFORE] as const);
  const request: PlanRequest = {
    ...guarding,
    key,
    strategy: `CodeDeploy ${deployment.config}`,
    steps: deployment.steps ?? [{ weightPercent: 100, holdMs: 0 }],
    // CodeDeploy calls its hooks itself.
    gates: [],
    allowedAlarms: Object.fromEntries(red),
    deploymentId: deployment.id,
    secret: newSecret(),
  };
  const facts: Facts = { alias: before, stable, candidate, alarms, muted, bypasses, concurrency, ...past };
  const made = makePlan(request, facts, open);
  if (!made.ok) return made;
  const plan = watching(made.value, deployment, guarding.restoreMs);
  return { ok: true, value: { kind: 'plan', plan, readings: { alias, alarms, lastReleaseId: open?.id ?? null } } };
}

const RED_BEFORE = 'it was red when the watch began';

function watching(plan: Plan, deployment: TargetedDeployment, restoreMs: number): Plan {
  const { application, group, createdMs, steps } = deployment;
  return {
    ...plan,
    shifter: { kind: 'codedeploy', application, group, sinceMs: createdMs, restoreMs },
    blindSpots: [
      ...plan.blindSpots,
      'CodeDeploy moves the traffic: where the judge would hold the weight, nothing can hold it',
      'the watch ends with the deployment: what shows only afterwards is not seen',
      ...(steps ? [] : [`the configuration ${deployment.config} could not be read: how it shifts is not known`]),
    ],
    warnings: [
      ...plan.warnings,
      `on a fail the deployment is stopped with rollback; if the alias is not back within ${formatDuration(restoreMs)}, Switchback moves it itself`,
    ],
  };
}
