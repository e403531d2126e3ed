/** Where counts come from: log records within seconds, or CloudWatch minutes. */
export type SignalSource = 'logs' | 'metrics';

/** Whether data arrives at all, and whether any of it is the candidate's. */
export interface SilenceWatch {
  readonly emptyPolls: number;
  readonly lastDataMs: number;
  readonly seen: boolean;
  /** Requests and time, both fading, so that their quotient is the recent arrival rate. */
  readonly requests: number;
  readonly spanMs: number;
  /** Requests to the stable version, since the weight took effect, while the candidate got none. */
  readonly candidateless: number;
}

const MEMORY_MS = 300_000;
/** Silence is suspicious when traffic as it was would be silent so long once in a thousand times. */
const LOG_THRESHOLD = Math.log(1000);
/** Two polls, but never less than this: logs stutter for seconds, and minutes come minutes late. */
const LEAST_SILENCE_MS: Readonly<Record<SignalSource, number>> = { logs: 10_000, metrics: 150_000 };
/** So long may the first data take. */
const FIRST_DATA_MS: Readonly<Record<SignalSource, number>> = { logs: 120_000, metrics: 300_000 };

/** A watch before the first poll. */
export function watchSilence(startedAtMs: number): SilenceWatch {
  return { emptyPolls: 0, lastDataMs: startedAtMs, seen: false, requests: 0, spanMs: 0, candidateless: 0 };
}

/** The watch after a poll; `settled` says whether the data belongs to the present weight. */
export function feedSilence(
  watch: SilenceWatch,
  poll: { readonly stable: number; readonly candidate: number; readonly atMs: number; readonly settled: boolean },
): SilenceWatch {
  const requests = poll.stable + poll.candidate;
  if (requests === 0) return { ...watch, emptyPolls: watch.emptyPolls + 1 };
  const elapsedMs = poll.atMs - watch.lastDataMs;
  const kept = Math.exp(-elapsedMs / MEMORY_MS);
  return {
    emptyPolls: 0,
    lastDataMs: poll.atMs,
    seen: true,
    requests: watch.requests * kept + requests,
    spanMs: watch.spanMs * kept + elapsedMs,
    candidateless: poll.candidate > 0 || !poll.settled ? 0 : watch.candidateless + poll.stable,
  };
}

/** Whether the silence is longer than the traffic explains. */
export function isSilent(watch: SilenceWatch, source: SignalSource, atMs: number): boolean {
  const silentMs = atMs - watch.lastDataMs;
  if (watch.emptyPolls < 2 || silentMs < LEAST_SILENCE_MS[source]) return false;
  if (!watch.seen) return silentMs >= FIRST_DATA_MS[source];
  // The chance of such a silence, with the rate known only from so many requests in so much time.
  return watch.spanMs > 0 && watch.requests * Math.log1p(silentMs / watch.spanMs) >= LOG_THRESHOLD;
}

/** Whether the candidate got nothing although its weight says it must have. */
export function isWithoutTraffic(watch: SilenceWatch, weightPercent: number): boolean {
  if (weightPercent <= 0 || weightPercent >= 100) return false;
  return -watch.candidateless * Math.log1p(-weightPercent / 100) >= LOG_THRESHOLD;
}
