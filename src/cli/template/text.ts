import { formatDuration } from '../../core/duration.ts';
import { parseStrategy } from '../../core/release/strategy.ts';
import { type Line, labelled, line } from '../../present/text/line.ts';
import type { TemplateCode, TemplateReading, TemplateRelease, Term, VersionChange } from '../../templates/read.ts';

/** Every function of a template: how it is released, or why it is not. */
export function releasesText(releases: readonly TemplateRelease[], changes: readonly VersionChange[]): Line[] {
  const gradual = releases.filter(({ enabled }) => enabled !== false);
  const others = releases.filter(({ enabled }) => enabled === false);
  return [
    ...gradual.flatMap((release) => releaseText(release, changes)),
    ...(others.length > 0 ? [line(['strong', 'Not released through CodeDeploy'])] : []),
    ...others.map(({ logicalId, because, at }) => line(`  ${logicalId}: ${because}`, ['dim', `  ${place(at)}`])),
  ];
}

function releaseText(release: TemplateRelease, changes: readonly VersionChange[]): Line[] {
  const { logicalId, functionName, alias, preTraffic, postTraffic, alarms, condition, version, code, enabled, at } =
    release;
  const hooks = [hook('before', preTraffic), hook('after', postTraffic)].filter((text) => text !== undefined);
  const known = condition?.holds;
  const change = changes.find((each) => each.logicalId === logicalId);
  return [
    line(['strong', logicalId], `  ${functionName.text}:${alias?.text ?? '?'}`, ['dim', `  ${place(at)}`]),
    ...(enabled === null ? [labelled('only if', release.because)] : []),
    ...(condition && known !== true
      ? [labelled('only if', `${condition.name}${known === false ? ', which does not hold: it is not made' : ''}`)]
      : []),
    labelled('strategy', strategyText(release)),
    ...(hooks.length > 0 ? [labelled('hooks', hooks.join(' · '))] : []),
    labelled(
      'alarms',
      alarms.length > 0
        ? alarms.map(({ text }) => text).join(', ')
        : ['warn', hooks.length > 0 ? 'none' : 'none: nothing stops it'],
    ),
    ...(code ? [labelled('code', codeText(code))] : []),
    ...(version?.known ? [labelled('version', version.id)] : []),
    ...(change ? [labelled('change', changeText(change))] : []),
  ];
}

function codeText({ path, build }: TemplateCode): string {
  return build === null ? `${path}, packed by deploy` : `${path}, built by sam build (${build})`;
}

function hook(when: string, term: Term | null): string | undefined {
  return term ? `${when}: ${term.text}` : undefined;
}

function changeText({ kind, message, hint }: VersionChange): string | readonly ['warn', string] {
  const text = hint === undefined ? message : `${message} — ${hint}`;
  return kind === 'unpublished' || kind === 'needless' ? ['warn', text] : text;
}

/** Why the steps of a release are not known, as the rest of a sentence. */
export function unknownSteps(config: Term | null): string {
  if (config === null) return 'only its deployment group knows them';
  return config.known
    ? `only CodeDeploy knows its configuration ${config.text}`
    : `${config.text} has no value here (--parameter NAME=VALUE gives it one)`;
}

/** The steps in words, where they are known. */
function strategyText({ strategy, configName }: TemplateRelease): string {
  if (strategy === null) return unknownSteps(configName);
  const read = parseStrategy(strategy);
  if (!read.ok) return strategy;
  const rising = read.steps.slice(0, -1);
  const texts = rising.map(({ weightPercent, holdMs }) => `${weightPercent} % for ${formatDuration(holdMs)}`);
  const shown = texts.length > 3 ? [texts[0], texts[1], '…', texts.at(-1)] : texts;
  return `${strategy}: ${[...shown, rising.length === 0 ? '100 % at once' : '100 %'].join(', ')}`;
}

/** State machines that shift themselves. */
export function stateMachinesText({ stateMachines }: TemplateReading): Line[] {
  return stateMachines.map(({ logicalId, type, percentage, intervalMinutes, at }) => {
    const how = [
      type?.text ?? 'a preference',
      ...(percentage === null ? [] : [`${percentage} %`]),
      ...(intervalMinutes === null ? [] : [`every ${intervalMinutes} min`]),
    ].join(' ');
    return line(`State machine ${logicalId}: ${how}, shifted by Step Functions itself`, ['dim', `  ${place(at)}`]);
  });
}

/** `template.yaml:12`. */
export function place({ file, line: row }: TemplateRelease['at']): string {
  return `${file}:${row}`;
}
