import { setTimeout as pause } from 'node:timers/promises';

/**
 * Makes each of `calls` every `everyMs` while `work` goes on. Two callers share each, and wait for their answers: on a
 * machine that is busy they call less often and do not make it busier still, as every call that waits beside another is one
 * more environment to start. A call that fails is a call, too.
 */
export async function underTraffic<T>(
  calls: readonly (() => Promise<unknown>)[],
  everyMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const callers = calls.flatMap((call) => [0, everyMs].map((afterMs) => keep(call, stop.signal, afterMs, 2 * everyMs)));
  try {
    return await work();
  } finally {
    stop.abort();
    await Promise.all(callers);
  }
}

async function keep(call: () => Promise<unknown>, signal: AbortSignal, afterMs: number, everyMs: number) {
  const patience = (ms: number) => pause(ms, undefined, { signal }).catch(() => undefined);
  await patience(afterMs);
  while (!signal.aborted) await Promise.all([call().catch(() => undefined), patience(everyMs)]);
}
