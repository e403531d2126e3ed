import type { PastInvocation } from '../core/replay/past.ts';
import { type LogRecord, type Outcome, parseLogLine, parseStreamName } from './log-records.ts';
import type { LogEvent } from './log-tally.ts';

type Report = Extract<LogRecord, { kind: 'report' }>;
type Failure = Extract<LogRecord, { kind: 'failure' }>;

interface Told<R> {
  readonly atMs: number;
  readonly record: R;
}

/** What is meant: one function's one version; a log group may be shared. */
export interface PastSource {
  readonly function: string;
  readonly version: string;
}

/**
 * The invocations among some log events, each once, in the order of their time. A failure line belongs to the report of
 * its request; where it names none (Python), to the next report of its stream.
 */
export function pastInvocations(events: readonly LogEvent[], source: PastSource): readonly PastInvocation[] {
  const invocations: PastInvocation[] = [];
  for (const [stream, { reports, failures }] of byStream(events, source)) {
    const failed = outcomes(reports, failures);
    for (const { atMs, record } of reports.values()) {
      const outcome = settled(record.outcome, failed.get(record.requestId));
      invocations.push({ stream, atMs, durationMs: record.durationMs, coldStart: record.coldStart, outcome });
    }
  }
  return invocations.sort((a, b) => a.atMs - b.atMs);
}

interface StreamTale {
  /** By request: an event that was read twice is one. */
  readonly reports: Map<string, Told<Report>>;
  readonly failures: Told<Failure>[];
}

function byStream(events: readonly LogEvent[], source: PastSource): ReadonlyMap<string, StreamTale> {
  const streams = new Map<string, StreamTale | null>();
  for (const { stream, timestampMs, message } of events) {
    let tale = streams.get(stream);
    if (tale === undefined) {
      tale = isOurs(stream, source) ? { reports: new Map(), failures: [] } : null;
      streams.set(stream, tale);
    }
    const record = tale && parseLogLine(message);
    if (record?.kind === 'report') tale?.reports.set(record.requestId, { atMs: timestampMs, record });
    else if (record) tale?.failures.push({ atMs: timestampMs, record });
  }
  return new Map([...streams].flatMap(([stream, tale]) => (tale ? [[stream, tale] as const] : [])));
}

function isOurs(name: string, source: PastSource): boolean {
  const stream = parseStreamName(name);
  return stream?.version === source.version && (stream.functionName ?? source.function) === source.function;
}

function outcomes(
  reports: ReadonlyMap<string, Told<Report>>,
  failures: readonly Told<Failure>[],
): ReadonlyMap<string, Failure['outcome']> {
  const inOrder = [...reports.values()].sort((a, b) => a.atMs - b.atMs);
  const found = new Map<string, Failure['outcome']>();
  for (const { atMs, record } of failures) {
    const request = record.requestId ?? inOrder.find((report) => report.atMs >= atMs)?.record.requestId;
    // A time-out says more than the error that follows from it.
    if (request !== undefined && found.get(request) !== 'timeout') found.set(request, record.outcome);
  }
  return found;
}

function settled(stated: Outcome | undefined, announced: Failure['outcome'] | undefined): Outcome {
  if (stated === undefined) return announced ?? 'success';
  return stated === 'error' && announced === 'timeout' ? 'timeout' : stated;
}
