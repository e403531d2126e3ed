import { formatDuration } from '../duration.ts';
import type { Gate } from '../gates/gate.ts';
import { gatesProblem } from '../gates/planning.ts';
import { type Refusal, type Result, refuse } from '../refusal.ts';
import { type AliasKey, describeRouting, flagsOf, MAX_USER_DESCRIPTION, readDescription } from './alias.ts';
import type { Facts } from './facts.ts';
import { betterPlan, calibrationText, foresight, setUpJudge } from './foresight.ts';
import type { KeepWarm, Plan, Step, Threshold } from './plan.ts';
import { isMovedByLambda } from './provisioned.ts';
import { isOpen, type Release } from './release.ts';
import { type ArmFunctions, lookCommand, routerOf, routerWarnings, sayableBy } from './router.ts';

/** What somebody wants released, every text already read. */
export interface PlanRequest {
  readonly key: AliasKey;
  readonly strategy: string;
  readonly steps: readonly Step[];
  readonly gates: readonly Gate[];
  readonly alarms: readonly string[];
  /** Alarm name to the reason why it may be red. */
  readonly allowedAlarms: Readonly<Record<string, string>>;
  readonly thresholds: readonly Threshold[];
  readonly judge: Plan['judge'];
  readonly signals: Plan['signals'];
  readonly keepWarm?: KeepWarm;
  /** Where a router leads to two functions: which one stands behind each version. */
  readonly functions?: ArmFunctions;
  /** Random, made by the caller. */
  readonly deploymentId: string;
  readonly secret: string;
}

/** CodeDeploy's limit, kept so that a configuration can go back there. */
export const MAX_ALARMS = 10;

/** Why this alias cannot be released on at all right now, whatever the candidate; undefined where it can. */
export function aliasRefusal(
  key: AliasKey,
  facts: Pick<Facts, 'alias'> & Partial<Pick<Facts, 'concurrency'>>,
  open: Release | null,
): Refusal | undefined {
  const flags = flagsOf(key);
  if (isOpen(open)) {
    return {
      kind: 'refused',
      message: `release ${open.id} of ${key.function}:${key.alias} (${open.plan.stable} to ${open.plan.candidate}) is still running: one release per alias at a time`,
      next: `switchback watch ${flags}   (or "switchback rollback ${flags}" to end it)`,
    };
  }
  const { alias, concurrency } = facts;
  if (alias.second && isMovedByLambda(alias, concurrency?.provisioned)) {
    return {
      kind: 'refused',
      message: `alias ${key.alias} is still being moved by Lambda itself: ${describeRouting(alias)}, until version ${alias.version} is warm (provisioned concurrency, ${concurrency?.provisioned?.status})`,
      next: `wait a minute or two and run it again; aws lambda get-provisioned-concurrency-config --function-name ${key.function} --qualifier ${key.alias} tells how far it is`,
    };
  }
  if (alias.second) {
    const { tag } = readDescription(alias.description);
    const by = tag ? `release ${tag.releaseId}, which this state does not know` : 'somebody else';
    return {
      kind: 'refused',
      message: `alias ${key.alias} was left split by ${by}: ${describeRouting(alias)}; a release needs one version to start from`,
      next: tag
        ? `find the machine that runs it, or end it here: switchback repair ${flags}`
        : `switchback repair ${flags}   (all traffic to version ${alias.version}; --to ${alias.second.version} for the other)`,
    };
  }
  if (alias.version === '$LATEST') {
    return {
      kind: 'refused',
      message: `alias ${key.alias} points to $LATEST, which changes under its callers and cannot be weighted`,
      next: `aws lambda publish-version --function-name ${key.function}, then aws lambda update-alias --function-name ${key.function} --name ${key.alias} --function-version N`,
    };
  }
  const { text } = readDescription(alias.description);
  if (text.length > MAX_USER_DESCRIPTION) {
    return {
      kind: 'refused',
      message: `the description of alias ${key.alias} has ${text.length} characters; the owner tag needs room behind it, so at most ${MAX_USER_DESCRIPTION} are possible`,
      next: routerOf(key)
        ? lookCommand(key)
        : `aws lambda update-alias --function-name ${key.function} --name ${key.alias} --description "…"`,
    };
  }
  return undefined;
}

/** Makes the plan, or says why not. Nothing has been done yet when this is refused. */
export function makePlan(request: PlanRequest, facts: Facts, open: Release | null): Result<Plan> {
  const { key } = request;
  const refusal = aliasRefusal(key, facts, open) ?? candidateRefusal(request, facts) ?? alarmRefusal(request, facts);
  if (refusal) return { ok: false, refusal };
  if (request.steps.at(-1)?.weightPercent !== 100) return refuse('usage', 'a plan must end at 100 %');
  const router = routerOf(key);
  // The plan shows what will be there.
  const steps = request.steps.map((step) => ({ ...step, weightPercent: sayableBy(router, step.weightPercent) }));
  const same = steps.findIndex(({ weightPercent }, index) => weightPercent === steps[index + 1]?.weightPercent);
  if (same >= 0)
    return refuse(
      'usage',
      `steps ${same + 1} and ${same + 2} are the same to two weights of 0 to 255: both are ${steps[same]?.weightPercent} %`,
    );
  const problem = gatesProblem(request.gates, request.steps);
  if (problem) return refuse(problem.kind, problem.message);
  return {
    ok: true,
    value: {
      key,
      stable: facts.alias.version,
      candidate: facts.candidate.version,
      strategy: request.strategy,
      steps,
      ...(request.functions ? { functions: request.functions } : {}),
      gates: request.gates,
      alarms: request.alarms.map((name) => {
        const allowed = request.allowedAlarms[name];
        return allowed === undefined ? { name } : { name, allowed };
      }),
      thresholds: request.thresholds,
      judge: setUpJudge(request.judge, facts),
      signals: request.signals,
      ...(request.keepWarm ? { keepWarm: request.keepWarm } : {}),
      ...foreseen(request, facts),
      blindSpots: blindSpots(request, facts),
      warnings: warnings(request, facts),
      description: readDescription(facts.alias.description).text,
      deploymentId: request.deploymentId,
      secret: request.secret,
    },
  };
}

function candidateRefusal(
  { key, steps, functions }: PlanRequest,
  { candidate, stable, alias }: Facts,
): Refusal | undefined {
  if (candidate.state !== 'Active' && candidate.state !== 'Inactive') {
    return {
      kind: 'refused',
      message: `version ${candidate.version} of ${key.function} is ${candidate.state}${candidate.stateReason ? ` (${candidate.stateReason})` : ''}: only an active version can take traffic`,
      next: `aws lambda get-function --function-name ${key.function} --qualifier ${candidate.version}`,
    };
  }
  if (!stable) {
    return {
      kind: 'halted',
      message: `alias ${key.alias} points to version ${alias.version}, which does not exist any more`,
    };
  }
  // Lambda's own rule for the two versions of an alias.
  if (!functions && steps.length > 1 && stable.role !== candidate.role) {
    return {
      kind: 'refused',
      message: `versions ${stable.version} and ${candidate.version} have different execution roles; AWS does not split an alias between them`,
      next: `release with --strategy all-at-once, or publish version ${candidate.version} again with role ${stable.role}`,
    };
  }
  return undefined;
}

function alarmRefusal({ alarms, allowedAlarms, key }: PlanRequest, facts: Facts): Refusal | undefined {
  if (alarms.length > MAX_ALARMS) {
    return {
      kind: 'usage',
      message: `${alarms.length} alarms: at most ${MAX_ALARMS} are possible; join some in a composite alarm`,
    };
  }
  for (const name of alarms) {
    const reading = facts.alarms.find((alarm) => alarm.name === name);
    if (!reading) {
      return {
        kind: 'usage',
        message: `alarm "${name}" does not exist in ${key.region}: it could never stop this release`,
        next: `aws cloudwatch describe-alarms --alarm-types MetricAlarm CompositeAlarm --query '[MetricAlarms,CompositeAlarms][].AlarmName'`,
      };
    }
    if (reading.state === 'ALARM' && allowedAlarms[name] === undefined) {
      return {
        kind: 'refused',
        message: `alarm "${name}" is red before the release has started (${reading.reason})`,
        next: `if this release is its fix: switchback deploy … --allow-alarm ${name} --reason "why"`,
      };
    }
  }
  const unknown = Object.keys(allowedAlarms).find((name) => !alarms.includes(name));
  if (unknown === undefined) return undefined;
  return {
    kind: 'usage',
    message: `--allow-alarm ${unknown}: the release does not watch an alarm of that name`,
    next: `add --alarm ${unknown}`,
  };
}

/** What the alias's past teaches this plan. */
function foreseen({ judge, steps }: PlanRequest, facts: Facts): Pick<Plan, 'known' | 'better'> {
  const better = betterPlan(judge, steps, facts);
  return {
    ...(judge && facts.calibration ? { known: [calibrationText(facts.calibration)] } : {}),
    ...(better ? { better } : {}),
  };
}

function blindSpots(request: PlanRequest, facts: Facts): string[] {
  const { alarms, muted, candidate } = facts;
  const unseen = foresight(request.judge, request.steps, facts);
  const spots: string[] = unseen === undefined ? [] : [unseen];
  if (request.judge && facts.baseline?.invocations === 0)
    spots.push('CloudWatch counts no call of the alias in the last day: without traffic there is nothing to judge');
  for (const { name, state, actionsEnabled } of alarms) {
    if (state === 'INSUFFICIENT_DATA')
      spots.push(`alarm ${name} has INSUFFICIENT_DATA: it may never fire during this release`);
    if (!actionsEnabled) spots.push(`alarm ${name} has its actions disabled: it is watched here, but it pages nobody`);
    if (muted.includes(name))
      spots.push(`alarm ${name} is muted by a mute rule: it is watched here, but it pages nobody`);
  }
  if (facts.calibrationProblem !== undefined) spots.push(facts.calibrationProblem);
  const { logs, metrics } = request.signals;
  if (logs && candidate.logFormat === 'Text') {
    spots.push(
      'the function logs plain text: handled errors are recognised by the runtime’s own error lines only; the JSON log format tells every outcome',
    );
  }
  if (!logs && metrics) spots.push('failures are seen through CloudWatch minutes only, one to two minutes late');
  if (request.alarms.length === 0 && request.thresholds.length === 0 && !request.judge) {
    spots.push('nothing guards this release: it goes to 100 % whatever happens');
  }
  if (request.steps.length === 1)
    spots.push('all traffic moves at once: there is no canary to learn from, only the bake');
  return spots;
}

function warnings(request: PlanRequest, { alarms, bypasses, concurrency, stable, candidate }: Facts): string[] {
  const found: string[] = [];
  for (const { name } of alarms.filter(({ state }) => state === 'ALARM')) {
    found.push(`alarm ${name} is red already and is allowed: ${request.allowedAlarms[name]}`);
  }
  for (const { kind, name, qualifier } of bypasses) {
    found.push(
      `${kind} ${name} uses ${qualifier} instead of alias ${request.key.alias}: this release neither moves nor protects it`,
    );
  }
  if (concurrency.provisioned) {
    found.push(
      `the alias has provisioned concurrency (${concurrency.provisioned.requested}): Lambda moves traffic only as the target gets warm, so a rollback takes minutes, not milliseconds, and the alias may show weights that nobody set`,
    );
  }
  found.push(
    ...routerWarnings(
      routerOf(request.key),
      request.steps.map(({ weightPercent }) => weightPercent),
    ),
  );
  if (stable && stable.timeoutMs !== candidate.timeoutMs) {
    found.push(
      `the time limit changes from ${formatDuration(stable.timeoutMs)} to ${formatDuration(candidate.timeoutMs)}`,
    );
  }
  return found;
}
