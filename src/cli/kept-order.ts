import { orderRollback } from '../app/rollback.ts';
import { within } from '../app/within.ts';
import { isOpen } from '../core/release/release.ts';
import type { Wired } from '../wire.ts';
import type { Context } from './context.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { follow, report, sinceNow } from './follow.ts';
import { knownKey } from './target.ts';

/** What passes by itself, or when somebody signs in; whoever drives the release may not have it at all. */
const PASSING: readonly string[] = ['unavailable', 'throttled', 'unauthenticated'];

/** Whether AWS cannot be asked from here and now. */
export function isCutOff(problem: unknown): boolean {
  return (
    problem instanceof Error &&
    problem.name === 'AwsProblem' &&
    'kind' in problem &&
    PASSING.includes(String(problem.kind))
  );
}

/** A state that does not take the order within this is not there for it. */
const ORDER_PATIENCE_MS = 3_000;
const WHO_PATIENCE_MS = 500;

/**
 * Leaves a rollback with the open release that the state knows by this name, and stays until it is carried out: by whoever
 * drives the release, or by this process once AWS answers it. `why` AWS cannot be asked. Undefined where no order was left,
 * as the state does not answer or does not know what is meant.
 */
export async function keepOrder(context: Context, wired: Wired, why: string): Promise<ExitCode | undefined> {
  const leaving = leaveOrder(context, wired).catch(() => undefined);
  const left = await within(ORDER_PATIENCE_MS, leaving, context.io.clock);
  if (!left) return undefined;
  const { home, since, release } = left;
  context.output.note(
    `AWS cannot be asked from here (${why}). Release ${release.id} has the order to go back to version ${release.plan.stable}, and goes back as soon as AWS answers whoever drives it`,
  );
  const followed = await follow(context, home, release.plan.key, release.id, { since, drive: true });
  const exit = report(context, followed);
  return followed.release.outcome?.state === 'rolledBack' ? EXIT.done : exit;
}

async function leaveOrder(context: Context, wired: Wired) {
  const { flags } = context;
  const key = await knownKey(context, { open: true });
  if (!key) return undefined;
  const home = await wired.home();
  const since = await sinceNow(home, key);
  const { release } = since.doc;
  if (!isOpen(release) || (flags.to ?? release.plan.stable) !== release.plan.stable) return undefined;
  const who = await wired.aws.identity.whoAmI(WHO_PATIENCE_MS);
  return { home, since, release: await orderRollback(home.ports, release, who, flags.reason) };
}
