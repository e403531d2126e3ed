import type { Clock } from '../app/ports/clock.ts';
import { AwsProblem } from '../app/ports/problem.ts';
import type { Watch } from '../core/release/observation.ts';
import type { Bulletin } from './bulletin.ts';
import type { Clients } from './clients.ts';
import { blindToAbsent, blindToLogs, findLogSources, type LogSources } from './log-sources.ts';
import { sweepLogs } from './log-sweep.ts';
import { tailLogs } from './log-tail.ts';
import type { LogTally } from './log-tally.ts';
import { pause } from './pause.ts';

/** Without live tail the log is read this often: FilterLogEvents allows 5 calls a second in the smaller regions. */
const POLL_MS = 1_000;
/** A local AWS has no such limit, and people watch it. */
const POLL_LOCAL_MS = 250;
/** A log in which nothing was found for so long is searched less often: others need the turns more. */
const QUIET_AFTER_MS = 120_000;
/** What is logged after a silence is then seen at most this part of the silence later. */
const QUIET_PART = 1 / 8;
const LONGEST_POLL_MS = 60_000;
/** CloudWatch ends a session after three hours; the next one starts well before. */
const RENEW_MS = 2 * 3_600_000 + 45 * 60_000;
/** What was taken in just before a session started is visible to a search only after some seconds. */
const SETTLE_MS = 10_000;
/** A search now and then finds what a session may have dropped. */
const RECONCILE_MS = 60_000;
/** After a session broke: poll for this long, twice as long each time, then try live tail again. */
const RETRY_TAIL_MS = 2_000;
const MAX_RETRY_TAIL_MS = 60_000;
/** Where the log groups cannot be found or read at all, permissions may be granted meanwhile. */
const RETRY_SOURCES_MS = 30_000;

/** Everything that following the logs of one watch needs. */
interface LogWatch {
  readonly clients: Clients;
  readonly clock: Clock;
  readonly watch: Watch;
  readonly tally: LogTally;
  readonly bulletin: Bulletin;
  /** One more live tail session, where there may be one; the answer ends it. */
  readonly takeTail: () => (() => void) | undefined;
  /** Whether others wait until a log is no longer read. */
  readonly isCrowded: () => boolean;
}

/** The watch, and when something was last found in its log. */
interface Reading extends LogWatch {
  readonly last: { foundAtMs: number };
}

/** Follows the log path until `signal` aborts: live tail where it can be had, searching every second where not. */
export async function followLogs(logWatch: LogWatch, signal: AbortSignal): Promise<void> {
  const { clients, clock, watch, bulletin } = logWatch;
  const context: Reading = { ...logWatch, last: { foundAtMs: clock.now() } };
  while (!signal.aborted) {
    const sources = await findLogSources(clients, watch);
    if (sources.unusable !== undefined) {
      bulletin.blindTo('logs', sources.unusable);
      await pause(clock, RETRY_SOURCES_MS, signal);
      continue;
    }
    await followSources(context, sources, signal);
  }
}

async function followSources(context: Reading, sources: LogSources, signal: AbortSignal): Promise<void> {
  let tailable = sources.arns.length > 0;
  let retryMs = RETRY_TAIL_MS;
  while (!signal.aborted) {
    const endTail = tailable && !isSpared(context) ? context.takeTail() : undefined;
    if (endTail) {
      try {
        const startedAtMs = context.clock.now();
        await tailForever(context, sources, signal);
        if (context.clock.now() - startedAtMs > MAX_RETRY_TAIL_MS) retryMs = RETRY_TAIL_MS;
      } catch (error) {
        // Denied, or not offered here: searching it is, for good. A missing group may only not have been logged to yet.
        tailable = error instanceof AwsProblem && (error.retryable || error.kind === 'missing');
      } finally {
        endTail();
      }
    }
    await poll(context, sources, tailable ? retryMs : Number.POSITIVE_INFINITY, signal);
    retryMs = Math.min(2 * retryMs, MAX_RETRY_TAIL_MS);
  }
}

/** Searches again and again for `forMs`. */
async function poll(context: Reading, sources: LogSources, forMs: number, signal: AbortSignal): Promise<void> {
  const { clients, clock, watch, tally, bulletin, last } = context;
  const pollMs = (): number => (clients.local ? POLL_LOCAL_MS : pollAfter(clock.now() - last.foundAtMs));
  const untilMs = clock.now() + forMs;
  while (!signal.aborted && clock.now() < untilMs) {
    const { complete, problems, absent } = await sweepLogs(clients, clock, sources.groups, tally, signal);
    if (signal.aborted) return;
    // Before anybody is told, which takes it off.
    if (tally.changed) last.foundAtMs = clock.now();
    const [problem] = problems;
    const nowhere = absent.length === sources.groups.length ? absent : [];
    const unwritten = blindToAbsent(nowhere, bulletin.invoked, watch);
    if (problem) bulletin.blindTo('logs', blindToLogs(problem.group, problem.error, watch));
    else if (unwritten !== undefined) bulletin.blindTo('logs', unwritten);
    else bulletin.logsRead();
    if (complete) await pause(clock, pollMs(), signal);
    else if (problem) await pause(clock, isDenied(problem.error) ? RETRY_SOURCES_MS : pollMs(), signal);
  }
}

function pollAfter(silenceMs: number): number {
  return silenceMs <= QUIET_AFTER_MS ? POLL_MS : Math.min(silenceMs * QUIET_PART, LONGEST_POLL_MS);
}

/** A live tail session wakes the process each second and is paid for by the minute: where others wait, silence does without. */
function isSpared({ clock, last, isCrowded }: Reading): boolean {
  return isCrowded() && clock.now() - last.foundAtMs > QUIET_AFTER_MS;
}

function isDenied(error: unknown): boolean {
  return error instanceof AwsProblem && error.kind === 'denied';
}

/**
 * One live tail session after the other, the next started before the last is ended, for as long as it is worth one. Throws
 * where one breaks.
 */
async function tailForever(context: Reading, sources: LogSources, signal: AbortSignal): Promise<void> {
  const all = new AbortController();
  const everything = AbortSignal.any([signal, all.signal]);
  let previous: AbortController | undefined;
  try {
    while (!everything.aborted && !isSpared(context)) {
      const current = new AbortController();
      const one = AbortSignal.any([everything, current.signal]);
      const before = previous;
      const ended = tailOnce(context, sources, one, () => before?.abort());
      // An older session that breaks while the next is under way is of no interest.
      ended.catch(() => undefined);
      await Promise.race([ended, pause(context.clock, RENEW_MS, one)]);
      previous = current;
    }
  } finally {
    all.abort();
  }
}

/** One session to its end, with searches for what it does not bring. */
async function tailOnce(
  context: Reading,
  sources: LogSources,
  signal: AbortSignal,
  onStart: () => void,
): Promise<void> {
  const { clock, tally, bulletin, last } = context;
  const session = new AbortController();
  const live = AbortSignal.any([signal, session.signal]);
  const state = { caughtUp: false, sampled: false };
  let reconciling: Promise<void> = Promise.resolve();
  try {
    for await (const update of tailLogs(context.clients, sources.arns, live)) {
      if (update.kind === 'started') {
        onStart();
        bulletin.logsRead();
        reconciling = reconcile(context, sources, state, live).then(() => session.abort());
        continue;
      }
      tally.add(update.events);
      if (update.sampled) tally.markSampled();
      state.sampled ||= update.sampled;
      if (state.caughtUp) tally.readUpTo(clock.now());
      if (update.events.length > 0) last.foundAtMs = clock.now();
      if (tally.changed) bulletin.logsRead();
    }
  } catch (error) {
    if (!live.aborted) throw error;
  } finally {
    session.abort();
    await reconciling;
  }
}

/**
 * Reads what was logged before the session, once more when late events have become visible, and then now and then. Ends when
 * the session is no longer worth it.
 */
async function reconcile(
  context: Reading,
  sources: LogSources,
  state: { caughtUp: boolean; sampled: boolean },
  signal: AbortSignal,
): Promise<void> {
  for (let waitMs = SETTLE_MS; !signal.aborted && !isSpared(context); waitMs = RECONCILE_MS) {
    // A sample must not be mixed with what was left out of it: at such rates the sample is plenty.
    if (!state.sampled && (await catchUp(context, sources, signal))) state.caughtUp = true;
    state.sampled = false;
    await pause(context.clock, waitMs, signal);
  }
}

/** Searches to the end of the log. Answers false where it cannot be searched: the session goes on seeing what is new. */
async function catchUp(context: Reading, sources: LogSources, signal: AbortSignal): Promise<boolean> {
  const { clients, clock, tally, bulletin, last } = context;
  while (!signal.aborted) {
    const { complete, problems } = await sweepLogs(clients, clock, sources.groups, tally, signal);
    if (tally.changed) {
      last.foundAtMs = clock.now();
      bulletin.logsRead();
    }
    if (complete || problems.length > 0) return complete;
  }
  return false;
}
