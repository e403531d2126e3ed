import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { startRelease } from '../../app/operate.ts';
import { planRelease, type Wanted } from '../../app/plan-release.ts';
import { formatDuration } from '../../core/duration.ts';
import type { Threshold } from '../../core/release/plan.ts';
import { type Release, stateOf } from '../../core/release/release.ts';
import { parseStrategy } from '../../core/release/strategy.ts';
import { parseThreshold } from '../../core/release/threshold.ts';
import { releaseJson } from '../../present/json/release.ts';
import { line } from '../../present/text/line.ts';
import { planText } from '../../present/text/plan.ts';
import { releaseScreen } from '../../present/text/release.ts';
import { type Score, scoreboard, timesOf } from '../../present/text/scoreboard.ts';
import type { Home, Wired } from '../../wire.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { unwrap, usage } from '../failure.ts';
import { follow, sinceNow } from '../follow.ts';
import { FAULT_SPECS, FAULTS, type Fault, isFault } from '../rehearsal/faults.ts';
import { startLocalProcess } from '../rehearsal/local-process.ts';
import { exampleZip } from '../rehearsal/package.ts';
import { startTraffic, type Traffic } from '../rehearsal/traffic.ts';
import { stateFile } from '../run.ts';

const FUNCTION = 'checkout';
const ALIAS = 'live';
const DEFAULT_RPS = 60;
const MAX_RPS = 500;
/** Long enough for the stable version to be warm and known, short enough to be watched. */
const WARM_UP_MS = 3_000;
/** After the end, callers are watched a little longer: the scoreboard counts what they really saw. */
const AFTERMATH_MS = 1_500;

/** A game day on a local AWS: a real service, real traffic, a bad version on purpose, from plan to scoreboard. */
export async function run(context: Context): Promise<ExitCode> {
  const { flags, output, io } = context;
  const fault = flags.fault ?? 'errors';
  if (!isFault(fault)) throw usage(`--fault "${fault}" is not known: one of ${FAULTS.join(', ')}`);
  const rps = flags.rps === undefined ? DEFAULT_RPS : Number(flags.rps);
  if (!(rps >= 1 && rps <= MAX_RPS)) throw usage(`--rps "${flags.rps}" must be a number from 1 to ${MAX_RPS}`);

  output.say(line(['strong', 'Switchback rehearsal'], ': a release on a local AWS. Nothing leaves this machine.'));
  const local = await startLocalProcess();
  output.say(line(['good', '✔'], ` local AWS at ${local.endpoint}, up in ${formatDuration(local.startedInMs)}`));
  const ledgerPath = ledgerFile(context);
  const wired = await io.wire({
    endpointUrl: local.endpoint,
    region: 'us-east-1',
    localOnly: true,
    stateFile: ledgerPath,
    report: (problem) => output.note(`switchback: ${problem}`),
  });
  try {
    return await rehearse(context, wired, fault, rps, ledgerPath);
  } finally {
    await wired.close();
    await local.stop();
  }
}

async function rehearse(
  context: Context,
  wired: Wired,
  fault: Fault,
  rps: number,
  ledgerPath: string,
): Promise<ExitCode> {
  const { output, io } = context;
  const home = await wired.home();
  const { version } = await wired.aws.stage.create({
    functionName: FUNCTION,
    alias: ALIAS,
    runtime: 'nodejs22.x',
    handler: 'index.handler',
    timeoutMs: 1_000,
    memoryMb: 128,
    zip: await exampleZip('none', 1),
  });
  output.say(
    line(['good', '✔'], ` ${FUNCTION} version ${version} is live: nodejs22.x, alias ${ALIAS}, ${rps} requests/s`),
  );
  const traffic = startTraffic(wired.aws.stage, FUNCTION, ALIAS, rps);
  try {
    await io.clock.sleep(WARM_UP_MS);
    const before = traffic.tally();
    output.say(line(`  ${before.requests} requests answered, ${before.hurt} hurt (warm-up, not counted)`));
    traffic.restart();
    const release = await releaseIt(context, home, fault);
    if (!release) return EXIT.interrupted;
    await io.clock.sleep(AFTERMATH_MS);
    return await judge(context, release, fault, traffic, ledgerPath);
  } finally {
    await traffic.stop();
  }
}

/** Releases the faulty version as anybody would: plan, start, follow. Undefined where a person interrupted it. */
async function releaseIt(context: Context, home: Home, fault: Fault): Promise<Release | undefined> {
  const { output } = context;
  output.say(line(['strong', 'Releasing a new version'], ` that ${FAULT_SPECS[fault].says}.`));
  const answer = unwrap(await planRelease(home.ports, await wantedFor(fault), true));
  if (answer.kind === 'noop') throw new Error(answer.reason);
  output.say(...planText(answer.plan));
  const since = await sinceNow(home, answer.plan.key);
  const who = await home.ports.identity.whoAmI();
  const started = unwrap(await startRelease(home.ports, answer.plan, answer.readings, who, 'rehearsal'));
  const followed = await follow(context, home, answer.plan.key, started.id, { since, drive: true });
  // The live block is gone by now; what it showed last stays to be read.
  if (output.live) output.say(...releaseScreen(followed.release, context.io.clock.now()));
  return followed.end === 'settled' ? followed.release : undefined;
}

async function judge(
  { output, io }: Context,
  release: Release,
  fault: Fault,
  traffic: Traffic,
  ledgerPath: string,
): Promise<ExitCode> {
  const tally = await traffic.stop();
  const { candidate } = release.plan;
  const score: Score = {
    release,
    expected: fault === 'none' ? 'promoted' : 'rolledBack',
    ...tally,
    firstHurtAt: tally.firstHurtAt[candidate],
    candidateLastAt: tally.lastServedAt[candidate],
    ledgerPath,
  };
  const { requests, hurt, byVersion } = tally;
  output.result(
    {
      ...releaseJson(release, io.clock.now()),
      fault,
      requests,
      hurt,
      byVersion,
      ...timesOf(score),
      ledger: ledgerPath,
    },
    scoreboard(score),
  );
  return stateOf(release) === score.expected ? EXIT.done : EXIT.unexpected;
}

async function wantedFor(fault: Fault): Promise<Wanted> {
  const strategy = fault === 'none' ? 'canary 10% 8s' : 'canary 10% 30s';
  const read = parseStrategy(strategy, 5_000);
  if (!read.ok) throw new Error(read.problem);
  return {
    function: FUNCTION,
    alias: ALIAS,
    source: { kind: 'zip', zip: await exampleZip(fault, 2), from: 'examples/checkout' },
    strategy,
    steps: read.steps,
    preTraffic: null,
    postTraffic: null,
    alarms: [],
    allowedAlarms: {},
    thresholds: [threshold('error rate > 10% for 10s'), threshold('p90 > 200ms for 3s')],
    judge: { alpha: 0.01 },
    signals: { logs: true, metrics: true },
  };
}

function threshold(text: string): Threshold {
  const read = parseThreshold(text);
  if (!read.ok) throw new Error(read.problem);
  return read.threshold;
}

/** Beside the state of real releases, one file a rehearsal; never mixed with them. */
function ledgerFile({ flags, io }: Context): string {
  if (flags.state !== undefined) return stateFile(flags, io);
  const folder = path.join(path.dirname(stateFile({}, io)), 'rehearsals');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stamp = new Date(io.clock.now()).toISOString().replace(/[:.]/g, '-').slice(0, 19);
  return path.join(folder, `${stamp}.sqlite`);
}
