import { textOf } from '../app/error-text.ts';
import { within } from '../app/within.ts';
import type { AliasKey } from '../core/release/alias.ts';
import type { Home } from '../wire.ts';
import type { Context } from './context.ts';
import { EXIT } from './exit.ts';
import { CommandFailure } from './failure.ts';

/** Incidents that cannot be read stop nobody. */
const PATIENCE_MS = 5_000;

/** While users are being hurt, releases go forward only when the incident's commander says so. Rolling back is never asked about. */
export async function mayGoForward({ io, output }: Context, home: Home, alias: AliasKey): Promise<void> {
  const look = async () => {
    const { forwardGuard } = await import('../app/incident/forward.ts');
    return forwardGuard(await home.incidents(), alias);
  };
  const found = await within(PATIENCE_MS, look(), io.clock).catch((error: unknown) => {
    output.note(`whether an incident is live could not be seen: ${textOf(error)}`);
    return undefined;
  });
  if (!found) return;
  throw new CommandFailure({
    exit: EXIT.refused,
    message: found.why,
    next: `switchback incident allow-forward ${found.incident.id} --reason TEXT, or switchback incident show ${found.incident.id}`,
  });
}
