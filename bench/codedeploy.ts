/**
 * The same bad release three ways, side by side on one local AWS: shifted by CodeDeploy with the alarms that SAM's documentation
 * gives, shifted by Switchback, and shifted by CodeDeploy while Switchback watches. Real time throughout: a minute of
 * CodeDeploy and of CloudWatch lasts a minute.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startLocalProcess } from '../src/cli/rehearsal/local-process.ts';
import { DRIVERS, type Driver, type LaneFigures, runLane } from './codedeploy/lane.ts';
import { Stand } from './codedeploy/stand.ts';
import { readOptions } from './options.ts';

/** Share of the candidate's requests that fail. The stable version never fails: the alarms of CodeDeploy count any error. */
const ERROR_SHARES = [0.5, 0.05];
const REQUESTS_PER_SECOND = 10;

interface ScenarioFigures {
  readonly candidateFailsPercent: number;
  readonly requestsPerSecond: number;
  readonly lanes: Readonly<Record<Driver, LaneFigures>>;
}

/** `--errors 0.2` for one share instead of the usual two, `--rps 30` for other traffic. */
export async function run(args: readonly string[]): Promise<void> {
  const { errors, rps = REQUESTS_PER_SECOND, json } = readOptions(args, ['json'], ['errors', 'rps']);
  if (errors !== undefined && errors > 1) throw new Error(`--errors ${errors} is not possible: a share from 0 to 1`);
  if (rps < 1 || rps > 200) throw new Error(`--rps ${rps} is not possible: a number from 1 to 200`);
  const local = await startLocalProcess();
  const folder = mkdtempSync(path.join(tmpdir(), 'switchback-bench-'));
  const stand = new Stand(local.endpoint, folder);
  try {
    await stand.open();
    // The lanes of one share run at the same time; the shares one after another, so that the machine is not what is measured.
    const scenarios: ScenarioFigures[] = [];
    for (const share of errors === undefined ? ERROR_SHARES : [errors]) scenarios.push(await scenario(share));
    print({ strategy: stand.strategyText, minuteMs: 60_000, factor: 1, scenarios }, json);
  } finally {
    stand.close();
    await local.stop();
    rmSync(folder, { recursive: true, force: true });
  }

  async function scenario(errorShare: number): Promise<ScenarioFigures> {
    const figures = await Promise.all(
      DRIVERS.map(async (driver) => [driver, await runLane(stand, { driver, errorShare, rps })] as const),
    );
    const lanes = Object.fromEntries(figures) as Record<Driver, LaneFigures>;
    return { candidateFailsPercent: errorShare * 100, requestsPerSecond: rps, lanes };
  }
}

interface Figures {
  readonly strategy: string;
  /** How long a minute of CodeDeploy lasted, and how much shorter than a real one that is. */
  readonly minuteMs: number;
  readonly factor: number;
  readonly scenarios: readonly ScenarioFigures[];
}

function print(figures: Figures, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    return;
  }
  process.stdout.write(`${figures.strategy}; a minute of CodeDeploy lasts a minute (factor ${figures.factor})\n`);
  for (const { candidateFailsPercent, requestsPerSecond, lanes } of figures.scenarios) {
    process.stdout.write(
      `\n${candidateFailsPercent} % of the candidate's requests fail, ${requestsPerSecond} requests/s\n`,
    );
    for (const [driver, lane] of Object.entries(lanes)) {
      const restored = lane.restoredAfterMs === null ? 'never' : `${(lane.restoredAfterMs / 1_000).toFixed(1)} s`;
      process.stdout.write(
        `  ${driver.padEnd(22)} ${String(lane.requestsHurt).padStart(5)} requests hurt   restored after ${restored.padStart(8)}   ${lane.endedBy}\n`,
      );
    }
  }
}
