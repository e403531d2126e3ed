import { addCounts, type Counts, countsContradiction, zeroCounts } from './counts.ts';

/** Requests that are collected until there are enough of them to learn from together. */
export interface OpenBlock {
  /** The end of the block before. */
  readonly startMs: number;
  /** Whether slowness and cold starts are excused in it. */
  readonly muted: boolean;
  readonly stable: Counts;
  readonly candidate: Counts;
}

/**
 * A block closes by the number of its requests alone, never by their outcome, or the proof would not hold. A block of
 * n loses 1/n of what it could teach, so blocks grow with the release; the first are small, because most faulty
 * versions are faulty from their first request. On a small weight a block must be large enough to show how small it is.
 */
const LEAST_REQUESTS = 8;
const LEAST_GREEN_REQUESTS = 0.5;
const MOST_REQUESTS = 50;
const GROWTH = 0.1;
const MOST_MS = 60_000;
/** A block of outright failure is looked at while it is open, so it may be long; each new one costs evidence. */
const OUTRIGHT_REQUESTS = 200;
const OUTRIGHT_GREEN_REQUESTS = 5;
const OUTRIGHT_MOST_MS = 600_000;

export function openBlock(startMs: number, muted: boolean): OpenBlock {
  return { startMs, muted, stable: zeroCounts(), candidate: zeroCounts() };
}

export function extendBlock(block: OpenBlock, stable: Counts, candidate: Counts): OpenBlock {
  return { ...block, stable: addCounts(block.stable, stable), candidate: addCounts(block.candidate, candidate) };
}

/** Requests of both versions, throttled ones included. */
export function requestsIn({ stable, candidate }: OpenBlock): number {
  return stable.invocations + stable.throttles + candidate.invocations + candidate.throttles;
}

/** Whether a block is to be closed, `requestsBefore` requests after the start; `plannedShare` is the candidate's weight. */
export function isFull(block: OpenBlock, requestsBefore: number, plannedShare: number, atMs: number): boolean {
  const least = Math.max(LEAST_REQUESTS, GROWTH * requestsBefore, LEAST_GREEN_REQUESTS / plannedShare);
  return requestsIn(block) >= Math.min(MOST_REQUESTS, least) || atMs - block.startMs >= MOST_MS;
}

/** The same for a block that only outright failure is looked for in. */
export function isOutrightFull(block: OpenBlock, plannedShare: number, atMs: number): boolean {
  const least = Math.max(OUTRIGHT_REQUESTS, OUTRIGHT_GREEN_REQUESTS / plannedShare);
  return requestsIn(block) >= least || atMs - block.startMs >= OUTRIGHT_MOST_MS;
}

/** Why a block cannot be true yet, or undefined. */
export function contradictionIn(block: OpenBlock): string | undefined {
  return (
    countsContradiction('the stable version', block.stable) ?? countsContradiction('the candidate', block.candidate)
  );
}
