import { formatDuration } from '../../core/duration.ts';
import type { GatePlace } from '../../core/gates/gate.ts';
import type { KeepWarm, Plan, Step } from '../../core/release/plan.ts';
import { gateText } from './gates.ts';
import { type Line, labelled, line } from './line.ts';
import { percentText, shifterText, VERDICT_SIGNS } from './words.ts';

/** The plan as people read it before they agree to it. */
export function planText(plan: Plan): Line[] {
  const { key, stable, candidate } = plan;
  return [
    line(
      ['strong', `${plan.shifter ? 'Watch' : 'Release'} of ${key.function}:${key.alias}`],
      `  in ${key.region} of account ${key.account}`,
    ),
    labelled('from', `version ${stable} (stable)`),
    labelled('to', `version ${candidate} (candidate)`),
    ...(plan.shifter
      ? [labelled('shifted', `by CodeDeploy deployment ${plan.deploymentId} of ${shifterText(plan.shifter)}`)]
      : []),
    labelled('strategy', plan.strategy),
    ...steps(plan),
    ...(plan.keepWarm ? [labelled('warm', warmText(plan.stable, plan.keepWarm))] : []),
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

/** Gates stand where they are run: before the weights, and at 100 % around the bake. */
function steps(plan: Plan): Line[] {
  const last = plan.steps.length - 1;
  const at = (wanted: (place: GatePlace) => boolean): string[] =>
    plan.gates.filter((gate) => wanted(gate.at)).map(gateText);
  const around = at((place) => place === 'afterTraffic' || place === 'beforePromotion').length > 0;
  const texts = plan.steps.flatMap((step, index) => {
    const before = at(
      (place) =>
        place === 'everyStep' ||
        (place === 'beforeTraffic' && index === 0) ||
        (typeof place === 'object' && place.step === index + 1),
    );
    if (index < last || !around) return [...before, stepText(step, index === last && !plan.shifter)];
    const after = at((place) => place === 'afterTraffic');
    const late = at((place) => place === 'beforePromotion');
    const { holdMs } = step;
    const baked = late.length === 0 ? bakeText(holdMs) : `watched for ${formatDuration(holdMs)}`;
    return [...before, '100 %', ...after, baked, ...(late.length === 0 ? [] : [...late, 'promoted'])];
  });
  return texts.map((text, index) => labelled(`${index + 1}.`, text));
}

function stepText({ weightPercent, holdMs, enoughInvocations }: Step, last: boolean): string {
  if (last) return `${percentText(weightPercent)}, ${bakeText(holdMs)}`;
  if (holdMs === 0) return `${percentText(weightPercent)}, and the deployment ends`;
  if (enoughInvocations === undefined) return `${percentText(weightPercent)} for ${formatDuration(holdMs)}`;
  return `${percentText(weightPercent)} until ${enoughInvocations} invocations, at most ${formatDuration(holdMs)}`;
}

function warmText(stable: string, { concurrency, everyMs }: KeepWarm): string {
  return `${concurrency} environments of version ${stable} stay ready at 100 %, invoked every ${formatDuration(everyMs)}`;
}

function bakeText(holdMs: number): string {
  return holdMs === 0 ? 'promoted at once, without a bake' : `watched for ${formatDuration(holdMs)}, then promoted`;
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
    ...(judge?.promoteEarly
      ? [
          `steps before the bake end early once the candidate is shown not to fail ${judge.promoteEarly.notWorseThan} times as often as stable`,
        ]
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
