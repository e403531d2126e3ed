/** Where counts come from: log records within seconds, or CloudWatch minutes. */
export type SignalSource = 'logs' | 'metrics';

/** Whether data arrives at all, and whether any of it is the candidate's. */
export interface SilenceWatch {
  readonly emptyPolls: number;
  readonly lastDataMs: number;
  /** Polls that brought data, and polls that brought some of the candidate's: as many silences were looked at. */
  readonly polls: number;
  readonly candidatePolls: number;
  /** Requests and time, both fading, so that their quotient is the recent arrival rate. */
  readonly requests: number;
  readonly spanMs: number;
  /** Requests to the stable version, since the weight took effect, while the candidate got none. */
  readonly candidateless: number;
}

const MEMORY_MS = 300_000;
/** A release in which nothing is wrong is called silent less than twice in a thousand times. */
const LOG_THRESHOLD = Math.log(1000);
/** Two polls, but never less than this: logs stutter for seconds, and minutes come minutes late. */
const LEAST_SILENCE_MS: Readonly<Record<SignalSource, number>> = { logs: 10_000, metrics: 150_000 };
/** So long may the first data take. */
const FIRST_DATA_MS: Readonly<Record<SignalSource, number>> = { logs: 120_000, metrics: 300_000 };

/** A watch before the first poll. */
export function watchSilence(startedAtMs: number): SilenceWatch {
  return {
    emptyPolls: 0,
    lastDataMs: startedAtMs,
    polls: 0,
    candidatePolls: 0,
    requests: 0,
    spanMs: 0,
    candidateless: 0,
  };
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
    polls: watch.polls + 1,
    candidatePolls: watch.candidatePolls + (poll.candidate > 0 ? 1 : 0),
    requests: watch.requests * kept + requests,
    spanMs: watch.spanMs * kept + elapsedMs,
    candidateless: poll.candidate > 0 || !poll.settled ? 0 : watch.candidateless + poll.stable,
  };
}

/**
 * Whether the silence is longer than the traffic explains. Before the first data all that is known is `usualPerSecond`, the
 * traffic before the release: a function that nobody calls is not silent.
 */
export function isSilent(watch: SilenceWatch, source: SignalSource, atMs: number, usualPerSecond?: number): boolean {
  const silentMs = atMs - watch.lastDataMs;
  if (watch.emptyPolls < 2 || silentMs < LEAST_SILENCE_MS[source]) return false;
  if (watch.polls === 0) {
    if (silentMs < FIRST_DATA_MS[source]) return false;
    return usualPerSecond === undefined || (usualPerSecond * silentMs) / 1000 >= LOG_THRESHOLD;
  }
  // The chance of such a silence, with the rate known only from so many requests in so much time.
  return watch.spanMs > 0 && watch.requests * Math.log1p(silentMs / watch.spanMs) >= threshold(watch.polls);
}

/** Whether the candidate got nothing although its weight says it must have. */
export function isWithoutTraffic(watch: SilenceWatch, weightPercent: number): boolean {
  if (weightPercent <= 0 || weightPercent >= 100) return false;
  return -watch.candidateless * Math.log1p(-weightPercent / 100) >= threshold(watch.candidatePolls);
}

/** The k-th silence must be k squared times less likely, so that all of them together stay below the bound. */
function threshold(silences: number): number {
  return LOG_THRESHOLD + 2 * Math.log1p(silences);
}
