import { aftermath } from '../../app/aftermath.ts';
import { within } from '../../app/within.ts';
import { diagnose } from '../../core/doctor/rules.ts';
import { releasesTold, toldOf } from '../../core/history/told.ts';
import { flagsOf } from '../../core/release/alias.ts';
import { releaseJson } from '../../present/json/release.ts';
import { aftermathText } from '../../present/text/aftermath.ts';
import { diagnosisText, nextCommand } from '../../present/text/diagnose.ts';
import { storyOf } from '../../present/text/story.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { CommandFailure } from '../failure.ts';
import { readTold } from '../ledger.ts';
import { recordedKey } from '../target.ts';

/** The log group is a detail: without it the usual name is printed. */
const LOG_GROUP_PATIENCE_MS = 3_000;
const AFTERMATH_PATIENCE_MS = 3_000;

export async function run(context: Context): Promise<ExitCode> {
  const { flags, output, io } = context;
  const key = await recordedKey(context);
  const wired = await context.wired();
  const { told, now: standing } = await readTold(await wired.home(), key);
  const past = releasesTold(told, standing);
  const found = flags.release === undefined ? past[0] : past.find(({ release }) => release.id === flags.release);
  if (!found) {
    const which = flags.release === undefined ? 'has no release' : `has no release ${flags.release}`;
    throw new CommandFailure({
      exit: EXIT.usage,
      message: `${key.function}:${key.alias} ${which} in this state file`,
      next:
        flags.release === undefined
          ? `switchback repair ${flagsOf(key)} --dry-run   tells whether the alias itself is in order`
          : `switchback history ${flagsOf(key)}`,
    });
  }
  const { release } = found;
  const facts = await within(
    LOG_GROUP_PATIENCE_MS,
    wired.aws.versions.get(key.function, release.plan.candidate).catch(() => undefined),
    io.clock,
  );
  const logGroup = facts?.logGroup ?? null;
  const ended = release.outcome?.state === 'rolledBack';
  const left = ended
    ? await within(
        AFTERMATH_PATIENCE_MS,
        aftermath((await wired.home()).ports, release.plan.key, release.plan.candidate),
        io.clock,
      )
    : undefined;
  const now = io.clock.now();
  const { verdicts, findings } = diagnose(release, now);
  const mine = toldOf(told, release.id);
  output.result(
    {
      ...releaseJson(release, now),
      drift: left?.drift ?? null,
      pinned: left?.pinned ?? null,
      findings: findings.map((finding) => ({
        ...finding,
        next: finding.next.map((next) => ({ command: nextCommand({ release, logGroup }, next), why: next.why })),
      })),
      timeline: mine.flatMap(({ event, outcome }) => {
        const { text, routine } = storyOf(event, outcome.followed ?? null);
        return routine ? [] : [{ at: new Date(event.at).toISOString(), kind: event.kind, who: event.who, text }];
      }),
    },
    [...diagnosisText({ release, verdicts, findings, turns: mine, logGroup }), ...(left ? aftermathText(left) : [])],
  );
  return EXIT.done;
}
