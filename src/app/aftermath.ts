import { type Drift, driftOf } from '../core/doctor/drift.ts';
import { type AliasKey, actorOf } from '../core/release/alias.ts';
import type { Ports } from './ports/index.ts';
import type { DurableExecution } from './ports/retention.ts';

/** More than this are counted by nobody at 3 a.m. */
const MAX_LISTED = 50;

/** What a rollback does not undo, as far as it can be seen. */
export interface Aftermath {
  /** What the stack that made the alias still believes. */
  readonly drift: Drift | null;
  /** The version that was taken away, and the durable executions that still run on it. */
  readonly pinned: { readonly version: string; readonly executions: readonly DurableExecution[] } | null;
}

/**
 * Looks at what stays behind after a rollback from `bad`: the stack's belief, and durable executions, which stay on the
 * version that they began on (Lambda developer guide). What cannot be read is left out: this is a help, not a promise.
 */
export async function aftermath(
  ports: Pick<Ports, 'stacks' | 'retention' | 'aliases' | 'host'>,
  key: AliasKey,
  bad: string | null,
): Promise<Aftermath> {
  const [belief, live, stored, executions] = await Promise.all([
    ports.stacks.beliefOf(key).catch(() => undefined),
    ports.aliases.get(key).catch(() => undefined),
    ports.host.read(actorOf(key)).catch(() => undefined),
    bad === null ? [] : ports.retention.durable(key.function, bad, MAX_LISTED).catch(() => []),
  ]);
  const drift = belief && live ? driftOf(belief, live, stored?.state.release ?? null) : undefined;
  return {
    drift: drift ?? null,
    pinned: bad !== null && executions.length > 0 ? { version: bad, executions } : null,
  };
}
