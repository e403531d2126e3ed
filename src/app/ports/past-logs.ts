import type { PastTraffic, Span } from '../../core/replay/past.ts';

/** Which past is meant. */
export interface PastQuery extends Span {
  readonly function: string;
  /** Only invocations of this version are counted. */
  readonly version: string;
  readonly logGroup: string;
}

/** A version's own past, as its log records tell it. */
export interface PastLogs {
  /**
   * Reads as much of it as its budget of pages and time allows: everything, or whole five-minute bins spread over all of
   * the span. `progress` is told how much of the span has been read, from 0 to 1. Throws an AwsProblem.
   */
  read(query: PastQuery, progress: (part: number) => void): Promise<PastTraffic>;
}
