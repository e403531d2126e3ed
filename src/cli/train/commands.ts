import { orderTrain, startTrain, type TrainOrder } from '../../app/train/operate.ts';
import { planTrain, type TrainAnswer, type WantedTrain } from '../../app/train/plan.ts';
import { within } from '../../app/within.ts';
import { trainActorOf } from '../../core/train/plan.ts';
import { isTrainOpen, type Train, trainStateOf } from '../../core/train/train.ts';
import { SYSTEM } from '../../core/who.ts';
import { trainJson, trainPlanJson } from '../../present/json/train.ts';
import { line } from '../../present/text/line.ts';
import { trainHistoryText, trainPlanText } from '../../present/text/train.ts';
import type { Home } from '../../wire.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { CommandFailure, unwrap, usage } from '../failure.ts';
import { timeFlag } from '../follow.ts';
import type { TemplateTrain } from '../template.ts';
import { followTrain, reportTrain, showTrain } from './follow.ts';
import { templateTrainWanted, trainActor, wantedTrain } from './target.ts';

/** What an order sets in motion at once is waited for; whoever runs next does what takes longer. */
const SETTLE_MS = 10_000;
const WORK_PATIENCE_MS = 5_000;

/**
 * `deploy --train`, or several functions of a `template`: plans every member, starts the train and drives it to its end.
 */
export async function deployTrain(context: Context, template?: TemplateTrain): Promise<ExitCode> {
  const { flags, output } = context;
  const timeoutMs = timeFlag('--timeout', flags.timeout);
  if (flags.dryRun) return planTrainOnly(context, template);
  if (flags.detach && flags.callbackPort !== undefined)
    throw usage('--callback-port needs a process that stays: it excludes --detach');
  const wished = await wish(context, template);
  output.note(`train ${wished.name}: planning`);
  const home = await (await context.wired()).home();
  const callbacks = await (await import('../commands/deploy.ts')).listen(context, home);
  try {
    return await depart(context, home, wished, timeoutMs);
  } finally {
    await callbacks?.close();
  }
}

async function depart(
  context: Context,
  home: Home,
  wished: WantedTrain,
  timeoutMs: number | undefined,
): Promise<ExitCode> {
  const { flags, output, io } = context;
  const answer = unwrap(await planTrain({ portsIn: portsOf(home) }, wished, true));
  if (answer.kind === 'noop') return noTrain(context, wished.name, answer);
  const { plan, trainId } = answer;
  output.say(...trainPlanText(plan));
  const actor = trainActorOf(plan.account, plan.name);
  const { host: trains } = await home.trains();
  const since = (await trains.read(actor))?.sequence ?? 0;
  const who = await home.ports.identity.whoAmI();
  const train = unwrap(await startTrain({ trains, clock: io.clock }, trainId, plan, who, flags.reason));
  if (flags.detach) {
    await within(SETTLE_MS, home.settle(), io.clock);
    await showTrain(context, home, (await trains.read(actor))?.state.train ?? train);
    output.say(
      line('It goes on, and its guards watch, while any switchback looks at it: ', [
        'strong',
        `switchback watch --train ${train.name}`,
      ]),
    );
    return EXIT.done;
  }
  if (!output.live) output.note(`train ${train.id}; to stop it: switchback rollback --train ${train.name}`);
  const options = { actor, trainId, since, untilFrozen: true, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  return reportTrain(context, home, await followTrain(context, home, options));
}

/** `plan --train`: what a deploy would do; changes nothing. */
export async function planTrainOnly(context: Context, template?: TemplateTrain): Promise<ExitCode> {
  const wished = await wish(context, template);
  const home = await (await context.wired()).home();
  const answer = unwrap(await planTrain({ portsIn: portsOf(home) }, wished, false));
  if (answer.kind === 'noop') return noTrain(context, wished.name, answer);
  const { plan } = answer;
  context.output.result({ ...trainPlanJson(plan), dryRun: true }, [
    ...trainPlanText(plan),
    line(['dim', 'nothing was changed']),
  ]);
  return EXIT.done;
}

function wish(context: Context, template: TemplateTrain | undefined): Promise<WantedTrain> {
  return template ? templateTrainWanted(context, template) : wantedTrain(context);
}

function portsOf(home: Home) {
  return async (region: string | undefined) => (region === undefined ? home.ports : home.portsIn(region));
}

function noTrain({ output }: Context, train: string, { reason }: Extract<TrainAnswer, { kind: 'noop' }>): ExitCode {
  output.result({ id: null, state: 'noop', reason, train, waves: [] }, [line(['good', '✔'], ` ${reason}`)]);
  return EXIT.done;
}

/** `watch --train`: drives an open train until it has ended. */
export async function watchTrain(context: Context): Promise<ExitCode> {
  const timeoutMs = timeFlag('--timeout', context.flags.timeout);
  const { home, actor, train, sequence } = await known(context);
  if (!isTrainOpen(train)) throw notOpen(train);
  const options = { actor, trainId: train.id, since: sequence, untilFrozen: true };
  const more = timeoutMs === undefined ? {} : { timeoutMs };
  return reportTrain(context, home, await followTrain(context, home, { ...options, ...more }));
}

/** `status --train`: whoever looks does what is due, then the screen is shown. */
export async function statusTrain(context: Context): Promise<ExitCode> {
  const { io } = context;
  const { home, actor } = await known(context);
  const trains = await home.trains();
  await Promise.all([home.upkeep.recover(), trains.host.recover()]);
  const doc = (await trains.host.read(actor))?.state;
  const at = io.clock.now();
  if (doc && doc.wakeAt !== null && doc.wakeAt <= at)
    await trains.host.deliver(actor, { kind: 'tick', at, who: SYSTEM });
  await within(WORK_PATIENCE_MS, home.settle(), io.clock);
  const { train } = await known(context);
  await showTrain(context, home, train);
  return EXIT.done;
}

/** `pause`, `resume` and `promote --train`. */
export async function giveTrain(context: Context, given: TrainOrder): Promise<ExitCode> {
  const { io, flags, output } = context;
  const { home, actor, train } = await known(context);
  if (flags.dryRun) {
    if (!isTrainOpen(train)) throw notOpen(train);
    output.say(line(`would ${given.verb} train ${train.id}, which is ${trainStateOf(train)}; nothing was changed`));
    await showTrain(context, home, train, { dryRun: true });
    return EXIT.done;
  }
  const { host: trains } = await home.trains();
  const who = await home.ports.identity.whoAmI();
  const ordered = unwrap(await orderTrain({ trains, clock: io.clock }, actor, given, who, flags.reason));
  await within(SETTLE_MS, home.settle(), io.clock);
  const now = (await trains.read(actor))?.state.train;
  await showTrain(context, home, now?.id === ordered.id ? now : ordered);
  return now?.outcome?.state === 'halted' ? EXIT.halted : EXIT.done;
}

/** `rollback --train`: takes everything back, or one region; never asks. */
export async function rollbackTrain(context: Context): Promise<ExitCode> {
  const { io, flags } = context;
  const { home, actor, train, sequence } = await known(context);
  const { host: trains } = await home.trains();
  const region = onlyRegion(context);
  if (flags.dryRun) return giveTrain(context, { verb: 'rollback' });
  const isOnItsWay = region === undefined && isTrainOpen(train) && train.back?.fromWave === 0;
  if (!isOnItsWay) {
    const who = await home.ports.identity.whoAmI();
    const given: TrainOrder = { verb: 'rollback', ...(region === undefined ? {} : { region }) };
    unwrap(await orderTrain({ trains, clock: io.clock }, actor, given, who, flags.reason));
  }
  if (region !== undefined) return regionBack(context, home, actor, region);
  const options = { actor, trainId: train.id, since: sequence, untilFrozen: false };
  const followed = await followTrain(context, home, options);
  const exit = await reportTrain(context, home, followed);
  // It is what was asked for.
  return exit === EXIT.rolledBack ? EXIT.done : exit;
}

async function regionBack(context: Context, home: Home, actor: string, region: string): Promise<ExitCode> {
  const { host } = await home.trains();
  const stop = home.drive();
  try {
    await within(SETTLE_MS, home.settle(), context.io.clock);
  } finally {
    await stop();
  }
  const train = (await host.read(actor))?.state.train;
  if (!train) throw new Error(`train ${actor} is not in the state any more`);
  await showTrain(context, home, train, { region });
  return train.outcome?.state === 'halted' ? EXIT.halted : EXIT.done;
}

/** The region that an order is about; undefined for the whole train. */
export function onlyRegion({ flags: { only } }: Context): string | undefined {
  if (only === '') throw usage('--only needs the name of a region');
  return only;
}

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1_000;
/** Entries of the ledger read at most: months of trains. The newest are read. */
const MAX_ENTRIES = 20_000;
const PAGE = 500;

/** `history --train`: its runs, newest first. */
export async function trainHistory(context: Context): Promise<ExitCode> {
  const { flags, output, io } = context;
  const limit = flags.limit === undefined ? DEFAULT_LIMIT : Number(flags.limit);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT))
    throw usage(`--limit "${flags.limit}" is not possible: write a number from 1 to ${MAX_LIMIT}`);
  const { home, actor, train, sequence } = await known(context);
  const { host } = await home.trains();
  const runs = new Map<string, Train>();
  const first = Math.max(0, sequence - MAX_ENTRIES);
  for (let after = first; after < sequence; ) {
    const entries = await host.ledger(actor, { after, limit: PAGE });
    if (entries.length === 0) break;
    for (const { outcome } of entries)
      if (outcome?.ended && outcome.subject !== null) runs.set(outcome.subject, outcome.ended.document as Train);
    after = entries.at(-1)!.sequence;
  }
  runs.set(train.id, train);
  const past = [...runs.values()].sort((a, b) => b.marks.startedAt - a.marks.startedAt);
  const shown = past.slice(0, limit);
  const now = io.clock.now();
  output.result(
    { train: train.name, runs: shown.map((run) => trainJson(run, new Map(), now)) },
    trainHistoryText(train.name, shown, first > 0 || shown.length < past.length),
  );
  return EXIT.done;
}

/** The train that is named, as the state knows it. */
async function known(context: Context): Promise<{ home: Home; actor: string; train: Train; sequence: number }> {
  const actor = await trainActor(context);
  const home = await (await context.wired()).home();
  const stored = await (await home.trains()).host.read(actor);
  const train = stored?.state.train;
  if (!stored || !train)
    throw new CommandFailure({
      exit: EXIT.refused,
      message: `train ${context.flags.train} has not run in this state`,
      next: `switchback deploy --train ${context.flags.train}`,
    });
  return { home, actor, train, sequence: stored.sequence };
}

function notOpen(train: Train): CommandFailure {
  return new CommandFailure({
    exit: EXIT.refused,
    message: `train ${train.name} is not under way: ${train.id} ended ${trainStateOf(train)} (${train.outcome?.reason})`,
    next: `switchback status --train ${train.name}`,
  });
}
