import { aftermath } from '../../app/aftermath.ts';
import { textOf } from '../../app/error-text.ts';
import type { AliasHost, Ports } from '../../app/ports/index.ts';
import {
  alreadyThere,
  chooseTarget,
  rollbackDirectly,
  rollbackThroughEngine,
  type Target,
} from '../../app/rollback.ts';
import { within } from '../../app/within.ts';
import { type AliasKey, describeRouting, type Routing } from '../../core/release/alias.ts';
import type { Release } from '../../core/release/release.ts';
import type { Who } from '../../core/who.ts';
import { releaseJson } from '../../present/json/release.ts';
import { aftermathText } from '../../present/text/aftermath.ts';
import { labelled, line } from '../../present/text/line.ts';
import { type RollbackReport, rollbackText } from '../../present/text/rollback.ts';
import type { Home, Wired } from '../../wire.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { unwrap } from '../failure.ts';
import { exitOf, type Followed, follow, type Since, sinceNow } from '../follow.ts';
import { isCutOff, keepOrder } from '../kept-order.ts';
import { aliasKey, refuseOnly } from '../target.ts';

/**
 * A state that does not answer within this is not waited for: the alias is moved without it. Opening it and giving it the
 * order share the time, so that the alias is back within a second whatever has become of the state.
 */
const HOST_PATIENCE_MS = 700;
/** The order's own part at least: a state that took its time to open is alive. */
const ORDER_PATIENCE_MS = 300;

/** An AWS that is silent for so long may be silent for minutes: the order is left with the state, where one can take it. */
const AWS_PATIENCE_MS = 3_000;

/** The alias is back by then: a slow state is worth some waiting, so that the ledger holds who did it and why. */
const TELL_PATIENCE_MS = 3_000;
const AFTERMATH_PATIENCE_MS = 3_000;

/** Everything that a rollback knows before it acts. */
interface Case {
  readonly context: Context;
  readonly wired: Wired;
  readonly key: AliasKey;
  readonly who: Who;
  readonly target: Target;
  readonly startedAt: number;
}

/** Goes back now: through the engine, or without it where the state does not answer. Never asks. */
export async function run(context: Context): Promise<ExitCode> {
  const { flags, io, output } = context;
  if (flags.train !== undefined) return (await import('../train/commands.ts')).rollbackTrain(context);
  refuseOnly(context);
  const startedAt = io.clock.now();
  const wired = await context.wired();
  const looked = await reach(context, wired);
  if (typeof looked === 'number') return looked;
  const { key, state, ports, target } = looked;
  for (const finding of target.findings) output.say(line(['warn', '!'], ` ${finding}`));
  const given: Case = { context, wired, key, who: await wired.aws.identity.whoAmI(), target, startedAt };
  if (flags.dryRun) return dryRun(given);
  const through = state && (await throughEngine(given, state));
  if (through === undefined && alreadyThere(target)) return nothingToDo(given);
  const exit = through ?? (await directly(given, ports, state?.home));
  if (exit === EXIT.done) await sayAftermath(given, ports);
  return exit;
}

/** What the state and AWS say before anything is done. */
interface Looked {
  readonly key: AliasKey;
  readonly state: State | undefined;
  readonly ports: Ports;
  readonly target: Target;
}

/** The exit code instead where AWS does not answer and the order was left with the state. */
async function reach(context: Context, wired: Wired): Promise<Looked | ExitCode> {
  const { flags, io } = context;
  const keep = async (why: string) => (flags.dryRun ? undefined : keepOrder(context, wired, why));
  // Opening the state asks AWS as well: at the same time, so that a silent AWS is waited for once.
  wired.home().catch(() => undefined);
  const looking = look(context, wired);
  try {
    const looked = await within(AWS_PATIENCE_MS, looking, io.clock);
    return looked ?? (await keep(`it has been silent for ${AWS_PATIENCE_MS / 1_000} s`)) ?? (await looking);
  } catch (problem) {
    const kept = isCutOff(problem) ? await keep(textOf(problem)) : undefined;
    if (kept === undefined) throw problem;
    return kept;
  }
}

async function look(context: Context, wired: Wired): Promise<Looked> {
  const { flags, io } = context;
  const key = await aliasKey(context);
  const state = await openState(context, wired, key);
  const ports: Ports = state?.home.ports ?? { ...wired.aws, clock: io.clock, host: ABSENT };
  return { key, state, ports, target: unwrap(await chooseTarget(ports, key, flags.to)) };
}

/** What stays behind is a help for afterwards: it is never waited for long. */
async function sayAftermath({ context, key, target }: Case, ports: Ports): Promise<void> {
  const bad = target.from.second?.version ?? target.from.version;
  const left = await within(AFTERMATH_PATIENCE_MS, aftermath(ports, key, bad), context.io.clock);
  if (left) for (const each of aftermathText(left)) context.output.say(each);
}

export interface State {
  readonly home: Home;
  readonly since: Since;
}

/** The state as it stands, where it opens and answers at all and in time. */
export async function openState({ io, output }: Context, wired: Wired, key: AliasKey): Promise<State | undefined> {
  const open = async (): Promise<State> => {
    const home = await wired.home();
    return { home, since: await sinceNow(home, key) };
  };
  try {
    const state = await within(HOST_PATIENCE_MS, open(), io.clock);
    if (!state) output.note('the state does not answer: going on without it');
    return state;
  } catch (error) {
    // Without AWS there is no rollback either: that is no matter of the state.
    if (error instanceof Error && error.name === 'AwsProblem') throw error;
    output.note(`${textOf(error)}: going on without it`);
    return undefined;
  }
}

/** Stands in for a state that cannot be used: nothing is known, and nothing can be kept. */
export const ABSENT: AliasHost = {
  deliver: () => Promise.reject(new Error('the state is not available')),
  read: async () => undefined,
  list: async () => [],
  ledger: async () => [],
};

/** Undefined where the state did not answer in time, or where there is nothing for the engine to do. */
async function throughEngine(given: Case, { home, since }: State): Promise<ExitCode | undefined> {
  const { context, key, target, who } = given;
  const { flags, io, output } = context;
  try {
    const open = since.doc.release !== null && since.doc.release.phase !== 'ended';
    if (!open && alreadyThere(target)) return undefined;
    const leftMs = Math.max(ORDER_PATIENCE_MS, given.startedAt + HOST_PATIENCE_MS - io.clock.now());
    const ordered = await within(leftMs, rollbackThroughEngine(home.ports, key, target, who, flags.reason), io.clock);
    if (!ordered) throw new Error('the state did not take the order in time');
    const release = unwrap(ordered);
    output.note(`${key.function}:${key.alias}: going back to version ${target.version} (${release.id})`);
    const followed = await follow(context, home, key, release.id, { since, drive: false });
    return finished(given, followed);
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'CommandFailure' || error.name === 'AwsProblem') throw error;
    output.note(`${error.message}: moving the alias without it`);
    return undefined;
  }
}

function finished(given: Case, followed: Followed): ExitCode {
  const { release } = followed;
  const restoredAt = release.marks.restoredAt ?? release.marks.endedAt ?? given.context.io.clock.now();
  tell(given, release.seen, restoredAt - given.startedAt, release);
  if (release.outcome?.state === 'rolledBack') return EXIT.done;
  if (release.outcome) given.context.output.note(`switchback: ${release.outcome.reason}`);
  return exitOf(followed);
}

/** Break-glass: one write at AWS, read back; the state is told afterwards where it can be. */
async function directly(given: Case, ports: Ports, home: Home | undefined): Promise<ExitCode> {
  const { context, key, target, who } = given;
  const { io, flags, output } = context;
  const readBack = unwrap(await rollbackDirectly(ports, key, target));
  tell(given, readBack, io.clock.now() - given.startedAt, null);
  const telling = async (): Promise<Release> =>
    tellState(home ?? (await given.wired.home()), key, target, who, flags.reason);
  const told = await within(TELL_PATIENCE_MS, telling(), io.clock).catch(() => undefined);
  if (!told) output.note('the state could not be told: the ledger does not hold this rollback, AWS CloudTrail does');
  return EXIT.done;
}

/** The engine finds the alias where it would have put it, and takes that as its own rollback. */
async function tellState(
  home: Home,
  key: AliasKey,
  target: Target,
  who: Who,
  why: string | undefined,
): Promise<Release> {
  const told = unwrap(await rollbackThroughEngine(home.ports, key, target, who, why));
  await home.settle();
  return told;
}

function tell(given: Case, readBack: Routing | null, tookMs: number, release: Release | null): void {
  const { context, key, who, target } = given;
  const report: RollbackReport = {
    key,
    from: target.from,
    to: target.version,
    because: target.because,
    who,
    why: context.flags.reason ?? null,
    tookMs,
    readBack,
    release,
  };
  const now = context.io.clock.now();
  context.output.result(
    { ...(release ? releaseJson(release, now) : bare(given, 'rolledBack')), ...members(given, readBack, tookMs) },
    rollbackText(report),
  );
}

function members({ target, who }: Case, readBack: Routing | null, tookMs: number) {
  const shown = ({ version, second }: Routing) => ({ version, second });
  return {
    from: shown(target.from),
    to: target.version,
    because: target.because,
    findings: target.findings,
    who,
    tookMs,
    readBack: readBack && shown(readBack),
  };
}

/** What a release would say of itself, where there is none. */
function bare({ context, key, target }: Case, state: 'rolledBack' | 'noop' | 'planned') {
  const bad = target.from.version === target.version ? target.from.second?.version : target.from.version;
  return {
    id: null,
    state,
    reason: context.flags.reason ?? target.because,
    function: key.function,
    alias: key.alias,
    stable: target.version,
    candidate: bad ?? null,
    weightPercent: state === 'planned' ? (target.from.second?.weightPercent ?? 100) : 0,
    evidence: [],
  };
}

function nothingToDo(given: Case): ExitCode {
  const { context, key, target } = given;
  context.output.result({ ...bare(given, 'noop'), ...members(given, target.from, 0) }, [
    line(
      ['good', '✔'],
      ` ${key.function}:${key.alias} already sends all traffic to version ${target.version}: nothing to do`,
    ),
  ]);
  return EXIT.done;
}

function dryRun(given: Case): ExitCode {
  const { context, key, target, who } = given;
  if (alreadyThere(target)) return nothingToDo(given);
  context.output.result({ ...bare(given, 'planned'), ...members(given, null, 0), dryRun: true }, [
    line(['strong', `${key.function}:${key.alias}`], ` would go back to version ${target.version}`),
    labelled('from', describeRouting(target.from)),
    labelled('because', target.because),
    labelled('who', who.name),
    line(['dim', 'nothing was changed']),
  ]);
  return EXIT.done;
}
