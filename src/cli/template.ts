import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Layer, ReleaseSettings } from '../app/settings.ts';
import { line } from '../present/text/line.ts';
import {
  compareTemplates,
  MAX_TEMPLATE_BYTES,
  readTemplate,
  type TemplateReading,
  type TemplateRelease,
  type TemplateText,
  type Term,
  templateProblemText,
} from '../templates/read.ts';
import type { Context } from './context.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { usage } from './failure.ts';
import { deployedStack, named } from './template/stack.ts';
import { place, releasesText, stateMachinesText, unknownSteps } from './template/text.ts';

/** `plan TEMPLATE [FUNCTION…]`: what a template releases and how, read from the file alone; AWS is asked for a stack only. */
export async function planTemplate(context: Context): Promise<ExitCode> {
  const { flags, operands, output } = context;
  const [file, ...names] = operands;
  const stack = await deployedStack(context);
  const values = { parameters: parametersOf(flags.parameter ?? []), deployed: stack?.parameters ?? {} };
  const now = await templateText(context, file!, values);
  const before = flags.before === undefined ? undefined : await templateText(context, flags.before, values);
  const reading = readTemplate(now.text, now.file, now);
  const releases = chosen(reading, names, file!).map((release) => named(release, stack));
  const wanted = new Set(releases.map(({ logicalId }) => logicalId));
  const changes = before ? compareTemplates(before, now).filter(({ logicalId }) => wanted.has(logicalId)) : [];
  for (const problem of reading.problems) output.note(templateProblemText(problem));
  const { kind, stateMachines, problems } = reading;
  const lines = [...releasesText(releases, changes), ...stateMachinesText(reading)];
  if (lines.length === 0) lines.push(line(['dim', `${file} releases no function through CodeDeploy`]));
  output.result({ template: file, kind, releases, stateMachines, changes, problems, dryRun: true }, lines);
  return problems.some(({ severity }) => severity === 'error') ? EXIT.usage : EXIT.done;
}

/** What a template wants released, read from its file and, with `--stack`, from what was deployed. */
interface Chosen {
  readonly file: string;
  readonly releases: readonly TemplateRelease[];
  /** What is not wrong and deserves a look. */
  readonly notes: readonly string[];
}

/** The functions that `deploy TEMPLATE [FUNCTION…]` is about. Ends the command where the template has a mistake. */
async function chosenFor(context: Context): Promise<Chosen> {
  const { flags, operands } = context;
  const [file = '', ...names] = operands;
  const stack = await deployedStack(context);
  const values = { parameters: parametersOf(flags.parameter ?? []), deployed: stack?.parameters ?? {} };
  const read = await templateText(context, file, values);
  const reading = readTemplate(read.text, read.file, read);
  const mistakes = reading.problems.filter(({ severity }) => severity === 'error').map(templateProblemText);
  if (mistakes.length > 0)
    throw usage(mistakes.join('\n'), `correct ${file}; switchback plan ${file} shows what it releases`);
  const all = chosen(reading, names, file);
  const releases = names.length > 0 ? all : all.filter(({ enabled }) => enabled !== false);
  if (releases.length === 0) throw usage(`${file} releases no function through CodeDeploy`);
  const notes = reading.problems.map(templateProblemText);
  return { file, releases: releases.map((release) => named(release, stack)), notes };
}

/** `deploy TEMPLATE FUNCTION`: how the template wants one function released, as settings; of several, {@link templateTrain}. */
export async function templateLayer(context: Context): Promise<Layer> {
  const { file, releases, notes } = await chosenFor(context);
  const release = releases[0]!;
  for (const note of notes) context.output.note(note);
  return { settings: await settingsIn(context, release, file), from: () => place(release.at) };
}

/** What the flags say of one function cannot be said of several. */
const OF_ONE = ['function', 'zip', 'code', 'version'] as const;

/**
 * `deploy TEMPLATE` of several functions: they go as one train, as a stack's deployments do, where one failure takes all back.
 * Undefined where it is about one function.
 */
export async function templateTrain(context: Context): Promise<TemplateTrain | undefined> {
  if (context.operands.length === 0) return undefined;
  const { flags } = context;
  const { file, releases, notes } = await chosenFor(context);
  if (releases.length < 2) return undefined;
  for (const note of notes) context.output.note(note);
  const ids = releases.map(({ logicalId }) => logicalId);
  const odd = OF_ONE.find((flag) => flags[flag] !== undefined);
  if (odd)
    throw usage(
      `--${odd} is about one function, and ${file} releases ${ids.join(', ')}`,
      `switchback deploy ${file} ${ids[0]}`,
    );
  const members: TemplateTrain['members'][number][] = [];
  for (const release of releases) members.push(await settingsIn(context, release, file, true));
  const strategies = new Set(members.map(({ strategy }) => strategy ?? ''));
  if (flags.strategy === undefined && strategies.size > 1) {
    const each = members.map(({ strategy }, index) => `${ids[index]} ${strategy}`);
    throw usage(
      `${each.join(', ')}: functions that go together need one strategy`,
      `add --strategy, or release one after the other: switchback deploy ${file} ${ids[0]}`,
    );
  }
  const strategy = flags.strategy ?? members[0]?.strategy;
  return { name: nameOf(flags.stack ?? file), members, ...(strategy === undefined ? {} : { strategy }) };
}

/** Several functions of one template. */
export interface TemplateTrain {
  readonly name: string;
  readonly strategy?: string;
  readonly members: readonly ReleaseSettings[];
}

/** The stack's name, or the template's folder and name, as a train can be called. */
function nameOf(place: string): string {
  const words = /[/\\]|\.(?:ya?ml|json)$/i.test(place) ? resolve(place).split(/[/\\]/).slice(-2).join('-') : place;
  const plain = words.replace(/\.[a-z]+$/i, '').replace(/[^A-Za-z0-9_-]+/g, '-');
  return plain.replace(/^[^A-Za-z]+/, '').slice(0, 64) || 'template';
}

/**
 * How the template wants a function released. Refused where it leaves to AWS what no flag says: a guard is never dropped in
 * silence.
 */
async function settingsIn(
  context: Context,
  release: TemplateRelease,
  file: string,
  oneOfSeveral = false,
): Promise<ReleaseSettings> {
  const { flags, output } = context;
  const { logicalId, condition, enabled, because, strategy, configName, alarms } = release;
  if (enabled === false && flags.strategy === undefined)
    throw usage(
      `${logicalId} is not released step by step: ${because}`,
      'add --strategy "canary 10% 5m" to release it all the same',
    );
  if (enabled === false)
    output.note(`${logicalId}: ${because}; its alarms and hooks are those of the flags and the config file alone`);
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
      `add --stack NAME if it is deployed, or ${oneOfSeveral ? '' : `--${flag} NAME, or `}give it a name in ${file}`,
    );
  };
  const settings = {
    function: told('function', flags.function, release.functionName),
    alias: told('alias', flags.alias, release.alias),
    strategy: strategy ?? undefined,
    preTraffic: told('pre-traffic', flags.preTraffic, release.preTraffic),
    postTraffic: told('post-traffic', flags.postTraffic, release.postTraffic),
    alarms: flags.alarm ? undefined : alarms.map((term) => told('alarm', undefined, term)!),
    code: await codeIn(context, release, file),
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/**
 * The folder or file that the template names as the function's code, where no flag says otherwise; undefined where it names
 * none on this machine: then the function's own `$LATEST` is released, as the stack has left it.
 */
async function codeIn(
  { io, flags }: Context,
  { logicalId, code }: TemplateRelease,
  file: string,
): Promise<string | undefined> {
  const told = [flags.zip, flags.code, flags.version].some((flag) => flag !== undefined);
  if (code === null || told || flags.latest === true) return undefined;
  if (code.build !== null)
    throw usage(
      `${logicalId}: ${code.path} holds sources, which "sam build" (${code.build}) makes the code of`,
      `sam build, then switchback deploy .aws-sam/build/template.yaml ${logicalId}; or --latest, to release what the function has`,
    );
  const path = resolve(dirname(resolve(io.cwd, file)), code.path);
  if (await stat(path).catch(() => undefined)) return path;
  throw usage(
    `${logicalId}: its code ${code.path} does not exist beside ${file}`,
    'name the code with --code or --zip, or release what the function has with --latest',
  );
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
  values: Pick<TemplateText, 'parameters' | 'deployed'>,
): Promise<TemplateText> {
  const path = resolve(io.cwd, file);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw usage(`template "${file}" does not exist`, 'name a SAM or CloudFormation template');
  if (found.size > MAX_TEMPLATE_BYTES)
    throw usage(`template "${file}" has ${found.size} bytes: at most ${MAX_TEMPLATE_BYTES} are read`);
  return { text: await readFile(path, 'utf8'), file, ...values };
}

function chosen({ releases }: TemplateReading, names: readonly string[], file: string): readonly TemplateRelease[] {
  const known = releases.map(({ logicalId }) => logicalId);
  const missing = names.find((name) => !known.includes(name));
  if (missing !== undefined)
    throw usage(`${file} has no function "${missing}" that could be released: it has ${known.join(', ') || 'none'}`);
  return names.length === 0 ? releases : releases.filter(({ logicalId }) => names.includes(logicalId));
}
