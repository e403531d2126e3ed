import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Layer } from '../app/settings.ts';
import { formatDuration } from '../core/duration.ts';
import { parseStrategy } from '../core/release/strategy.ts';
import { type Line, labelled, line } from '../present/text/line.ts';
import {
  compareTemplates,
  MAX_TEMPLATE_BYTES,
  readTemplate,
  type TemplateReading,
  type TemplateRelease,
  type TemplateText,
  type Term,
  templateProblemText,
  type VersionChange,
} from '../templates/read.ts';
import type { Context } from './context.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { usage } from './failure.ts';

/** `plan TEMPLATE [FUNCTION…]`: what a template releases and how, read from the file alone. AWS is not asked. */
export async function planTemplate(context: Context): Promise<ExitCode> {
  const { flags, operands, output } = context;
  const [file, ...names] = operands;
  const parameters = parametersOf(flags.parameter ?? []);
  const now = await templateText(context, file!, parameters);
  const before = flags.before === undefined ? undefined : await templateText(context, flags.before, parameters);
  const reading = readTemplate(now.text, now.file, now);
  const releases = chosen(reading, names, file!);
  const wanted = new Set(releases.map(({ logicalId }) => logicalId));
  const changes = before ? compareTemplates(before, now).filter(({ logicalId }) => wanted.has(logicalId)) : [];
  for (const problem of reading.problems) output.note(templateProblemText(problem));
  const { kind, stateMachines, problems } = reading;
  const lines = [...releasesText(releases, changes), ...stateMachinesText(reading)];
  if (lines.length === 0) lines.push(line(['dim', `${file} releases no function through CodeDeploy`]));
  output.result({ template: file, kind, releases, stateMachines, changes, problems, dryRun: true }, lines);
  return problems.some(({ severity }) => severity === 'error') ? EXIT.usage : EXIT.done;
}

/**
 * `deploy TEMPLATE [FUNCTION]`: how the template wants one function released, as settings. Refused where the template has a
 * mistake, and where it leaves to AWS what no flag says: a guard is never dropped in silence.
 */
export async function templateLayer(context: Context): Promise<Layer> {
  const { flags, operands, output } = context;
  const [file, ...names] = operands;
  const read = await templateText(context, file!, parametersOf(flags.parameter ?? []));
  const reading = readTemplate(read.text, read.file, read);
  const mistakes = reading.problems.filter(({ severity }) => severity === 'error').map(templateProblemText);
  if (mistakes.length > 0)
    throw usage(mistakes.join('\n'), `correct ${file}; switchback plan ${file} shows what it releases`);
  for (const problem of reading.problems) output.note(templateProblemText(problem));
  const release = onlyOne(chosen(reading, names, file!), names, file!);
  const { logicalId, condition, enabled, because, strategy, configName, alarms } = release;
  if (enabled === false) throw usage(`${logicalId} is not released step by step: ${because}`);
  if (enabled === null)
    throw usage(`${logicalId} may not be released step by step: ${because}`, 'add --parameter NAME=VALUE');
  if (condition?.holds === false)
    throw usage(
      `${logicalId} is not made: its condition ${condition.name} does not hold`,
      'add --parameter NAME=VALUE',
    );
  if (strategy === null && flags.strategy === undefined)
    throw usage(
      `${logicalId}: the steps of its release are not known: ${unknownSteps(configName)}`,
      'add --strategy "canary 10% 5m"',
    );
  const told = (flag: string, given: unknown, term: Term | null): string | undefined => {
    if (term === null || given !== undefined) return undefined;
    if (term.known) return term.text;
    throw usage(
      `${logicalId}: only AWS knows what ${term.text} is called`,
      `add --${flag} NAME, or give it a name in ${file}`,
    );
  };
  const settings = {
    function: told('function', flags.function, release.functionName),
    alias: told('alias', flags.alias, release.alias),
    strategy: strategy ?? undefined,
    preTraffic: told('pre-traffic', flags.preTraffic, release.preTraffic),
    postTraffic: told('post-traffic', flags.postTraffic, release.postTraffic),
    alarms: flags.alarm ? undefined : alarms.map((term) => told('alarm', undefined, term)!),
  };
  return {
    settings: Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
    from: () => place(release.at),
  };
}

function onlyOne(releases: readonly TemplateRelease[], names: readonly string[], file: string): TemplateRelease {
  const wanted = names.length > 0 ? releases : releases.filter(({ enabled }) => enabled !== false);
  if (wanted.length === 1) return wanted[0]!;
  if (wanted.length === 0) throw usage(`${file} releases no function through CodeDeploy`);
  const ids = wanted.map(({ logicalId }) => logicalId);
  throw usage(`${file} releases ${ids.join(', ')}: which one is meant?`, `switchback deploy ${file} ${ids[0]}`);
}

/** `--parameter Stage=prod`. */
function parametersOf(given: readonly string[]): Record<string, string> {
  const pairs = given.map((text) => {
    const split = text.indexOf('=');
    if (split > 0) return [text.slice(0, split), text.slice(split + 1)] as const;
    throw usage(`--parameter "${text}" has no value: a template parameter is written NAME=VALUE`);
  });
  return Object.fromEntries(pairs);
}

async function templateText(
  { io }: Pick<Context, 'io'>,
  file: string,
  parameters: Record<string, string>,
): Promise<TemplateText> {
  const path = resolve(io.cwd, file);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw usage(`template "${file}" does not exist`, 'name a SAM or CloudFormation template');
  if (found.size > MAX_TEMPLATE_BYTES)
    throw usage(`template "${file}" has ${found.size} bytes: at most ${MAX_TEMPLATE_BYTES} are read`);
  return { text: await readFile(path, 'utf8'), file, parameters };
}

function chosen({ releases }: TemplateReading, names: readonly string[], file: string): readonly TemplateRelease[] {
  const known = releases.map(({ logicalId }) => logicalId);
  const missing = names.find((name) => !known.includes(name));
  if (missing !== undefined)
    throw usage(`${file} has no function "${missing}" that could be released: it has ${known.join(', ') || 'none'}`);
  return names.length === 0 ? releases : releases.filter(({ logicalId }) => names.includes(logicalId));
}

function releasesText(releases: readonly TemplateRelease[], changes: readonly VersionChange[]): Line[] {
  const gradual = releases.filter(({ enabled }) => enabled !== false);
  const others = releases.filter(({ enabled }) => enabled === false);
  return [
    ...gradual.flatMap((release) => releaseText(release, changes)),
    ...(others.length > 0 ? [line(['strong', 'Not released through CodeDeploy'])] : []),
    ...others.map(({ logicalId, because, at }) => line(`  ${logicalId}: ${because}`, ['dim', `  ${place(at)}`])),
  ];
}

function releaseText(release: TemplateRelease, changes: readonly VersionChange[]): Line[] {
  const { logicalId, functionName, alias, preTraffic, postTraffic, alarms, condition, version, enabled, at } = release;
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
    ...(version?.known ? [labelled('version', version.id)] : []),
    ...(change ? [labelled('change', changeText(change))] : []),
  ];
}

function hook(when: string, term: Term | null): string | undefined {
  return term ? `${when}: ${term.text}` : undefined;
}

function changeText({ kind, message, hint }: VersionChange): string | readonly ['warn', string] {
  const text = hint === undefined ? message : `${message} — ${hint}`;
  return kind === 'unpublished' || kind === 'needless' ? ['warn', text] : text;
}

function unknownSteps(config: Term | null): string {
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

function stateMachinesText({ stateMachines }: TemplateReading): Line[] {
  return stateMachines.map(({ logicalId, type, percentage, intervalMinutes, at }) => {
    const how = [
      type?.text ?? 'a preference',
      ...(percentage === null ? [] : [`${percentage} %`]),
      ...(intervalMinutes === null ? [] : [`every ${intervalMinutes} min`]),
    ].join(' ');
    return line(`State machine ${logicalId}: ${how}, shifted by Step Functions itself`, ['dim', `  ${place(at)}`]);
  });
}

function place({ file, line: row }: TemplateRelease['at']): string {
  return `${file}:${row}`;
}
