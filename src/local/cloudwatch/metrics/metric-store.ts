import type { Clock } from '../../clock.ts';
import type { MetricSample, MetricSink } from '../../links.ts';
import type { Store, Table } from '../../store.ts';
import { Distribution, type PackedDistribution, type StatisticSet } from './distribution.ts';

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
/** CloudWatch keeps one-minute points for 15 days. */
const RETENTION_MS = 15 * 24 * 3_600_000;
/** CloudWatch lists metrics that had data in the last two weeks. */
const LISTED_MS = 14 * 24 * 3_600_000;
/** About 30 MB of values; the oldest buckets are forgotten first. */
const MAX_VALUES = 500_000;
/** Series are made by callers; an endless stream of new names must not fill the memory. */
const MAX_SERIES = 50_000;
/** How much a crash of the process may lose. */
const FLUSH_MS = 5_000;
const SEPARATOR = '\u0000';

export interface MetricName {
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** What was recorded under one metric name with one unit. */
interface Series extends MetricName {
  readonly unit: string;
  readonly id: string;
  /** Bucket start -> values: minutes, and seconds for metrics of high resolution. */
  readonly minutes: Map<number, Bucket>;
  readonly seconds: Map<number, Bucket>;
  lastMs: number;
}

interface Bucket {
  readonly series: Series;
  readonly startMs: number;
  readonly highResolution: boolean;
  readonly values: Distribution;
  dirty: boolean;
}

interface StoredBucket extends MetricName {
  readonly unit: string;
  readonly startMs: number;
  readonly highResolution: boolean;
  readonly packed: PackedDistribution;
}

/** One sample with its resolution; `value` for a single value, `values` and `set` for what PutMetricData aggregates. */
export interface MetricDatum extends MetricName {
  readonly unit: string;
  readonly atMs: number;
  readonly highResolution: boolean;
  readonly values: readonly (readonly [value: number, count: number])[];
  readonly set?: StatisticSet;
}

export interface MetricQuery extends MetricName {
  /** Only samples of this unit; all units together where it is left out. */
  readonly unit?: string;
}

/** Keeps metrics in memory, and lazily in the data folder where there is one. Recording a sample costs a few lookups. */
export class MetricStore implements MetricSink {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #table: Table<StoredBucket>;
  /** By canonical name and unit, and by the spelling in which samples come, which saves sorting their dimensions. */
  readonly #byName = new Map<string, Map<string, Series>>();
  readonly #bySpelling = new Map<string, Series>();
  readonly #queue: BucketQueue;
  #dirty: Bucket[] = [];
  readonly #stopFlushing: () => void;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#table = store.table<StoredBucket>('cloudwatch/metrics');
    this.#queue = new BucketQueue((bucket) => {
      if (store.durable) this.#table.delete(rowKey(bucket));
    });
    this.#load();
    this.#stopFlushing = store.durable ? clock.every(FLUSH_MS, () => this.#flush()) : () => {};
  }

  record(sample: MetricSample): void {
    const series = this.#seriesOf(sample, sample.unit);
    if (!series) return;
    const { values } = this.#bucketOf(series, sample.atMs, false);
    const before = values.distinct;
    values.add(sample.value);
    this.#queue.grew(values.distinct - before);
  }

  put({ unit, atMs, highResolution, values: samples, set, ...metric }: MetricDatum): void {
    const series = this.#seriesOf(metric, unit);
    if (!series) return;
    const { values } = this.#bucketOf(series, atMs, highResolution);
    const before = values.distinct;
    for (const [value, count] of samples) values.add(value, count);
    if (set) values.addSet(set);
    this.#queue.grew(values.distinct - before);
  }

  /** Values by window: window `n` is `[startMs + n * periodMs, …)`; `endMs` is exclusive. Empty windows are absent. */
  read(query: MetricQuery, startMs: number, endMs: number, periodMs: number): Map<number, Distribution> {
    const windows = new Map<number, Distribution>();
    for (const series of this.#byName.get(canonical(query))?.values() ?? []) {
      if (query.unit !== undefined && query.unit !== series.unit) continue;
      addToWindows(windows, series.minutes, MINUTE_MS, startMs, endMs, periodMs);
      addToWindows(windows, series.seconds, SECOND_MS, startMs, endMs, periodMs);
    }
    return windows;
  }

  /** The units a metric was recorded with. */
  units(metric: MetricName): string[] {
    return [...(this.#byName.get(canonical(metric))?.keys() ?? [])];
  }

  /** Metrics with data in the last two weeks, and when each had its latest. */
  list(region: string): { readonly metric: MetricName; readonly lastMs: number }[] {
    const earliestMs = this.#clock.now() - LISTED_MS;
    return [...this.#byName.values()].flatMap((units) => {
      const all = [...units.values()];
      const lastMs = Math.max(...all.map((series) => series.lastMs));
      const metric = all[0];
      return metric?.region === region && lastMs >= earliestMs ? [{ metric, lastMs }] : [];
    });
  }

  close(): void {
    this.#stopFlushing();
    this.#flush();
  }

  #seriesOf(metric: MetricName, unit: string): Series | undefined {
    const spelling = spell(metric, unit);
    const known = this.#bySpelling.get(spelling);
    if (known) return known;
    const id = canonical(metric);
    const units = this.#byName.get(id) ?? new Map<string, Series>();
    let series = units.get(unit);
    if (!series) {
      if (this.#bySpelling.size >= MAX_SERIES) return undefined;
      const { region, namespace, name, dimensions } = metric;
      series = {
        ...{ region, namespace, name, dimensions: sortKeys(dimensions), unit, id: `${id}${SEPARATOR}${unit}` },
        ...{ minutes: new Map(), seconds: new Map(), lastMs: 0 },
      };
      this.#byName.set(id, units.set(unit, series));
    }
    if (this.#bySpelling.size < MAX_SERIES) this.#bySpelling.set(spelling, series);
    return series;
  }

  #bucketOf(series: Series, atMs: number, highResolution: boolean): Bucket {
    const size = highResolution ? SECOND_MS : MINUTE_MS;
    const startMs = Math.floor(atMs / size) * size;
    const buckets = highResolution ? series.seconds : series.minutes;
    let bucket = buckets.get(startMs);
    if (!bucket) {
      bucket = { series, startMs, highResolution, values: new Distribution(), dirty: false };
      buckets.set(startMs, bucket);
      this.#queue.push(bucket, this.#clock.now());
    }
    if (startMs > series.lastMs) series.lastMs = startMs;
    if (this.#store.durable && !bucket.dirty) {
      bucket.dirty = true;
      this.#dirty.push(bucket);
    }
    return bucket;
  }

  #load(): void {
    for (const row of this.#table.list()) {
      const series = this.#seriesOf(row, row.unit);
      if (!series) continue;
      const { values } = this.#bucketOf(series, row.startMs, row.highResolution);
      values.merge(Distribution.unpack(row.packed));
      this.#queue.grew(values.distinct);
    }
    for (const bucket of this.#dirty) bucket.dirty = false;
    this.#dirty = [];
  }

  #flush(): void {
    const written = this.#dirty;
    this.#dirty = [];
    for (const bucket of written) {
      bucket.dirty = false;
      const { region, namespace, name, dimensions, unit } = bucket.series;
      const { startMs, highResolution } = bucket;
      const packed = bucket.values.pack();
      this.#table.set(rowKey(bucket), { region, namespace, name, dimensions, unit, startMs, highResolution, packed });
    }
  }
}

/** All buckets in order of their making, so that the oldest are forgotten where there are too many. */
class BucketQueue {
  #buckets: Bucket[] = [];
  #head = 0;
  #values = 0;
  readonly #forgotten: (bucket: Bucket) => void;

  constructor(forgotten: (bucket: Bucket) => void) {
    this.#forgotten = forgotten;
  }

  push(bucket: Bucket, nowMs: number): void {
    this.#buckets.push(bucket);
    while (this.#values > MAX_VALUES || (this.#buckets[this.#head]?.startMs ?? nowMs) < nowMs - RETENTION_MS) {
      const oldest = this.#buckets[this.#head];
      if (!oldest || oldest === bucket) return;
      this.#head++;
      this.#forget(oldest);
    }
    if (this.#head > 10_000) {
      this.#buckets = this.#buckets.slice(this.#head);
      this.#head = 0;
    }
  }

  grew(values: number): void {
    this.#values += values;
  }

  #forget(bucket: Bucket): void {
    const { series, startMs, highResolution, values } = bucket;
    (highResolution ? series.seconds : series.minutes).delete(startMs);
    this.#values -= values.distinct;
    this.#forgotten(bucket);
  }
}

function addToWindows(
  windows: Map<number, Distribution>,
  buckets: Map<number, Bucket>,
  sizeMs: number,
  startMs: number,
  endMs: number,
  periodMs: number,
): void {
  const add = (bucket: Bucket | undefined): void => {
    if (!bucket || bucket.startMs < startMs || bucket.startMs >= endMs) return;
    const window = Math.floor((bucket.startMs - startMs) / periodMs);
    const values = windows.get(window) ?? new Distribution();
    values.merge(bucket.values);
    windows.set(window, values);
  };
  const first = Math.ceil(startMs / sizeMs) * sizeMs;
  if ((endMs - first) / sizeMs > buckets.size) for (const bucket of buckets.values()) add(bucket);
  else for (let atMs = first; atMs < endMs; atMs += sizeMs) add(buckets.get(atMs));
}

function spell({ region, namespace, name, dimensions }: MetricName, unit: string): string {
  let text = region + SEPARATOR + namespace + SEPARATOR + name + SEPARATOR + unit;
  for (const key in dimensions) text += SEPARATOR + key + SEPARATOR + dimensions[key];
  return text;
}

function canonical({ region, namespace, name, dimensions }: MetricName): string {
  const pairs = Object.entries(sortKeys(dimensions)).flat();
  return [region, namespace, name, ...pairs].join(SEPARATOR);
}

function sortKeys(dimensions: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function rowKey({ series, startMs, highResolution }: Bucket): string {
  return [series.id, startMs, highResolution ? 's' : 'm'].join(SEPARATOR);
}
