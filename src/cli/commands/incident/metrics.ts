import { performance } from '../../../app/incident/performance.ts';
import { performanceText } from '../../../present/text/performance.ts';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode } from '../../exit.ts';
import { usage } from '../../failure.ts';

const DEFAULT_DAYS = 30;
const MAX_DAYS = 3_650;
const DAY_MS = 86_400_000;

/** How releases and incidents of the last days went: DORA's measures, and the clocks of the incidents. */
export async function run(context: Context): Promise<ExitCode> {
  const { flags, io, output } = context;
  const days = flags.days === undefined ? DEFAULT_DAYS : Number(flags.days);
  if (!(days > 0 && days <= MAX_DAYS))
    throw usage(`--days "${flags.days}" is not possible: write a number up to ${MAX_DAYS}`);
  const home = await (await context.wired()).home();
  const { host: incidents } = await home.incidents();
  const toMs = io.clock.now() + 1;
  const measured = await performance({ releases: home.ports.host, incidents }, { fromMs: toMs - days * DAY_MS, toMs });
  output.result(measured, performanceText(measured));
  return EXIT.done;
}
