import { styleText } from 'node:util';
import { type Line, type Paint, type Tone, wrap } from '../present/text/line.ts';
import type { Explained } from './failure.ts';
import type { Io, Sink } from './io.ts';

const STYLES = { strong: 'bold', good: 'green', bad: 'red', warn: 'yellow', dim: 'dim' } as const satisfies Record<
  Tone,
  string
>;

/** stdout is the result and nothing else; everything that is said on the way goes to stderr. */
export class Output {
  readonly #io: Pick<Io, 'env' | 'stdout' | 'stderr'>;
  readonly json: boolean;
  /** Events go to stdout, one JSON object a line, and the result is the last of them. */
  readonly jsonLines: boolean;
  #answered = false;

  constructor(io: Pick<Io, 'env' | 'stdout' | 'stderr'>, form: { json?: boolean; jsonLines?: boolean }) {
    this.#io = io;
    this.jsonLines = form.jsonLines === true;
    this.json = form.json === true || this.jsonLines;
  }

  /** The result: `object` for scripts, `lines` for people. */
  result(object: object, lines: readonly Line[]): void {
    const { stdout } = this.#io;
    this.#answered = true;
    if (this.json) stdout.write(`${JSON.stringify(object, null, this.jsonLines || !stdout.isTTY ? 0 : 2)}\n`);
    else this.#lines(stdout, lines);
  }

  /** Text that is the result as it stands (a file, a schema, a script). */
  raw(text: string): void {
    this.#answered = true;
    this.#io.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** One event of a stream; only with `--json-lines`. */
  event(object: object): void {
    if (this.jsonLines) this.#io.stdout.write(`${JSON.stringify(object)}\n`);
  }

  /** For people, on stderr. */
  say(...lines: readonly Line[]): void {
    this.#lines(this.#io.stderr, lines);
  }

  note(text: string): void {
    this.#io.stderr.write(`${text}\n`);
  }

  /** What went wrong; the line to act on comes last. */
  failure({ message, next, exit }: Explained): void {
    const { stderr, stdout } = this.#io;
    stderr.write(`${this.paint(stderr)('bad', 'switchback:')} ${message}\n`);
    if (next !== undefined) stderr.write(`  next: ${next}\n`);
    // A script that asked for one object gets one, whatever happened.
    if (this.json && !this.#answered)
      stdout.write(`${JSON.stringify({ error: { message, next: next ?? null, exit } })}\n`);
  }

  /** Whether a block on stderr can be drawn over and over. */
  get live(): boolean {
    const { env, stderr } = this.#io;
    return stderr.isTTY === true && env.TERM !== 'dumb' && !env.CI;
  }

  get width(): number {
    // Some terminals say 0.
    return this.#io.stderr.columns || 80;
  }

  paint(sink: Sink): Paint {
    const { env } = this.#io;
    const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0';
    const wanted = forced || (sink.isTTY === true && env.TERM !== 'dumb' && !env.NO_COLOR);
    return wanted ? (tone, text) => styleText(STYLES[tone], text, { validateStream: false }) : (_tone, text) => text;
  }

  #lines(sink: Sink, lines: readonly Line[]): void {
    // A pipe has no width: whoever reads it breaks lines himself.
    const width = sink.isTTY ? sink.columns || 80 : Number.POSITIVE_INFINITY;
    for (const text of wrap(lines, width, this.paint(sink))) sink.write(`${text}\n`);
  }
}
