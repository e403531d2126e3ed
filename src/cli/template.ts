import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Layer } from '../app/settings.ts';
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

/**
 * `deploy TEMPLATE [FUNCTION]`: how the template wants one function released, as settings. Refused where the template has a
 * mistake, and where it leaves to AWS what no flag says: a guard is never dropped in silence.
 */
export async function templateLayer(context: Context): Promise<Layer> {
  const { flags, operands, output } = context;
  const [file, ...names] = operands;
  const stack = await deployedStack(context);
  const values = { parameters: parametersOf(flags.parameter ?? []), deployed: stack?.parameters ?? {} };
  const read = await templateText(context, file!, values);
  const reading = readTemplate(read.text, read.file, read);
  const mistakes = reading.problems.filter(({ severity }) => severity === 'error').map(templateProblemText);
  if (mistakes.length > 0)
    throw usage(mistakes.join('\n'), `correct ${file}; switchback plan ${file} shows what it releases`);
  for (const problem of reading.problems) output.note(templateProblemText(problem));
  const release = named(onlyOne(chosen(reading, names, file!), names, file!), stack);
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
      `add --stack NAME if it is deployed, or --${flag} NAME, or give it a name in ${file}`,
    );
  };
  const settings = {
    function: told('function', flags.function, release.functionName),
    alias: told('alias', flags.alias, release.alias),
    strategy: strategy ?? undefined,
    preTraffic: told('pre-traffic', flags.preTraffic, release.preTraffic),
    postTraffic: told('post-traffic', flags.postTraffic, release.postTraffic),
    alarms: flags.alarm ? undefined : alarms.map((term) => told('alarm', undefined, term)!),
    code: await codeIn(context, release, file!),
  };
  return {
    settings: Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
    from: () => place(release.at),
  };
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
