import type { Clock } from '../clock.ts';
import type { Store, Table } from '../store.ts';
import type { Group, StoredEvent, Stream } from './groups.ts';

/** Events of one stream that arrived between two flushes. */
interface Chunk {
  readonly key: string;
  readonly region: string;
  readonly group: string;
  readonly stream: string;
  readonly streamCreatedMs: number;
  readonly events: StoredEvent[];
}

/** What a crash of the local AWS may lose of its logs. */
const FLUSH_MS = 2_000;

/** Keeps log events in the data folder, where there is one; without it, it does nothing and costs nothing. */
export class Archive {
  readonly #durable: boolean;
  readonly #chunks: Table<Chunk>;
  readonly #pending = new Map<Stream, Chunk>();
  readonly #stop: () => void;
  /** Under the stream's own key, so that a stream or a group is forgotten without a search. */
  readonly #keys = new Map<string, string[]>();

  constructor(store: Store, clock: Clock) {
    this.#durable = store.durable;
    this.#chunks = store.table<Chunk>('logs.events');
    this.#stop = store.durable ? clock.every(FLUSH_MS, () => this.flush()) : () => {};
  }

  /** What was kept, oldest first. */
  load(): readonly Chunk[] {
    const chunks = this.#chunks.list().sort((a, b) => (a.events[0]?.order ?? 0) - (b.events[0]?.order ?? 0));
    for (const chunk of chunks) this.#remember(streamKey(chunk.region, chunk.group, chunk.stream), chunk.key);
    return chunks;
  }

  add(group: Group, stream: Stream, events: readonly StoredEvent[]): void {
    const first = events[0];
    if (!this.#durable || !first) return;
    const open = this.#pending.get(stream);
    if (open) {
      open.events.push(...events);
      return;
    }
    const { region, name } = group;
    const key = `${streamKey(region, name, stream.name)}\0${first.order}`;
    const chunk = {
      key,
      region,
      group: name,
      stream: stream.name,
      streamCreatedMs: stream.createdMs,
      events: [...events],
    };
    this.#pending.set(stream, chunk);
  }

  flush(): void {
    for (const chunk of this.#pending.values()) {
      this.#chunks.set(chunk.key, chunk);
      this.#remember(streamKey(chunk.region, chunk.group, chunk.stream), chunk.key);
    }
    this.#pending.clear();
  }

  /** Forgets a stream, or what of it is not younger than `untilMs`. */
  forget(group: Group, stream: Stream, untilMs = Number.POSITIVE_INFINITY): void {
    if (!this.#durable) return;
    if (untilMs === Number.POSITIVE_INFINITY) this.#pending.delete(stream);
    const place = streamKey(group.region, group.name, stream.name);
    const kept = (this.#keys.get(place) ?? []).filter((key) => {
      const young = this.#chunks.get(key)?.events.some(({ atMs }) => atMs > untilMs) ?? false;
      if (!young) this.#chunks.delete(key);
      return young;
    });
    if (kept.length > 0) this.#keys.set(place, kept);
    else this.#keys.delete(place);
  }

  close(): void {
    this.#stop();
    this.flush();
  }

  #remember(place: string, key: string): void {
    const keys = this.#keys.get(place);
    if (keys) keys.push(key);
    else this.#keys.set(place, [key]);
  }
}

function streamKey(region: string, group: string, stream: string): string {
  return `${region}\0${group}\0${stream}`;
}
