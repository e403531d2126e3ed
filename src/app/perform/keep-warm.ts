import type { WarmUp } from '../perform.ts';
import type { Invoker } from '../ports/invoker.ts';

/** A function that takes longer is warm by then. */
const PATIENCE_MS = 30_000;

/** As many invocations at once as environments are to stay ready. What they answer, or fail with, is no matter. */
export async function keepWarm(
  { function: name, version, warm }: Parameters<WarmUp>[0],
  invoker: Invoker,
  signal: AbortSignal = AbortSignal.timeout(PATIENCE_MS),
): Promise<void> {
  const one = () => invoker.invokeVersion(name, version, warm.event, signal).catch(() => undefined);
  await Promise.all(Array.from({ length: warm.concurrency }, one));
}
