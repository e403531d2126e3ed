import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type PlanAnswer, planRelease, type Source, type Wanted } from '../app/plan-release.ts';
import { type ReleaseSettings, valuesOf } from '../app/settings.ts';
import { wantedFrom } from '../app/wanted.ts';
import { describeRouting } from '../core/release/alias.ts';
import { planJson } from '../present/json/plan.ts';
import { type Line, line } from '../present/text/line.ts';
import { planText } from '../present/text/plan.ts';
import type { Context } from './context.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { unwrap, usage } from './failure.ts';
import { configFolder, releaseSettings } from './target.ts';

/** What the flags, the environment and the file want released, every text read and the code packed. */
export async function wanted(context: Context): Promise<Wanted> {
  const template =
    context.operands.length > 0 ? await (await import('./template.ts')).templateLayer(context) : undefined;
  const settings = valuesOf(await releaseSettings(context, template));
  // Every text is read before any file is: a slip in a flag should not wait for a large zip.
  unwrap(wantedFrom(settings, { kind: 'latest' }, allowed(context)));
  return gated(
    await configFolder(context),
    unwrap(wantedFrom(settings, await sourceOf(context, settings), allowed(context))),
  );
}

/** The wish with the files of its gates read, and its commands meant from `folder`, where the config file lies. */
export async function gated(folder: string, wish: Wanted): Promise<Wanted> {
  if (wish.gates.length === 0) return wish;
  const [{ withFiles }, { sha256Of }] = await Promise.all([
    import('../app/gates/read.ts'),
    import('../app/gates/files.ts'),
  ]);
  const gates = wish.gates.map((gate) =>
    gate.check.kind === 'command' ? { ...gate, check: { ...gate.check, folder } } : gate,
  );
  const read = async (name: string, maxBytes: number): Promise<string | undefined> => {
    const path = resolve(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) return undefined;
    if (found.size > maxBytes)
      throw usage(`file "${name}" of a gate has ${found.size} bytes: at most ${maxBytes} are read`);
    return readFile(path, 'utf8');
  };
  const { gates: complete, files } = unwrap(await withFiles(gates, read, sha256Of));
  return { ...wish, gates: complete, gateFiles: files };
}

/** Alarms that may be red at the start, with the reason that was given. */
export function allowed({ flags: { allowAlarm = [], reason } }: Context): Record<string, string> {
  if (allowAlarm.length > 0 && reason === undefined)
    throw usage(
      `--allow-alarm ${allowAlarm[0]} needs a reason: it lets a release start although the alarm is red`,
      `add --reason "why"`,
    );
  return Object.fromEntries(allowAlarm.map((name) => [name, reason ?? '']));
}

/** Where the candidate comes from; a folder is packed. */
export async function sourceOf(
  { io }: Context,
  { code, version, functions }: Pick<ReleaseSettings, 'code' | 'version' | 'functions'>,
): Promise<Source> {
  if (version !== undefined) {
    // Behind a router the versions are its arms; planning knows them.
    if (!functions && !/^(\d{1,15}|\$LATEST)$/.test(version))
      throw usage(`--version "${version}" is not a version: it is a number`);
    return { kind: 'version', version };
  }
  if (code === undefined) return { kind: 'latest' };
  const { packageCode } = await import('../app/package-code.ts');
  const path = resolve(io.cwd, code);
  return { kind: 'zip', zip: unwrap(await packageCode(path)), from: path };
}

/** Makes the plan and shows it as the result; changes nothing. */
export async function showPlan(context: Context): Promise<ExitCode> {
  const wish = await wanted(context);
  const { ports } = await (await context.wired()).home();
  const answer = unwrap(await planRelease(ports, wish, false));
  if (answer.kind === 'noop') return noop(context, answer);
  context.output.result({ ...planJson(answer.plan), dryRun: true }, [
    ...planText(answer.plan),
    line(['dim', 'nothing was changed']),
  ]);
  return EXIT.done;
}

/** There is nothing to release: done, and said. */
export async function noop(context: Context, answer: Extract<PlanAnswer, { kind: 'noop' }>): Promise<ExitCode> {
  const { key, version, reason } = answer;
  const seen = await (await context.wired()).aws.aliases.get(key);
  const lines: Line[] = [line(['good', '✔'], ` ${reason}`)];
  if (seen) lines.push(line(`  read back: ${describeRouting(seen)}`));
  context.output.result(
    {
      id: null,
      state: 'noop',
      reason,
      function: key.function,
      alias: key.alias,
      stable: version,
      candidate: version,
      weightPercent: 100,
      evidence: [],
    },
    lines,
  );
  return EXIT.done;
}
