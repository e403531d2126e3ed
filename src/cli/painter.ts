import { cut, type Line, line, type Paint } from '../present/text/line.ts';
import type { Sink } from './io.ts';

/** Fewer rows than this show nothing that is worth drawing. */
const LEAST_ROWS = 4;
const UP_ONE_AND_CLEAR = '\u001b[1A\u001b[2K';

/** A block of lines on a terminal that is drawn over and over in the same place. */
export class Painter {
  readonly #sink: Sink;
  readonly #paint: Paint;
  #drawn: readonly string[] = [];

  constructor(sink: Sink, paint: Paint) {
    this.#sink = sink;
    this.#paint = paint;
  }

  /** Draws the block anew where it has changed. Lines are cut to the terminal's width: a wrapped one could not be taken back. */
  draw(lines: readonly Line[]): void {
    const next = cut(this.#fit(lines), (this.#sink.columns || 80) - 1, this.#paint);
    if (next.length === this.#drawn.length && next.every((text, index) => text === this.#drawn[index])) return;
    this.#sink.write(`${UP_ONE_AND_CLEAR.repeat(this.#drawn.length)}${next.map((text) => `${text}\n`).join('')}`);
    this.#drawn = next;
  }

  /** What has scrolled off the top cannot be taken back: of too many lines the middle is left out, never the last. */
  #fit(lines: readonly Line[]): readonly Line[] {
    const most = Math.max(LEAST_ROWS, (this.#sink.rows || Number.POSITIVE_INFINITY) - 1);
    if (lines.length <= most) return lines;
    return [
      ...lines.slice(0, most - 2),
      line(['dim', `  … ${lines.length - most + 1} more lines`]),
      ...lines.slice(-1),
    ];
  }

  /** Takes the block away, so that something else can be said. */
  clear(): void {
    if (this.#drawn.length > 0) this.#sink.write(UP_ONE_AND_CLEAR.repeat(this.#drawn.length));
    this.#drawn = [];
  }
}
