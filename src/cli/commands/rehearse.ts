import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { startRelease } from '../../app/operate.ts';
import { planRelease, type Wanted } from '../../app/plan-release.ts';
import { formatDuration } from '../../core/duration.ts';
import type { Threshold } from '../../core/release/plan.ts';
import { type Release, stateOf } from '../../core/release/release.ts';
import { parseStrategy } from '../../core/release/strategy.ts';
import { parseThreshold } from '../../core/release/threshold.ts';
import { kindOf } from '../../hosts/kind.ts';
import { releaseJson } from '../../present/json/release.ts';
import { line } from '../../present/text/line.ts';
import { planText } from '../../present/text/plan.ts';
import { releaseScreen } from '../../present/text/release.ts';
import { type Score, scoreboard, timesOf } from '../../present/text/scoreboard.ts';
import type { Wired } from '../../wire.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { unwrap, usage } from '../failure.ts';
import { follow, sinceNow } from '../follow.ts';
import { FAULT_SPECS, FAULTS, type Fault, isFault, OUTAGE } from '../rehearsal/faults.ts';
import { type Concluded, concludeIncident } from '../rehearsal/incident.ts';
import { startLocalProcess } from '../rehearsal/local-process.ts';
import { exampleZip } from '../rehearsal/package.ts';
import { startTaxService, type TaxService } from '../rehearsal/tax-service.ts';
import { startTraffic, type Tally } from '../rehearsal/traffic.ts';
import { ownStateFile, stateFile } from '../run.ts';

const FUNCTION = 'checkout';
const ALIAS = 'live';
const MAX_RPS = 500;
/** After the end, callers are watched a little longer: the scoreboard counts what they really saw. */
const AFTERMATH_MS = 1_500;

/** One rehearsal: what is released, against what traffic, and where its ledger lies. */
interface Rehearsal {
  readonly context: Context;
  readonly wired: Wired;
  readonly fault: Fault;
  readonly rps: number;
  readonly taxService: TaxService;
  readonly ledgerPath: string;
}

/** A game day on a local AWS: a real service, real traffic, a bad version on purpose, from plan to scoreboard. */
export async function run(context: Context): Promise<ExitCode> {
  const { flags, output, io } = context;
  const fault = flags.fault ?? 'errors';
  if (!isFault(fault)) throw usage(`--fault "${fault}" is not known: one of ${FAULTS.join(', ')}`);
  const rps = flags.rps === undefined ? FAULT_SPECS[fault].rps : Number(flags.rps);
  if (!(rps >= 1 && rps <= MAX_RPS)) throw usage(`--rps "${flags.rps}" must be a number from 1 to ${MAX_RPS}`);

  output.say(line(['strong', 'Switchback rehearsal'], ': a release on a local AWS. Nothing leaves this machine.'));
  const local = await startLocalProcess();
  output.say(line(['good', '✔'], ` local AWS at ${local.endpoint}, up in ${formatDuration(local.startedInMs)}`));
  const taxService = await startTaxService();
  const ledgerPath = ledgerFile(context);
  const wired = await io.wire({
    endpointUrl: local.endpoint,
    region: 'us-east-1',
    localOnly: true,
    stateFile: ledgerPath,
    report: (problem) => output.note(`switchback: ${problem}`),
  });
  // What a command would ask its own state for is the rehearsal's here, and nothing of it is the team's.
  const rehearsing: Context = { ...context, wired: () => Promise.resolve(wired) };
  try {
    return await rehearse({ context: rehearsing, wired, fault, rps, taxService, ledgerPath });
  } finally {
    await wired.close();
    await taxService.stop();
    await local.stop();
  }
}

async function rehearse(rehearsal: Rehearsal): Promise<ExitCode> {
  const { context, wired, fault, rps, taxService } = rehearsal;
  const { output, io } = context;
  const { stage } = wired.aws;
  const { stableSource, timeoutMs } = FAULT_SPECS[fault];
  const { version } = await stage.create({
    functionName: FUNCTION,
    alias: ALIAS,
    runtime: 'nodejs22.x',
    handler: 'index.handler',
    timeoutMs,
    memoryMb: 128,
    environment: { TAX_SERVICE: taxService.url },
    zip: exampleZip(stableSource ?? FAULT_SPECS.none.source, 1),
  });
  output.say(
    line(['good', '✔'], ` ${FUNCTION} version ${version} is live: nodejs22.x, alias ${ALIAS}, ${rps} requests/s`),
  );
  const traffic = startTraffic(stage, FUNCTION, ALIAS, rps);
  try {
    await io.clock.sleep(FAULT_SPECS[fault].warmUpMs);
    output.say(line(`  ${traffic.tally().requests} requests answered to warm up`));
    traffic.restart();
    const release = await releaseIt(rehearsal);
    if (!release) return EXIT.interrupted;
    await io.clock.sleep(AFTERMATH_MS);
    const tally = await traffic.stop();
    return score(rehearsal, release, tally, await concludeIncident(context, wired, release, rehearsal.ledgerPath));
  } finally {
    await traffic.stop();
  }
}

/** Releases the new version as anybody would: plan, start, follow. Undefined where a person interrupted it. */
async function releaseIt(rehearsal: Rehearsal): Promise<Release | undefined> {
  const { context, wired, fault } = rehearsal;
  const { output, io } = context;
  const home = await wired.home();
  output.say(line(['strong', 'Releasing a new version'], ` that ${FAULT_SPECS[fault].says}.`));
  const answer = unwrap(await planRelease(home.ports, wantedFor(fault), true));
  if (answer.kind === 'noop') throw new Error(answer.reason);
  output.say(...planText(answer.plan));
  const since = await sinceNow(home, answer.plan.key);
  const who = await home.ports.identity.whoAmI();
  const started = unwrap(await startRelease(home.ports, answer.plan, answer.readings, who, 'rehearsal'));
  const outage = fault === 'outage' ? sufferOutage(rehearsal) : undefined;
  const followed = await follow(context, home, answer.plan.key, started.id, { since, drive: true });
  await outage;
  // The live block is gone by now; what it showed last stays to be read.
  if (output.live) output.say(...releaseScreen(followed.release, io.clock.now()));
  return followed.end === 'settled' ? followed.release : undefined;
}

/** The dependency fails while the release is under way, and comes back. */
async function sufferOutage({ context: { output, io }, taxService }: Rehearsal): Promise<void> {
  await io.clock.sleep(OUTAGE.afterMs);
  output.note('the tax service, which both versions need, now fails 7 of 10 requests');
  taxService.fail(70);
  await io.clock.sleep(OUTAGE.forMs);
  taxService.fail(0);
  output.note('the tax service answers again');
}

function score(
  { context, fault, ledgerPath }: Rehearsal,
  release: Release,
  tally: Tally,
  concluded: Concluded,
): ExitCode {
  const { output, io } = context;
  const board: Score = {
    ...tally,
    release,
    expected: FAULT_SPECS[fault].ends,
    firstHurtAt: tally.firstHurtAt[release.plan.candidate],
    ledgerPath,
  };
  const { requests, hurt, byVersion } = tally;
  const figures = { fault, requests, hurt, byVersion, ...timesOf(board), ledger: ledgerPath };
  output.result({ ...releaseJson(release, io.clock.now()), ...figures, incident: concluded.json }, [
    ...scoreboard(board),
    ...concluded.lines,
  ]);
  return stateOf(release) === board.expected ? EXIT.done : EXIT.unexpected;
}

function wantedFor(fault: Fault): Wanted {
  const { strategy, bakeMs, source, thresholds } = FAULT_SPECS[fault];
  const read = parseStrategy(strategy, bakeMs);
  if (!read.ok) throw new Error(read.problem);
  return {
    function: FUNCTION,
    alias: ALIAS,
    source: { kind: 'zip', zip: exampleZip(source, 2), from: 'examples/checkout' },
    strategy,
    steps: read.steps,
    gates: [],
    alarms: [],
    allowedAlarms: {},
    thresholds: thresholds.map(threshold),
    judge: { alpha: 0.01 },
    signals: { logs: true, metrics: true },
  };
}

function threshold(text: string): Threshold {
  const read = parseThreshold(text);
  if (!read.ok) throw new Error(read.problem);
  return read.threshold;
}

/** Beside the state of real releases where that is a file, one file a rehearsal; never mixed with them. */
function ledgerFile({ flags, io }: Context): string {
  if (flags.state !== undefined) return stateFile(flags, io);
  const usual = stateFile({}, io);
  const folder = path.join(path.dirname(kindOf(usual) === 'file' ? usual : ownStateFile(io)), 'rehearsals');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stamp = new Date(io.clock.now()).toISOString().replace(/[:.]/g, '-').slice(0, 19);
  return path.join(folder, `${stamp}.sqlite`);
}
