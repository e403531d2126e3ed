import { within } from '../../app/within.ts';
import { formatDuration } from '../../core/duration.ts';
import { type AliasKey, type AliasSnapshot, actorOf, flagsOf, sameRouting } from '../../core/release/alias.ts';
import { isOpen, type Release, stateOf } from '../../core/release/release.ts';
import { type Remains, remainsOf } from '../../core/release/remains.ts';
import { lookCommand, routerOf } from '../../core/release/router.ts';
import { type Train, trainStateOf } from '../../core/train/train.ts';
import { SYSTEM } from '../../core/who.ts';
import { releaseJson } from '../../present/json/release.ts';
import { trainJson } from '../../present/json/train.ts';
import { type Line, labelled, line } from '../../present/text/line.ts';
import { releaseScreen } from '../../present/text/release.ts';
import { routingText } from '../../present/text/story.ts';
import { TRAIN_WORDS } from '../../present/text/train.ts';
import { STATE_WORDS } from '../../present/text/words.ts';
import type { Home } from '../../wire.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { usage } from '../failure.ts';
import { aliasKey, namesFunction } from '../target.ts';

const WORK_PATIENCE_MS = 5_000;
/** More open releases than fit on a screen are counted, not listed. */
const MAX_LISTED = 200;

/** Whoever looks does what is due: orphaned work is taken over, a due step is taken, then the screen is shown. */
export async function run(context: Context): Promise<ExitCode> {
  if (context.flags.train !== undefined) return (await import('../train/commands.ts')).statusTrain(context);
  if (!(await namesFunction(context))) return listOpen(context);
  const { io, output } = context;
  const key = await aliasKey(context);
  const wired = await context.wired();
  const home = await wired.home();
  await catchUp(context, home, key);
  const [stored, live] = await Promise.all([home.ports.host.read(actorOf(key)), wired.aws.aliases.get(key)]);
  const release = stored?.state.release ?? null;
  if (!release) {
    if (!live)
      throw usage(
        `alias ${key.function}:${key.alias} does not exist in ${key.region} of account ${key.account}`,
        routerOf(key)
          ? lookCommand(key)
          : `aws lambda list-aliases --function-name ${key.function} --region ${key.region}`,
      );
    const remains = remainsOf(null, live, io.clock.now());
    output.result({ ...noRelease(key, live), live: routingOf(live), remains }, [
      line(['strong', `${key.function}:${key.alias}`], '  no release in this state file'),
      labelled('live', routingText(live)),
      ...(remains ? remainsLines(key, remains, io.clock.now()) : []),
    ]);
    return EXIT.done;
  }
  const now = io.clock.now();
  output.result({ ...releaseJson(release, now), live: live ? routingOf(live) : null }, [
    ...releaseScreen(release, now),
    ...difference(release, live),
  ]);
  return EXIT.done;
}

/** The owner tag of a release of which nothing else is known: its runner is gone, or it runs on another machine. */
function remainsLines(key: AliasKey, { releaseId, beganAt }: Remains, nowMs: number): Line[] {
  const began = beganAt === null ? '' : `, begun ${formatDuration(Math.max(0, nowMs - beganAt))} ago`;
  return [
    labelled('tag', ['warn', `release ${releaseId}${began}, of another machine or of a runner that is gone`]),
    line(
      'If it is gone:  ',
      ['strong', `switchback rollback ${flagsOf(key)}`],
      '   or the next deploy with --take-over 0s',
    ),
  ];
}

async function catchUp({ io }: Context, { ports: { host }, upkeep, settle }: Home, key: AliasKey): Promise<void> {
  await upkeep.recover();
  const doc = (await host.read(actorOf(key)))?.state;
  const at = io.clock.now();
  if (doc && isOpen(doc.release) && doc.wakeAt !== null && doc.wakeAt <= at)
    await host.deliver(actorOf(key), { kind: 'tick', at, who: SYSTEM });
  await within(WORK_PATIENCE_MS, settle(), io.clock);
}

/** The alias may have been moved since the release last read it. */
function difference({ seen }: Release, live: AliasSnapshot | undefined): Line[] {
  if (!live) return [labelled('now', ['bad', 'the alias does not exist any more'])];
  if (seen && sameRouting(seen, live)) return [];
  return [labelled('now', ['warn', `${routingText(live)} (read this moment)`])];
}

function noRelease(key: AliasKey, live: AliasSnapshot) {
  return {
    id: null,
    state: 'none',
    reason: 'no release in this state file',
    function: key.function,
    alias: key.alias,
    stable: live.version,
    candidate: live.second?.version ?? null,
    weightPercent: live.second?.weightPercent ?? null,
    evidence: [],
  };
}

function routingOf({ version, second }: AliasSnapshot) {
  return { version, second };
}

async function listOpen(context: Context): Promise<ExitCode> {
  const { host } = (await (await context.wired()).home()).ports;
  const open = await host.list({ open: true, limit: MAX_LISTED });
  const releases = open.flatMap(({ state }) => (state.release ? [state.release] : []));
  const now = context.io.clock.now();
  const trains = await openTrains(context);
  const lines = releases.map((release) =>
    line(
      ['strong', `${release.plan.key.function}:${release.plan.key.alias}`],
      `  ${release.id}  ${release.plan.stable} → ${release.plan.candidate}  `,
      STATE_WORDS[stateOf(release)],
      ['dim', `  switchback status ${flagsOf(release.plan.key)}`],
    ),
  );
  context.output.result(
    {
      releases: releases.map((release) => releaseJson(release, now)),
      trains: trains.map((train) => trainJson(train, new Map(), now)),
    },
    lines.length + trains.length > 0
      ? [...trains.map(trainLine), ...lines]
      : [line('no release is open in this state file; name an alias with --function and --alias')],
  );
  return EXIT.done;
}

async function openTrains(context: Context): Promise<readonly Train[]> {
  const { host } = await (await (await context.wired()).home()).trains();
  const open = await host.list({ open: true, limit: MAX_LISTED });
  return open.flatMap(({ state }) => (state.train ? [state.train] : []));
}

function trainLine(train: Train): Line {
  return line(
    ['strong', `train ${train.name}`],
    `  ${train.id}  ${train.members.length} members  `,
    TRAIN_WORDS[trainStateOf(train)],
    ['dim', `  switchback status --train ${train.name}`],
  );
}
