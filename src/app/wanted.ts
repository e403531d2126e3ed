import { parseDuration } from '../core/duration.ts';
import type { Gate } from '../core/gates/gate.ts';
import { type Result, refuse } from '../core/refusal.ts';
import { HOOK_TIMEOUT_MS, type KeepWarm, type Step, type Threshold } from '../core/release/plan.ts';
import { routerOf } from '../core/release/router.ts';
import { checkSteps, isBlueGreen, parseStrategy } from '../core/release/strategy.ts';
import { parseThreshold } from '../core/release/threshold.ts';
import { gateFrom, simpleGates, testAliasGate } from './gates/read.ts';
import type { Source, Wanted } from './plan-release.ts';
import type { ReleaseSettings, StepSetting } from './settings.ts';

/** Shorter than this no hook can be called and answer. */
const LEAST_HOOK_TIMEOUT_MS = 1_000;
/** The chance, at most, of taking a candidate for good that is just so many times worse. */
const EARLY_BETA = 0.05;
const MOST_EARLY_RATIO = 100;

/**
 * Reads every text of the settings and makes them a wish. Refused, as usage, with the first text that cannot be read.
 * `allowed`: alarms that may be red at the start, with the reason why.
 */
export function wantedFrom(
  settings: ReleaseSettings,
  source: Source,
  allowed: Readonly<Record<string, string>> = {},
): Result<Wanted> {
  const { function: fn, alias } = settings;
  if (fn === undefined || alias === undefined) return refuse('usage', 'a release needs a function and an alias');
  const steps = stepsOf(settings);
  if (!steps.ok) return steps;
  const thresholds = thresholdsOf(settings.thresholds ?? []);
  if (!thresholds.ok) return thresholds;
  const timeoutMs = hookTimeoutOf(settings.hookTimeout);
  if (!timeoutMs.ok) return timeoutMs;
  const signals = signalsOf(settings.signals ?? []);
  if (!signals.ok) return signals;
  const judge = settings.judge ?? false;
  if (judge !== false && !(judge > 0 && judge < 1))
    return refuse('usage', `judge alpha ${judge} is not a chance: write a number between 0 and 1, such as 0.01`);
  const early = settings.promoteEarly;
  if (early !== undefined && !(early > 1 && early <= MOST_EARLY_RATIO))
    return refuse('usage', `promoteEarly ${early} is no ratio: write a number above 1, at most ${MOST_EARLY_RATIO}`);
  if (early !== undefined && judge === false)
    return refuse('usage', 'promoteEarly asks the judge, which is off: leave one of the two out');
  const simple = simpleGates(settings, timeoutMs.value);
  const warm = warmOf(settings);
  if (!warm.ok) return warm;
  if (routerOf({ function: fn, alias }) && settings.functions === undefined)
    return refuse('usage', `${fn} leads to two functions: name them in switchback.yaml, under traffic.functions`);
  return {
    ok: true,
    value: {
      function: fn,
      alias,
      source,
      strategy: settings.strategy ?? stepsText(settings),
      steps: steps.value,
      gates: [
        ...(settings.functions && !settings.testAlias ? [] : testAliasOf(settings, alias)),
        ...simple.before,
        ...(settings.gates ?? []).map(gateFrom),
        ...simple.after,
      ],
      alarms: [...new Set(settings.alarms ?? [])],
      allowedAlarms: allowed,
      thresholds: thresholds.value,
      judge:
        judge === false
          ? null
          : {
              alpha: judge,
              ...(early === undefined ? {} : { promoteEarly: { notWorseThan: early, beta: EARLY_BETA } }),
            },
      signals: signals.value,
      ...(warm.value === undefined ? {} : { keepWarm: warm.value }),
      ...(settings.functions === undefined ? {} : { functions: settings.functions }),
    },
  };
}

/** Why these settings' steps cannot be used, and which setting is at fault; undefined where they can. */
export function stepsProblem(
  settings: Pick<ReleaseSettings, 'strategy' | 'steps' | 'bake'>,
): { readonly message: string; readonly path: readonly (string | number)[] } | undefined {
  const bakeMs = bakeOf(settings);
  if (Number.isNaN(bakeMs)) return { message: badBake(settings), path: ['bake'] };
  const read = readSteps(settings, bakeMs);
  if (read.ok) return undefined;
  if (settings.strategy !== undefined) return { message: read.problem, path: ['strategy'] };
  return { message: read.problem, path: read.step === undefined ? ['steps'] : ['steps', read.step] };
}

/** "blue/green" is all at once, with an alias for the candidate before. */
function testAliasOf({ strategy, testAlias }: ReleaseSettings, alias: string): readonly Gate[] {
  if (testAlias !== undefined) return [testAliasGate(testAlias, false)];
  return isBlueGreen(strategy ?? '') ? [testAliasGate(`${alias}-green`, true)] : [];
}

const LEAST_WARM_MS = 10_000;
const MAX_WARM_EVENT_BYTES = 10_000;

function warmOf({ keepWarm }: ReleaseSettings): Result<KeepWarm | undefined> {
  if (!keepWarm) return { ok: true, value: undefined };
  const { event = {}, concurrency = 2, every = '4m' } = keepWarm;
  const everyMs = parseDuration(every);
  if (everyMs === undefined || everyMs < LEAST_WARM_MS)
    return refuse('usage', `keepWarm every "${every}" is not possible: write a time from 10s on, such as 4m`);
  const text = JSON.stringify(event);
  if (Buffer.byteLength(text) > MAX_WARM_EVENT_BYTES)
    return refuse('usage', `the event of keepWarm has more than ${MAX_WARM_EVENT_BYTES} bytes`);
  return { ok: true, value: { event: text, concurrency, everyMs } };
}

function stepsOf(settings: ReleaseSettings): Result<readonly Step[]> {
  const bakeMs = bakeOf(settings);
  if (Number.isNaN(bakeMs)) return refuse('usage', badBake(settings));
  const read = readSteps(settings, bakeMs);
  return read.ok ? { ok: true, value: read.steps } : refuse('usage', read.problem);
}

function readSteps({ strategy, steps }: Pick<ReleaseSettings, 'strategy' | 'steps'>, bakeMs: number | undefined) {
  return strategy === undefined ? checkSteps((steps ?? []).map(stepOf), bakeMs) : parseStrategy(strategy, bakeMs);
}

/** NaN for what is no time. */
function bakeOf({ bake }: Pick<ReleaseSettings, 'bake'>): number | undefined {
  return bake === undefined ? undefined : (parseDuration(bake) ?? Number.NaN);
}

function badBake({ bake }: Pick<ReleaseSettings, 'bake'>): string {
  return `bake "${bake}" is not a time: write a time such as 30s, 5m or 2h`;
}

function stepOf({ weight, hold, invocations }: StepSetting): Step {
  const step = { weightPercent: weight, holdMs: parseDuration(hold) ?? Number.NaN };
  return invocations === undefined ? step : { ...step, enoughInvocations: invocations };
}

function stepsText({ steps }: ReleaseSettings): string {
  const text = ({ weight, hold, invocations }: StepSetting) =>
    invocations === undefined ? `${weight}% ${hold}` : `${weight}% until ${invocations} invocations within ${hold}`;
  return (steps ?? []).map(text).join(', ');
}

function thresholdsOf(texts: readonly string[]): Result<readonly Threshold[]> {
  const thresholds: Threshold[] = [];
  for (const text of texts) {
    const read = parseThreshold(text);
    if (!read.ok) return refuse('usage', read.problem);
    thresholds.push(read.threshold);
  }
  return { ok: true, value: thresholds };
}

function hookTimeoutOf(text: string | undefined): Result<number> {
  const ms = text === undefined ? HOOK_TIMEOUT_MS : parseDuration(text);
  if (ms !== undefined && ms >= LEAST_HOOK_TIMEOUT_MS && ms <= HOOK_TIMEOUT_MS) return { ok: true, value: ms };
  return refuse('usage', `hook timeout "${text}" is not possible: write a time from 1s to 1h (CodeDeploy's own limit)`);
}

function signalsOf(names: readonly string[]): Result<Wanted['signals']> {
  const unknown = names.find((name) => name !== 'logs' && name !== 'metrics');
  if (unknown !== undefined)
    return refuse('usage', `signal "${unknown}" is not known: write logs, metrics, or both as logs,metrics`);
  return { ok: true, value: { logs: names.includes('logs'), metrics: names.includes('metrics') } };
}
