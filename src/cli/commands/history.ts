import { releasesTold } from '../../core/history/told.ts';
import { releaseJson } from '../../present/json/release.ts';
import { historyText } from '../../present/text/history.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { usage } from '../failure.ts';
import { readTold } from '../ledger.ts';
import { recordedKey } from '../target.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 10_000;

export async function run(context: Context): Promise<ExitCode> {
  const { flags, output, io } = context;
  if (flags.train !== undefined) return (await import('../train/commands.ts')).trainHistory(context);
  const limit = flags.limit === undefined ? DEFAULT_LIMIT : Number(flags.limit);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT))
    throw usage(`--limit "${flags.limit}" is not possible: write a number from 1 to ${MAX_LIMIT}`);
  const key = await recordedKey(context);
  const { told, now: standing, truncated } = await readTold(await (await context.wired()).home(), key);
  const past = releasesTold(told, standing);
  const shown = past.slice(0, limit);
  const now = io.clock.now();
  output.result(
    {
      function: key.function,
      alias: key.alias,
      releases: shown.map(({ release, rolledBackBy }) => ({ ...releaseJson(release, now), rolledBackBy })),
    },
    historyText(key, shown, truncated || shown.length < past.length),
  );
  return EXIT.done;
}
