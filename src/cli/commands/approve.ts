import { asked, decideApproval, personOf } from '../../app/approve.ts';
import { within } from '../../app/within.ts';
import { actorOf, flagsOf } from '../../core/release/alias.ts';
import { approvalJson } from '../../present/json/approval.ts';
import { releaseJson } from '../../present/json/release.ts';
import { approvalText } from '../../present/text/approval.ts';
import { line } from '../../present/text/line.ts';
import { releaseScreen } from '../../present/text/release.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { unwrap, usage } from '../failure.ts';
import { aliasKey } from '../target.ts';

/** What a word sets in motion at once is awaited this long; whoever runs next performs what takes longer. */
const PATIENCE_MS = 10_000;

/** Shows what is asked, and gives the caller's word on exactly that. */
export async function run(context: Context): Promise<ExitCode> {
  const { io, flags, output } = context;
  const key = await aliasKey(context);
  const home = await (await context.wired()).home();
  const { ports } = home;
  const question = unwrap(await asked(ports, key, flags.gate));
  const { release, name, gate, run: asking, shown } = question;
  if (flags.dryRun) {
    output.result({ ...approvalJson(release, name, gate, asking, shown), dryRun: true }, [
      ...approvalText(release, name, gate, asking),
      line(['dim', 'nothing was answered; to approve exactly this:']),
      line(['strong', `switchback approve ${flagsOf(key)} --digest ${asking.digest?.slice(0, 12)} --reason "…"`]),
    ]);
    return EXIT.done;
  }
  if (flags.reason === undefined)
    throw usage(
      `an ${flags.deny ? 'answer' : 'approval'} needs a reason: it is kept with the release`,
      `switchback approve ${flagsOf(key)}${flags.deny ? ' --deny' : ''} --reason "why"   (--dry-run shows what is asked)`,
    );
  output.say(...approvalText(release, name, gate, asking));
  const person = personOf(await ports.identity.whoAmI());
  const decision = {
    decision: flags.deny ? ('deny' as const) : ('approve' as const),
    why: flags.reason,
    // What was just printed is what is meant, unless the caller saw it elsewhere.
    digest: flags.digest ?? asking.digest ?? '',
  };
  const decided = unwrap(await decideApproval(ports, question, person, decision));
  await within(PATIENCE_MS, home.settle(), io.clock);
  const now = (await ports.host.read(actorOf(key)))?.state.release;
  const last = now?.id === decided.id ? now : decided;
  output.result(releaseJson(last, io.clock.now()), releaseScreen(last, io.clock.now()));
  return EXIT.done;
}
