import { formatDuration } from '../../core/duration.ts';
import type { HookGate, Plan, Step } from '../../core/release/plan.ts';
import { type Line, labelled, line } from './line.ts';
import { percentText, VERDICT_SIGNS } from './words.ts';

/** The plan as people read it before they agree to it. */
export function planText(plan: Plan): Line[] {
  const { key, stable, candidate } = plan;
  return [
    line(['strong', `Release of ${key.function}:${key.alias}`], `  in ${key.region} of account ${key.account}`),
    labelled('from', `version ${stable} (stable)`),
    labelled('to', `version ${candidate} (candidate)`),
    labelled('strategy', plan.strategy),
    ...steps(plan),
    ...guards(plan),
    labelled('sees', signals(plan)),
    ...(plan.known ?? []).map((text, index) => labelled(index === 0 ? 'known' : '', text)),
    ...plan.blindSpots.map((spot, index) => labelled(index === 0 ? 'blind to' : '', ['dim', '?'], ` ${spot}`)),
    ...better(plan),
    ...plan.warnings.map((warning, index) =>
      labelled(index === 0 ? 'warning' : '', VERDICT_SIGNS.error, ` ${warning}`),
    ),
  ];
}

function steps(plan: Plan): Line[] {
  const texts = [
    ...(plan.preTraffic ? [hook('pre-traffic', plan.preTraffic)] : []),
    ...plan.steps.map((step, index) => stepText(step, index === plan.steps.length - 1)),
    ...(plan.postTraffic ? [hook('post-traffic', plan.postTraffic)] : []),
  ];
  if (plan.postTraffic) {
    // The post-traffic hook is called at 100 %, before the bake: it stands between the two in the list.
    const bake = plan.steps.at(-1)!.holdMs;
    texts.splice(-2, 2, '100 %', hook('post-traffic', plan.postTraffic), bakeText(bake));
  }
  return texts.map((text, index) => labelled(`${index + 1}.`, text));
}

function stepText({ weightPercent, holdMs, enoughInvocations }: Step, last: boolean): string {
  if (last) return `${percentText(weightPercent)}, ${bakeText(holdMs)}`;
  if (enoughInvocations === undefined) return `${percentText(weightPercent)} for ${formatDuration(holdMs)}`;
  return `${percentText(weightPercent)} until ${enoughInvocations} invocations, at most ${formatDuration(holdMs)}`;
}

function bakeText(holdMs: number): string {
  return holdMs === 0 ? 'promoted at once, without a bake' : `watched for ${formatDuration(holdMs)}, then promoted`;
}

function hook(name: string, gate: HookGate): string {
  return `${name} hook ${gate.function}, must answer within ${formatDuration(gate.timeoutMs)}`;
}

function guards({ alarms, thresholds, judge }: Plan): Line[] {
  const texts = [
    ...alarms.map(
      ({ name, allowed }) => `alarm ${name}${allowed === undefined ? '' : ` (allowed to be red: ${allowed})`}`,
    ),
    ...thresholds.map(({ text }) => `threshold ${text}`),
    ...(judge
      ? [`judge: a release that is no worse is rolled back with a chance of at most ${percentText(judge.alpha * 100)}`]
      : []),
  ];
  if (texts.length === 0) return [labelled('guards', ['warn', 'none'])];
  return texts.map((text, index) => labelled(index === 0 ? 'guards' : '', text));
}

function better({ better: found }: Plan): Line[] {
  return found ? [labelled('better', ['strong', `--strategy '${found.strategy}'`], ` ${found.sees}`)] : [];
}

function signals({ signals: { logs, metrics } }: Plan): string {
  if (logs && metrics) return 'log records within seconds, CloudWatch minutes as the cross-check';
  if (logs) return 'log records within seconds';
  return metrics ? 'CloudWatch minutes' : 'nothing';
}
