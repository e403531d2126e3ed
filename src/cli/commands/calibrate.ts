import { calibrationsOn } from '../../app/calibrate/calibrations.ts';
import { calibrateAlias } from '../../app/calibrate.ts';
import { DEFAULTS, valuesOf } from '../../app/settings.ts';
import { routerOf } from '../../core/release/router.ts';
import { calibrationText } from '../../present/text/calibration.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { unwrap, usage } from '../failure.ts';
import { aliasKey, releaseSettings } from '../target.ts';

const DEFAULT_HOURS = 24;
/** Older logs tell of other code and other traffic. */
const MAX_HOURS = 14 * 24;
/** Reading may take two minutes; so often it says how far it is. */
const PROGRESS_PARTS = 4;

/** Learns from the stable version's own logs, and keeps it for the plans of this alias. */
export async function run(context: Context): Promise<ExitCode> {
  const { flags, output, io } = context;
  const hours = flags.hours === undefined ? DEFAULT_HOURS : Number(flags.hours);
  if (!(hours > 0 && hours <= MAX_HOURS))
    throw usage(`--hours "${flags.hours}" is not possible: write a number above 0, at most ${MAX_HOURS}`);
  const key = await aliasKey(context);
  if (routerOf(key))
    throw usage(
      `${key.function} leads to two functions, and only an alias’s past can be learned`,
      'add --function NAME --alias NAME',
    );
  const alpha = await alphaOf(context);
  const wired = await context.wired();
  const calibrations = calibrationsOn(await wired.shelf('calibrations'));
  output.note(`${key.function}:${key.alias}: reading the logs of the last ${hours} h`);
  let told = 0;
  const progress = (part: number): void => {
    const parts = Math.floor(part * PROGRESS_PARTS);
    if (parts <= told) return;
    told = parts;
    output.note(part < 1 ? `${Math.round(part * 100)} % read` : 'read; releasing the version against itself');
  };
  const options = {
    key,
    hours,
    alpha,
    progress,
    ...(flags.logGroup === undefined ? {} : { logGroup: flags.logGroup }),
  };
  const learned = unwrap(await calibrateAlias({ ...wired.aws, calibrations, clock: io.clock }, options));
  const { madeAtMs, span, shape } = learned;
  output.result(
    {
      ...learned,
      function: key.function,
      alias: key.alias,
      madeAt: new Date(madeAtMs).toISOString(),
      from: new Date(span.fromMs).toISOString(),
      until: new Date(span.untilMs).toISOString(),
      errorRate: shape.errors / shape.invocations,
    },
    calibrationText(learned),
  );
  return EXIT.done;
}

/** The judge is tested with the alpha that releases of this alias use. */
async function alphaOf(context: Context): Promise<number> {
  const { judge } = valuesOf(await releaseSettings(context));
  return typeof judge === 'number' ? judge : Number(DEFAULTS.judge);
}
