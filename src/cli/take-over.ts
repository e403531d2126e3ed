import type { Target } from '../app/rollback.ts';
import { rollbackThroughEngine } from '../app/rollback.ts';
import { formatDuration, parseDuration } from '../core/duration.ts';
import { type AliasKey, type AliasSnapshot, actorOf, describeRouting, flagsOf } from '../core/release/alias.ts';
import { isOpen } from '../core/release/release.ts';
import { ABANDONED_MS, type Remains, remainsOf } from '../core/release/remains.ts';
import type { Home } from '../wire.ts';
import type { Context } from './context.ts';
import { EXIT } from './exit.ts';
import { CommandFailure, unwrap, usage } from './failure.ts';
import { follow, sinceNow } from './follow.ts';

/**
 * Takes back what a vanished process has left of its release, so that a new one can begin. A living one is never fought: one
 * that this state knows is only taken back where that was asked for and nobody drives it; one that only the owner tag
 * tells of, where it is old enough. Should its process live all the same, it finds stable restored and ends as rolled back.
 */
export async function takeBackRemains(
  context: Context,
  home: Home,
  { function: fn, alias }: Pick<AliasKey, 'function' | 'alias'>,
): Promise<void> {
  const { ports } = home;
  const asked = limitOf(context.flags.takeOver);
  const { account, region } = await ports.identity.where();
  const key: AliasKey = { account, region, function: fn, alias };
  const [stored, found] = await Promise.all([ports.host.read(actorOf(key)), ports.aliases.get(key)]);
  const now = context.io.clock.now();
  const remains = found && remainsOf(stored?.state.release ?? null, found, now);
  if (!remains || !found) return;
  // Without being asked to, a release that the state knows is left to whoever follows it; the plan says so.
  if (remains.kind === 'open' && asked === undefined) return;
  const ageMs = remains.beganAt === null ? 0 : now - remains.beganAt;
  const limitMs = asked ?? ABANDONED_MS;
  if (ageMs < limitMs) throw tooYoung(key, remains, found, ageMs, limitMs);
  if (remains.kind === 'open') await refuseDriven(context, home, key, remains);
  await takeBack(context, home, key, remains, found, ageMs);
}

function limitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined) throw usage(`--take-over "${text}" is not a time: write a time such as 0s, 30m or 24h`);
  return ms;
}

function tooYoung(key: AliasKey, remains: Remains, found: AliasSnapshot, ageMs: number, limitMs: number): Error {
  const { releaseId, kind, beganAt } = remains;
  const began = beganAt === null ? '' : ` and began ${ago(ageMs)} ago`;
  const whose =
    kind === 'open' ? 'is open' : 'is known by its owner tag only (another machine, or a runner that is gone)';
  const flags = flagsOf(key);
  return new CommandFailure({
    exit: EXIT.refused,
    message: `release ${releaseId} of ${key.function}:${key.alias} ${whose}${began}: ${describeRouting(found)}; it may still be under way, and counts as abandoned after ${formatDuration(limitMs)}`,
    next: `if its process is gone: switchback deploy … --take-over 0s, or switchback rollback ${flags}`,
  });
}

/** How often a lease that may run out is looked at. */
const LOOK_MS = 1_000;

/** Whoever drives the open releases of this state may be at this one; whoever died may only seem to. */
async function refuseDriven(
  { io, output }: Context,
  { upkeep }: Home,
  key: AliasKey,
  { releaseId }: Remains,
): Promise<void> {
  const until = io.clock.now() + (upkeep.leaseMs ?? 0);
  for (let tries = 0; ; tries += 1) {
    const lease = await upkeep.tryBecomeRunner();
    if (lease) return lease.release();
    if (io.clock.now() > until) break;
    if (tries === 0) output.note(`release ${releaseId} is open: looking whether a process still drives it`);
    await io.clock.sleep(LOOK_MS);
  }
  throw new CommandFailure({
    exit: EXIT.refused,
    message: `release ${releaseId} of ${key.function}:${key.alias} is open, and a process is driving it: it is not taken over`,
    next: `switchback watch ${flagsOf(key)}   (or "switchback rollback ${flagsOf(key)}" to end it)`,
  });
}

async function takeBack(
  context: Context,
  home: Home,
  key: AliasKey,
  { releaseId, kind }: Remains,
  found: AliasSnapshot,
  ageMs: number,
): Promise<void> {
  const { output } = context;
  const since = await sinceNow(home, key);
  const open = isOpen(since.doc.release) ? since.doc.release : undefined;
  const version = open?.plan.stable ?? found.version;
  const left = `release ${releaseId} began ${ago(ageMs)} ago and was left half done: ${describeRouting(found)}`;
  if (kind === 'unknown' && !found.second) {
    // Whether it was promoted or had gone back cannot be told; it is one version either way.
    output.note(`${left}; version ${version}, which has all traffic, is where the new release starts from`);
    return;
  }
  output.note(`${left}; taking it back to version ${version} first`);
  const because = `release ${releaseId} was left half done by a process that is gone`;
  const target: Target = { from: found, version, because, blameless: true, findings: [] };
  const who = await home.ports.identity.whoAmI();
  const ordered = unwrap(await rollbackThroughEngine(home.ports, key, target, who, because));
  const { release } = await follow(context, home, key, ordered.id, { since, drive: false });
  if (release.outcome?.state === 'rolledBack') return;
  throw new CommandFailure({
    exit: EXIT.halted,
    message: `${because}, and could not be taken back: ${release.outcome?.reason ?? 'it has not ended'}`,
    next: `switchback repair ${flagsOf(key)}`,
  });
}

function ago(ms: number): string {
  return formatDuration(Math.max(0, Math.round(ms / 1_000) * 1_000)).replace(/^0 ms$/, '0 s');
}
