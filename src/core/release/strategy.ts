import { formatDuration, parseDuration } from '../duration.ts';
import { MAX_HOLD_MS, MAX_STEPS, type Step } from './plan.ts';

/** A strategy read from text or from the config's step list: rising steps, the last at 100 % with the bake as its hold. */
export type StrategyResult =
  | { readonly ok: true; readonly steps: readonly Step[] }
  /** `step`: the index of the step at fault, where it is one. */
  | { readonly ok: false; readonly problem: string; readonly step?: number };

/** The nine names of SAM's `DeploymentPreference.Type`. */
export const SAM_STRATEGIES = [
  'Canary10Percent5Minutes',
  'Canary10Percent10Minutes',
  'Canary10Percent15Minutes',
  'Canary10Percent30Minutes',
  'Linear10PercentEvery1Minute',
  'Linear10PercentEvery2Minutes',
  'Linear10PercentEvery3Minutes',
  'Linear10PercentEvery10Minutes',
  'AllAtOnce',
] as const;

const DEFAULT_BAKE_MS = 60_000;
const LONGEST_DEFAULT_BAKE_MS = 5 * 60_000;
const FORMS =
  'one of SAM\'s names (Canary10Percent5Minutes, Linear10PercentEvery1Minute, AllAtOnce, …), "canary 10% 30s", "linear 20% every 2m", "all-at-once", "blue/green", or steps such as "5% 5m, 25% 10m" or "10% until 3000 invocations within 30m"';

/**
 * Reads a strategy as people write it. `bakeMs` is how long 100 % is watched before the release counts as promoted; without
 * it the last hold is used again, at most five minutes, or one minute where there is no hold.
 */
export function parseStrategy(text: string, bakeMs?: number): StrategyResult {
  const name = text.trim().replace(/^CodeDeployDefault\.(Lambda)?/, '');
  if (/^all-?at-?once$/i.test(name) || isBlueGreen(name)) return finish([], bakeMs);

  const canary =
    /^canary\s*(\d+(?:\.\d+)?)\s*percent\s*(\d+)\s*minutes?$/i.exec(name) ??
    /^canary\s+(\d+(?:\.\d+)?)\s*%\s*(?:for\s+)?(.+)$/i.exec(name);
  if (canary) return canarySteps(text, Number(canary[1]), holdOf(canary[2]!), bakeMs);

  const linear =
    /^linear\s*(\d+(?:\.\d+)?)\s*percent\s*every\s*(\d+)\s*minutes?$/i.exec(name) ??
    /^linear\s+(\d+(?:\.\d+)?)\s*%\s*(?:every\s+)?(.+)$/i.exec(name);
  if (linear) return linearSteps(text, Number(linear[1]), holdOf(linear[2]!), bakeMs);

  const parts = name.split(/[,;]|->|→/).map(readStep);
  if (parts.some((part) => part === undefined)) {
    return { ok: false, problem: `strategy "${text}" is not known: use ${FORMS}` };
  }
  return checkSteps(parts as Step[], bakeMs);
}

/** `25% 10m`, `25%`, or `10% until 3000 invocations within 30m`. */
function readStep(text: string): Step | undefined {
  const match =
    /^\s*(?<weight>\d+(?:\.\d+)?)\s*%\s*(?:until\s+(?<enough>\d+)\s+invocations?\s+(?:within|at most)\s+)?(?:for\s+)?(?<hold>.*?)\s*$/i.exec(
      text,
    );
  if (!match?.groups) return undefined;
  const { weight, enough, hold } = match.groups as Record<string, string | undefined>;
  const holdMs = hold ? (holdOf(hold) ?? Number.NaN) : 0;
  const step = { weightPercent: Number(weight), holdMs };
  return enough === undefined ? step : { ...step, enoughInvocations: Number(enough) };
}

/** Whether the candidate is to get an alias of its own before all traffic moves at once. */
export function isBlueGreen(strategy: string): boolean {
  return /^blue-?\/?green$/i.test(strategy.trim());
}

/** Checks a step list and completes it: appends 100 % where it is missing and puts the bake behind it. */
export function checkSteps(steps: readonly Step[], bakeMs?: number): StrategyResult {
  if (steps.length > MAX_STEPS)
    return { ok: false, problem: `${steps.length} steps: at most ${MAX_STEPS} are possible` };
  let before = 0;
  for (const [index, { weightPercent, holdMs, enoughInvocations }] of steps.entries()) {
    const wrong = (problem: string): StrategyResult => ({
      ok: false,
      problem: `step ${index + 1} ${problem}`,
      step: index,
    });
    if (!(weightPercent > 0 && weightPercent <= 100)) {
      return wrong(`has weight ${weightPercent} %: a weight is more than 0 and at most 100`);
    }
    if (weightPercent <= before) {
      return wrong(
        `goes from ${before} % to ${weightPercent} %: weights must rise; to give traffic back, use "switchback rollback"`,
      );
    }
    if (!(holdMs >= 0 && holdMs <= MAX_HOLD_MS)) {
      return wrong(`has no valid hold: write a time such as 30s, 5m or 2h, at most ${formatDuration(MAX_HOLD_MS)}`);
    }
    if (enoughInvocations !== undefined && !(Number.isInteger(enoughInvocations) && enoughInvocations > 0)) {
      return wrong(`asks for ${enoughInvocations} invocations: at least 1 is needed`);
    }
    before = weightPercent;
  }
  return finish(steps, bakeMs);
}

function holdOf(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) * 60_000 : parseDuration(text);
}

function canarySteps(text: string, percent: number, holdMs: number | undefined, bakeMs?: number): StrategyResult {
  if (holdMs === undefined)
    return { ok: false, problem: `strategy "${text}": its hold is not a time; write "canary 10% 30s"` };
  if (percent >= 100)
    return { ok: false, problem: `strategy "${text}": a canary of ${percent} % is no canary; use "all-at-once"` };
  return checkSteps([{ weightPercent: percent, holdMs }], bakeMs);
}

function linearSteps(text: string, percent: number, holdMs: number | undefined, bakeMs?: number): StrategyResult {
  if (holdMs === undefined)
    return { ok: false, problem: `strategy "${text}": its interval is not a time; write "linear 20% every 2m"` };
  if (!(percent > 0 && percent <= 100))
    return { ok: false, problem: `strategy "${text}": ${percent} % is not between 0 and 100` };
  if (100 / percent > MAX_STEPS)
    return {
      ok: false,
      problem: `strategy "${text}" has ${Math.ceil(100 / percent)} steps: at most ${MAX_STEPS} are possible`,
    };
  const steps: Step[] = [];
  // CodeDeploy shifts at the start of each increment; a last uneven increment takes what remains.
  for (let n = 1; Number((n * percent).toFixed(6)) < 100; n += 1)
    steps.push({ weightPercent: Number((n * percent).toFixed(6)), holdMs });
  return checkSteps(steps, bakeMs);
}

function finish(steps: readonly Step[], bakeMs: number | undefined): StrategyResult {
  const last = steps.at(-1);
  const full = last?.weightPercent === 100;
  const rising = full ? steps.slice(0, -1) : steps;
  const lastHoldMs = rising.at(-1)?.holdMs;
  const fallback = lastHoldMs === undefined ? DEFAULT_BAKE_MS : Math.min(lastHoldMs, LONGEST_DEFAULT_BAKE_MS);
  const bake = bakeMs ?? (full && last.holdMs > 0 ? last.holdMs : fallback);
  if (!(bake >= 0 && bake <= MAX_HOLD_MS))
    return { ok: false, problem: `a bake of ${bake} ms is not possible: at most ${formatDuration(MAX_HOLD_MS)}` };
  return { ok: true, steps: [...rising, { weightPercent: 100, holdMs: bake }] };
}
