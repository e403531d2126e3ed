import type { Verdict } from '../judge/verdict.ts';
import type { GateCheck } from './checks.ts';

/**
 * When a gate is owed: before any traffic moves · before the weight of one step is set (1 for the first) · before the weight
 * of every step · at 100 % before the bake begins · after the bake, before the release counts as promoted.
 */
export type GatePlace = 'beforeTraffic' | 'everyStep' | 'afterTraffic' | 'beforePromotion' | { readonly step: number };

/** What becomes of the release: stable is restored · the weight is frozen and a person decides · it goes on, with a warning. */
export type GateRule = 'rollback' | 'hold' | 'continue';

/** Something that must pass before the release goes on. */
export interface Gate {
  /** Unique in its plan; {@link GATE_ID}. */
  readonly id: string;
  readonly at: GatePlace;
  readonly check: GateCheck;
  /** No answer for this long is silence. */
  readonly timeoutMs: number;
  readonly onFail: GateRule;
  /** Silence, and every answer that tells nothing: `inconclusive`, `error`. */
  readonly onSilence: GateRule;
}

/** A place in the release where gates are looked for: the step that is about to be set, counted from 0, or one at 100 %. */
export type Stop = number | 'afterTraffic' | 'beforePromotion';

/** What is kept of how a gate came to its verdict: short lines, already free of secrets. */
export interface Evidence {
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  /** Whole reports that lie beside the state, by name and SHA-256. */
  readonly files?: readonly { readonly name: string; readonly sha256: string }[];
}

/**
 * `waiting` for its answer · `passed` · `continued` although it did not pass · `held`: it did not pass and a person decides ·
 * `overruled` by one · `stopped` the release · `void`: the release moved away from it before it had answered.
 */
export type GateStatus = 'waiting' | 'passed' | 'continued' | 'held' | 'overruled' | 'stopped' | 'void';

/** One run of a gate. */
export interface GateRun {
  readonly gate: string;
  readonly status: GateStatus;
  /** 1 for the first; a person may have a gate run again. */
  readonly attempt: number;
  readonly startedAt: number;
  readonly deadline: number;
  readonly endedAt?: number;
  /** Hooks: CodeDeploy's execution id; whoever knows it can answer. */
  readonly executionId?: string;
  /** Approvals: SHA-256 of what is to be approved. */
  readonly digest?: string;
  readonly verdict?: Verdict;
  /** It was still silent at its deadline. */
  readonly silent?: true;
  readonly evidence?: Evidence;
  /** The person who approved, denied or overruled, as a sentence. */
  readonly decidedBy?: string;
}

export const GATE_ID = /^[A-Za-z][A-Za-z0-9-]{0,39}$/;
export const MAX_GATES = 20;
/** Gates at every step count once for each. */
export const MAX_GATE_RUNS = 200;
/** Approvals may wait over a long weekend; everything else is a matter of an hour. */
export const MAX_APPROVAL_MS = 30 * 86_400_000;
export const MAX_GATE_MS = 4 * 3_600_000;

/** A gate that is owed and the name under which its run is kept. */
export interface Owed {
  readonly gate: Gate;
  readonly run: string;
}

/**
 * The gates owed before a stop is passed, in the order of the plan; whether they have run is the caller's business. A person
 * who jumps over steps still owes the gates of the steps between, but those of every step only once.
 */
export function owedAt(gates: readonly Gate[], stop: Stop): readonly Owed[] {
  return gates.filter(({ at }) => isOwed(at, stop)).map((gate) => ({ gate, run: runIdOf(gate, stop) }));
}

function isOwed(at: GatePlace, stop: Stop): boolean {
  if (typeof stop !== 'number') return at === stop;
  if (typeof at === 'object') return at.step - 1 <= stop;
  return at === 'beforeTraffic' || at === 'everyStep';
}

/** `smoke`, or `smoke@2` for the second step's run of a gate that runs at every step. */
export function runIdOf({ id, at }: Pick<Gate, 'id' | 'at'>, stop: Stop): string {
  return at === 'everyStep' && typeof stop === 'number' ? `${id}@${stop + 1}` : id;
}

/** The runs that a plan can lead to. */
export function runsOf(gates: readonly Gate[], steps: number): number {
  return gates.reduce((total, { at }) => total + (at === 'everyStep' ? steps : 1), 0);
}

/** Whether the release may go past this run. */
export function isSettled(run: GateRun | undefined): boolean {
  return run?.status === 'passed' || run?.status === 'continued' || run?.status === 'overruled';
}

/** `smoke`, `smoke@2`, and from the second attempt on `smoke~2`: part of keys and of execution ids. */
export function attemptName(run: string, attempt: number): string {
  return attempt === 1 ? run : `${run}~${attempt}`;
}

/** "before any traffic", "before step 2". */
export function placeText(at: GatePlace): string {
  if (typeof at === 'object') return `before step ${at.step}`;
  return PLACES[at];
}

const PLACES: Readonly<Record<Exclude<GatePlace, object>, string>> = {
  beforeTraffic: 'before any traffic',
  everyStep: 'before every step',
  afterTraffic: 'at 100 %, before the bake',
  beforePromotion: 'after the bake, before it is promoted',
};
