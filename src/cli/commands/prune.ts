import { planPrune, prune } from '../../app/prune.ts';
import { KEEP_GOOD, MAX_KEEP } from '../../core/release/retention.ts';
import { labelled, line } from '../../present/text/line.ts';
import { pruneText, ranges } from '../../present/text/prune.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { CommandFailure, unwrap, usage } from '../failure.ts';
import { functionName } from '../target.ts';

/** Deletes versions that nothing needs. Without --yes it only says which: a deleted version does not come back. */
export async function run(context: Context): Promise<ExitCode> {
  const { flags, output } = context;
  const keepGood = flags.keep === undefined ? KEEP_GOOD : Number(flags.keep);
  if (!(Number.isInteger(keepGood) && keepGood >= 1 && keepGood <= MAX_KEEP))
    throw usage(`--keep "${flags.keep}" is not possible: write a number from 1 to ${MAX_KEEP}`);
  const name = await functionName(context);
  const { ports } = await (await context.wired()).home();
  const plan = unwrap(await planPrune(ports, name, keepGood));
  const going = plan.verdicts.filter(({ keep }) => !keep);
  const act = flags.yes === true && flags.dryRun !== true && going.length > 0;
  if (act && plan.unread.length > 0 && flags.force !== true)
    throw new CommandFailure({
      exit: EXIT.refused,
      message: `${plan.unread.join('; ')}: a version that is still needed could be deleted`,
      next: 'allow it to be read, or add --force',
    });
  if (!act) {
    output.result({ ...plan, removed: [], refused: [], dryRun: true }, [
      ...pruneText(plan),
      ...(going.length > 0 ? [line(['dim', 'nothing was deleted; --yes deletes for good'])] : []),
    ]);
    return EXIT.done;
  }
  const done = await prune(ports, plan);
  output.result({ ...plan, ...done, dryRun: false }, [
    ...pruneText(plan),
    labelled('deleted', ['good', done.removed.length > 0 ? ranges(done.removed) : 'none']),
    ...done.refused.map(({ version, why }) => labelled('not', ['warn', `${version}: ${why}`])),
  ]);
  return done.refused.length > 0 ? EXIT.unexpected : EXIT.done;
}
