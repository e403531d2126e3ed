import { arrivalsOf, type LoadCheck, MAX_ARRIVALS } from '../../core/gates/checks.ts';
import { textOf } from '../error-text.ts';
import type { Clock } from '../ports/clock.ts';
import type { GateFiles } from '../ports/gate-files.ts';
import type { GateAnswer, GateOrder } from '../ports/gates.ts';
import type { Invoker } from '../ports/invoker.ts';

export interface LoadPorts {
  readonly invoker: Invoker;
  readonly files: Pick<GateFiles, 'read'>;
  readonly clock: Clock;
}

/** What a load has come to. */
interface Tally {
  sent: number;
  answered: number;
  functionErrors: number;
  throttled: number;
  /** Arrivals beyond `maxInFlight`. */
  turnedAway: number;
  unreachable: number;
  lastError: string;
  /** From the moment at which a request should have been sent, milliseconds; of every answer, good or bad. */
  readonly latencies: number[];
  latestMs: number;
}

/**
 * Open-loop load: requests arrive at the rate, whatever the answers take, and a latency counts from the moment at which the
 * request should have been sent. A function that stalls is thus seen by every request that would have come meanwhile.
 * Ends early once the errors are more than the whole load may have.
 */
export async function load(
  { check, order }: { readonly check: LoadCheck; readonly order: GateOrder },
  { invoker, files, clock }: LoadPorts,
  signal: AbortSignal,
): Promise<GateAnswer> {
  const { alias, candidate, stable, weightPercent } = order.subject;
  const arrivals = arrivalsOf(check);
  const refusal = refusalOf(candidate, stable, arrivals);
  if (refusal !== undefined) return { verdict: { outcome: 'error', reason: refusal }, evidence: { facts: [] } };
  const event = check.event ? await files.read(check.event.sha256, check.event.name) : '{}';
  const tally: Tally = {
    sent: 0,
    answered: 0,
    functionErrors: 0,
    throttled: 0,
    turnedAway: 0,
    unreachable: 0,
    lastError: '',
    latencies: [],
    latestMs: 0,
  };
  const allowedErrors = Math.floor((arrivals * check.maxErrorPercent) / 100);
  const inFlight = new Set<Promise<void>>();
  const startedAt = clock.now();

  const one = async (dueAt: number): Promise<void> => {
    try {
      const {
        outcome,
        errorType = 'an error',
        errorMessage = '',
      } = await invoker.invokeVersion(alias.function, candidate, event, signal);
      if (outcome === 'throttled') tally.throttled += 1;
      else {
        tally.answered += 1;
        tally.latencies.push(Math.max(0, clock.now() - dueAt));
      }
      if (outcome === 'functionError') {
        tally.functionErrors += 1;
        tally.lastError = `${errorType}: ${errorMessage}`;
      }
    } catch (error) {
      if (signal.aborted) return;
      tally.unreachable += 1;
      tally.lastError = textOf(error);
    }
  };

  for (let n = 0; n < arrivals && !signal.aborted && errorsOf(tally) <= allowedErrors; n += 1) {
    const dueAt = startedAt + (n * 1_000) / check.perSecond;
    const waitMs = dueAt - clock.now();
    if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => undefined);
    if (signal.aborted) break;
    tally.latestMs = Math.max(tally.latestMs, clock.now() - dueAt);
    tally.sent += 1;
    if (inFlight.size >= check.maxInFlight) {
      tally.turnedAway += 1;
      continue;
    }
    const running: Promise<void> = one(dueAt).finally(() => inFlight.delete(running));
    inFlight.add(running);
  }
  await Promise.all(inFlight);
  return {
    verdict: verdictOf(check, tally, arrivals, signal.aborted),
    evidence: { facts: factsOf(tally, arrivals, weightPercent, clock.now() - startedAt) },
  };
}

function refusalOf(candidate: string, stable: string, arrivals: number): string | undefined {
  if (!/^\d+$/.test(candidate))
    return `load is put on a published version only, never on an alias or $LATEST: "${candidate}" is none`;
  if (candidate === stable) return `version ${candidate} serves production: load is put on a candidate only`;
  if (arrivals < 1) return 'the rate and the time come to no request at all';
  return arrivals > MAX_ARRIVALS ? `${arrivals} requests: at most ${MAX_ARRIVALS} are sent` : undefined;
}

function errorsOf({ functionErrors, throttled, turnedAway, unreachable }: Tally): number {
  return functionErrors + throttled + turnedAway + unreachable;
}

function verdictOf(check: LoadCheck, tally: Tally, arrivals: number, stopped: boolean): GateAnswer['verdict'] {
  const { p95Ms, p99Ms, maxErrorPercent, minAnswers } = check;
  const { sent, answered, unreachable, lastError } = tally;
  const errors = errorsOf(tally);
  const of = `${errors} of ${sent} requests failed`;
  if (unreachable > 0 && unreachable === sent)
    return { outcome: 'error', reason: `the candidate could not be invoked: ${lastError}` };
  // Measured against the whole load: the part that was sent is enough to know that it cannot pass any more.
  if (errors > (arrivals * maxErrorPercent) / 100) {
    const why = lastError === '' ? '' : `; the last with ${lastError}`;
    return { outcome: 'fail', reason: `${of}, more than ${maxErrorPercent} % of ${arrivals}${why}` };
  }
  if (stopped) return { outcome: 'inconclusive', reason: `stopped after ${sent} of ${arrivals} requests` };
  const needed = Math.min(minAnswers, arrivals);
  if (answered < needed)
    return {
      outcome: 'inconclusive',
      reason: `${answered} answers are too few for a percentile: ${needed} are needed`,
    };
  const slow = [
    { name: 'p95', limitMs: p95Ms, isMs: percentile(tally.latencies, 95) },
    { name: 'p99', limitMs: p99Ms, isMs: percentile(tally.latencies, 99) },
  ].filter((each): each is typeof each & { limitMs: number } => each.limitMs !== undefined);
  const broken = slow.find(({ limitMs, isMs }) => isMs > limitMs);
  const said = slow.map(({ name, limitMs, isMs }) => `${name} ${isMs} ms (limit ${limitMs} ms)`).join(', ');
  if (broken) return { outcome: 'fail', reason: `${said}; ${of}` };
  return { outcome: 'pass', reason: [`${answered} answers`, said, of].filter((part) => part !== '').join('; ') };
}

/** The nearest rank: the smallest value that so many percent do not exceed; 0 of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0);
}

function factsOf(tally: Tally, arrivals: number, weightPercent: number, tookMs: number) {
  const { sent, answered, functionErrors, throttled, turnedAway, unreachable, latencies, latestMs } = tally;
  const rate = tookMs > 0 ? (1_000 * sent) / tookMs : 0;
  return [
    { name: 'requests', value: `${sent} of ${arrivals} sent, ${answered} answered, ${rate.toFixed(1)} a second` },
    {
      name: 'latency',
      value: `p50 ${percentile(latencies, 50)} ms, p95 ${percentile(latencies, 95)} ms, p99 ${percentile(latencies, 99)} ms, longest ${percentile(latencies, 100)} ms; from the moment at which each was due`,
    },
    {
      name: 'errors',
      value: `${functionErrors} function errors, ${throttled} throttled, ${turnedAway} beyond the limit in flight, ${unreachable} without an answer`,
    },
    { name: 'sent late', value: `at most ${Math.round(latestMs)} ms after it was due; counted into the latency` },
    ...(weightPercent > 0
      ? [{ name: 'beside', value: `${weightPercent} % of the production traffic was on the candidate` }]
      : []),
  ];
}
