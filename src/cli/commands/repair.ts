import { aftermath } from '../../app/aftermath.ts';
import { type Examination, examine, repairTarget } from '../../app/codedeploy/repair.ts';
import type { Ports } from '../../app/ports/index.ts';
import { rollbackDirectly, rollbackThroughEngine, type Target } from '../../app/rollback.ts';
import { within } from '../../app/within.ts';
import type { Drift } from '../../core/doctor/drift.ts';
import { type AliasKey, alone, type Routing, sameRouting } from '../../core/release/alias.ts';
import { aftermathText } from '../../present/text/aftermath.ts';
import { repairText, stackHint } from '../../present/text/repair.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { unwrap } from '../failure.ts';
import { follow } from '../follow.ts';
import { aliasKey } from '../target.ts';
import { ABSENT, openState, type State } from './rollback.ts';

/** What is left to do is a help; nobody waits for it long. */
const AFTERMATH_PATIENCE_MS = 3_000;
const ENGINE_PATIENCE_MS = 1_000;

/** Finds out what is wrong with an alias and puts it in order. Never asks; `--dry-run` only says what it found. */
export async function run(context: Context): Promise<ExitCode> {
  const { flags, io } = context;
  const startedAt = io.clock.now();
  const wired = await context.wired();
  const key = await aliasKey(context);
  const state = await openState(context, wired, key);
  const ports: Ports = state?.home.ports ?? { ...wired.aws, clock: io.clock, host: ABSENT };
  const found = unwrap(await examine(ports, key));
  if (found.fault.kind === 'healthy' && flags.to === undefined) return tell(context, found, null);
  const target = repairTarget(found, flags.to);
  // What only a person can decide is explained, with what the stack believes; it exits as refused.
  if (!target.ok && found.fault.kind === 'mismatch')
    return tell(context, found, null, undefined, await driftAfter(context, ports, found));
  const wanted = unwrap(target);
  if (flags.dryRun) return tell(context, found, wanted.version);
  const readBack =
    (state && (await throughEngine(context, state, wanted))) ?? (await directly(context, ports, key, wanted));
  const drift = await driftAfter(context, ports, found);
  return tell(context, found, wanted.version, { readBack, tookMs: io.clock.now() - startedAt }, drift);
}

/** The alias as read back; undefined where the state did not take the order in time. */
async function throughEngine(
  context: Context,
  { home, since }: State,
  target: Target,
): Promise<Routing | null | undefined> {
  const { io, flags, output } = context;
  const { key } = since.doc;
  const who = await home.ports.identity.whoAmI();
  const why = flags.reason ?? `repair: ${target.because}`;
  const ordered = await within(ENGINE_PATIENCE_MS, rollbackThroughEngine(home.ports, key, target, who, why), io.clock);
  if (!ordered) {
    output.note('the state did not take the order within a second: moving the alias without it');
    return undefined;
  }
  const { release } = await follow(context, home, key, unwrap(ordered).id, { since, drive: false });
  return release.seen;
}

async function directly({ output }: Context, ports: Ports, key: AliasKey, target: Target): Promise<Routing> {
  output.note('the ledger does not hold this repair, AWS CloudTrail does');
  return unwrap(await rollbackDirectly(ports, key, target));
}

async function driftAfter({ io }: Context, ports: Ports, { key }: Examination): Promise<Drift | null> {
  return (await within(AFTERMATH_PATIENCE_MS, aftermath(ports, key, null), io.clock))?.drift ?? null;
}

function tell(
  { output }: Context,
  { key, alias, fault, unread }: Examination,
  to: string | null,
  done?: { readonly readBack: Routing | null; readonly tookMs: number },
  drift: Drift | null = null,
): ExitCode {
  const isRepaired = done?.readBack && to !== null && sameRouting(done.readBack, alone(to));
  const then = drift || to === null ? null : stackHint(fault);
  const state = done ? (isRepaired ? 'repaired' : 'halted') : fault.kind === 'healthy' ? 'healthy' : 'planned';
  const shown = (routing: Routing) => ({ version: routing.version, second: routing.second });
  output.result(
    {
      id: null,
      state,
      reason: fault.told,
      function: key.function,
      alias: key.alias,
      stable: to ?? alias.version,
      candidate: alias.second?.version ?? null,
      weightPercent: (done?.readBack ?? alias).second?.weightPercent ?? 0,
      evidence: [],
      fault,
      from: shown(alias),
      to,
      readBack: done?.readBack ? shown(done.readBack) : null,
      ...(done ? { tookMs: done.tookMs } : { dryRun: true }),
      unread,
      drift,
      then,
    },
    [
      ...repairText({ key, from: alias, fault, unread, to, then, ...(done ? { done } : {}) }),
      ...(drift ? aftermathText({ drift, pinned: null }) : []),
    ],
  );
  if (done && !isRepaired) return EXIT.halted;
  return !done && to === null && fault.kind !== 'healthy' ? EXIT.refused : EXIT.done;
}
