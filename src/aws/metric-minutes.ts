import type { Dimension, MetricDataQuery, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import type { Counts } from '../core/judge/counts.ts';
import type { Observation, Watch } from '../core/release/observation.ts';
import { Batch } from './batch.ts';
import { watchingMany } from './calling.ts';
import type { Clients } from './clients.ts';
import { call } from './problem.ts';

export type Minutes = NonNullable<Observation['minutes']>;

const MINUTE_MS = 60_000;
/**
 * Lambda stamps an invocation's metrics with its start, so a minute can still change while an invocation that began in it
 * runs: 15 minutes, and some for the metrics to arrive.
 */
const LOOK_BACK_MS = 20 * MINUTE_MS;
const QUERIES_PER_CALL = 500;
/** An alias without any invocation in all that time is asked for less often: each query is paid for. */
const ROUNDS_QUIET = 3;
/** 500 queries of 21 minutes fit into one page; more pages than this is a fault. */
const MAX_PAGES = 20;

/** What one query counts, and for which version. */
interface Question {
  readonly version: string;
  readonly metric: 'Invocations' | 'Errors' | 'Throttles' | 'Duration';
  /** For durations: how many were above this. */
  readonly slowIndex?: number;
  readonly limitMs?: number;
}

/** One query, and the time that its asker wants to know of. */
interface MetricQuestion {
  readonly stat: NonNullable<MetricDataQuery['MetricStat']>;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What a round of watchers wants of one of them. */
export interface MinuteReader {
  readonly watch: Watch;
  /** The alias's counts as last probed; kept from one round to the next. */
  probed: string | undefined;
  readonly bulletin: { minutesRead(minutes: Minutes): void; quiet(path: 'metrics'): void };
}

/** Reads CloudWatch's minutes; the queries of all releases that are looked at in one moment share their calls. */
export class MetricMinutes {
  readonly #clients: Clients;
  #round = 0;
  readonly #batch: Batch<MetricQuestion, MetricDataResult>;

  constructor(clients: Clients) {
    this.#clients = clients;
    this.#batch = new Batch(QUERIES_PER_CALL, (questions) => ask(clients, questions));
  }

  /**
   * The minutes of both versions as they stand now: a version without traffic in a minute has no entry there.
   *
   * CloudWatch has no metric for time-outs (they are among the errors) nor for cold starts, so those are 0 here. A request
   * that is throttled before Lambda chose a version is counted on the alias only, and is missing here.
   */
  async read(watch: Watch, nowMs: number): Promise<Minutes> {
    const asked = askedOf(watch, nowMs);
    return minutesOf(watch, asked, await this.#batch.ask(asked.questions), nowMs);
  }

  /**
   * One round for many. Where all their questions do not fit into one call each alias is asked first whether it was invoked
   * at all, one query instead of six or more; only those with new counts are then asked everything. Those that were not
   * invoked at all are asked in every {@link ROUNDS_QUIET}th round of everybody, by turns. `failed` is told whose call failed.
   */
  async readAll<R extends MinuteReader>(
    readers: readonly R[],
    nowMs: number,
    isEverybody: boolean,
    failed: (readers: readonly R[], error: unknown) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const isOneCall = readers.reduce((sum, { watch }) => sum + queriesFor(watch), 0) <= QUERIES_PER_CALL;
    const isRouted = ({ watch }: R): boolean => watch.functions !== undefined;
    if (isEverybody) this.#round += 1;
    const isQuiet = ({ probed, watch }: R): boolean => probed === '' && nowMs - watch.sinceMs > LOOK_BACK_MS;
    const isDue = (reader: R, turn: number): boolean => !isQuiet(reader) || (turn + this.#round) % ROUNDS_QUIET === 0;
    const probed = isOneCall ? [] : readers.filter((reader, turn) => !isRouted(reader) && isDue(reader, turn));
    // A router's traffic is no alias's: there is nothing to ask first.
    const asked = isOneCall ? readers : readers.filter(isRouted);
    const lively = [...asked, ...(await this.#probe(probed, nowMs, failed, signal))];
    for (const chunk of chunksOf(lively, ({ watch }) => queriesFor(watch))) {
      if (signal.aborted) return;
      try {
        const asked = chunk.map(({ watch }) => askedOf(watch, nowMs));
        const all = asked.flatMap(({ questions }) => questions);
        const results = await watchingMany(() => ask(this.#clients, all), signal);
        let at = 0;
        for (const [index, reader] of chunk.entries()) {
          const own = asked[index]!;
          reader.bulletin.minutesRead(
            minutesOf(reader.watch, own, results.slice(at, at + own.questions.length), nowMs),
          );
          at += own.questions.length;
        }
      } catch (error) {
        failed(chunk, error);
      }
    }
  }

  /** Those whose alias has counts that were not there at the last round. */
  async #probe<R extends MinuteReader>(
    readers: readonly R[],
    nowMs: number,
    failed: (readers: readonly R[], error: unknown) => void,
    signal: AbortSignal,
  ): Promise<R[]> {
    const lively: R[] = [];
    for (const chunk of chunksOf(readers, () => 1)) {
      if (signal.aborted) return [];
      try {
        const questions = chunk.map(({ watch }) => ({ stat: probeOf(watch), ...spanOf(watch, nowMs) }));
        const results = await watchingMany(() => ask(this.#clients, questions), signal);
        for (const [index, reader] of chunk.entries()) {
          const values = results[index]?.Values ?? [];
          const found = values.length === 0 ? '' : JSON.stringify([results[index]?.Timestamps, values]);
          if (found === (reader.probed ?? '')) reader.bulletin.quiet('metrics');
          else lively.push(reader);
          reader.probed = found;
        }
      } catch (error) {
        for (const reader of chunk) reader.probed = undefined;
        failed(chunk, error);
      }
    }
    return lively;
  }
}

interface Asked {
  readonly about: readonly Question[];
  readonly questions: readonly MetricQuestion[];
}

function askedOf(watch: Watch, nowMs: number): Asked {
  const about = questionsOf(watch);
  const span = spanOf(watch, nowMs);
  return { about, questions: about.map((question) => ({ stat: statOf(watch, question), ...span })) };
}

function spanOf(watch: Watch, nowMs: number): { fromMs: number; untilMs: number } {
  const fromMs = floorMinute(Math.max(watch.sinceMs, nowMs - LOOK_BACK_MS));
  // The end is exclusive, and the current minute counts as far as it is known.
  return { fromMs, untilMs: floorMinute(nowMs) + MINUTE_MS };
}

function minutesOf(watch: Watch, { about }: Asked, results: readonly MetricDataResult[], nowMs: number): Minutes {
  const { fromMs } = spanOf(watch, nowMs);
  const minutes = new Map<number, Map<string, Counts>>();
  for (const [index, result] of results.entries()) {
    addResult(minutes, about[index]!, result, watch.limitsMs.length, fromMs);
  }
  return [...minutes.entries()]
    .sort(([a], [b]) => a - b)
    .map(([minuteMs, counts]) => ({ minuteMs, counts: Object.fromEntries(counts) }));
}

/** Parts that each fit into one call. */
function chunksOf<T>(items: readonly T[], queriesOf: (item: T) => number): T[][] {
  const chunks: T[][] = [];
  let room = 0;
  for (const item of items) {
    const queries = queriesOf(item);
    if (queries > room) {
      chunks.push([]);
      room = QUERIES_PER_CALL;
    }
    chunks.at(-1)!.push(item);
    room -= queries;
  }
  return chunks;
}

/** The invocations of the alias, whatever version served. */
function probeOf(watch: Watch): MetricQuestion['stat'] {
  return {
    Metric: {
      Namespace: 'AWS/Lambda',
      MetricName: 'Invocations',
      Dimensions: [
        { Name: 'FunctionName', Value: watch.function },
        { Name: 'Resource', Value: `${watch.function}:${watch.alias}` },
      ],
    },
    Period: MINUTE_MS / 1_000,
    Stat: 'Sum',
  };
}

/** How many questions a watch has. */
function queriesFor({ limitsMs }: Watch): number {
  return 2 * (3 + limitsMs.length);
}

function questionsOf(watch: Watch): Question[] {
  return [watch.stable, watch.candidate].flatMap((version): Question[] => [
    { version, metric: 'Invocations' },
    { version, metric: 'Errors' },
    { version, metric: 'Throttles' },
    ...watch.limitsMs.map((limitMs, slowIndex): Question => ({ version, metric: 'Duration', slowIndex, limitMs })),
  ]);
}

/** One call, with its further pages; answers in the order of the questions. */
async function ask(clients: Clients, questions: readonly MetricQuestion[]): Promise<readonly MetricDataResult[]> {
  return call('cloudwatch:GetMetricData', async () => {
    const cloudwatch = await clients.cloudwatch();
    const results: MetricDataResult[] = questions.map((_question, index) => ({
      Id: `q${index}`,
      Timestamps: [],
      Values: [],
    }));
    let nextToken: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await cloudwatch.getMetricData({
        MetricDataQueries: questions.map(({ stat }, index) => ({ Id: `q${index}`, MetricStat: stat })),
        StartTime: new Date(Math.min(...questions.map(({ fromMs }) => fromMs))),
        EndTime: new Date(Math.max(...questions.map(({ untilMs }) => untilMs))),
        ScanBy: 'TimestampAscending',
        ...(nextToken === undefined ? {} : { NextToken: nextToken }),
      });
      for (const { Id, Timestamps = [], Values = [] } of answer.MetricDataResults ?? []) {
        const known = results[Number(Id?.slice(1))];
        known?.Timestamps?.push(...Timestamps);
        known?.Values?.push(...Values);
      }
      nextToken = answer.NextToken;
      if (!nextToken) break;
    }
    return results;
  });
}

function statOf(watch: Watch, { version, metric, limitMs }: Question): MetricQuestion['stat'] {
  return {
    Metric: {
      Namespace: 'AWS/Lambda',
      MetricName: metric,
      Dimensions: dimensionsOf(watch, version),
    },
    Period: MINUTE_MS / 1_000,
    // Trimmed count: how many values lie above the lower bound, which itself is left out.
    Stat: limitMs === undefined ? 'Sum' : `TC(${limitMs}:)`,
  };
}

function dimensionsOf({ function: name, alias, functions }: Watch, version: string): Dimension[] {
  const arm = functions?.[version];
  // Behind a router the function is counted as a whole, whatever alias or version of it is called.
  if (arm !== undefined) return [{ Name: 'FunctionName', Value: arm }];
  return [
    { Name: 'FunctionName', Value: name },
    { Name: 'Resource', Value: `${name}:${alias}` },
    { Name: 'ExecutedVersion', Value: version },
  ];
}

function addResult(
  minutes: Map<number, Map<string, Counts>>,
  { version, metric, slowIndex }: Question,
  { Timestamps: timestamps = [], Values: values = [] }: MetricDataResult,
  limits: number,
  fromMs: number,
): void {
  for (const [index, timestamp] of timestamps.entries()) {
    const value = Math.round(values[index] ?? 0);
    if (value === 0) continue;
    const minuteMs = floorMinute(timestamp.getTime());
    // Shared calls reach back as far as the oldest of the releases wants.
    if (minuteMs < fromMs) continue;
    const versions = minutes.get(minuteMs) ?? new Map<string, Counts>();
    const counts = versions.get(version) ?? noCounts(limits);
    minutes.set(minuteMs, versions);
    versions.set(version, {
      ...counts,
      invocations: counts.invocations + (metric === 'Invocations' ? value : 0),
      errors: counts.errors + (metric === 'Errors' ? value : 0),
      throttles: counts.throttles + (metric === 'Throttles' ? value : 0),
      slow: counts.slow.map((slow, limit) => slow + (limit === slowIndex ? value : 0)),
    });
  }
}

function noCounts(limits: number): Counts {
  return {
    invocations: 0,
    errors: 0,
    timeouts: 0,
    throttles: 0,
    coldStarts: 0,
    slow: new Array<number>(limits).fill(0),
  };
}

function floorMinute(ms: number): number {
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}
