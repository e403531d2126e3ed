/** Text with meaning, not colour: who paints it decides what a tone looks like, and cuts it before painting. */
export type Tone = 'strong' | 'good' | 'bad' | 'warn' | 'dim';

export interface Span {
  readonly text: string;
  readonly tone?: Tone;
}

export type Line = readonly Span[];

export type Paint = (tone: Tone, text: string) => string;

export type Part = string | readonly [Tone, string];

/** A line of parts: a string is plain, a pair carries its tone. */
export function line(...parts: readonly Part[]): Line {
  return parts.map((part) => (typeof part === 'string' ? { text: part } : { tone: part[0], text: part[1] }));
}

/** `label` in a column of its own, then the text. */
export function labelled(label: string, ...parts: readonly Part[]): Line {
  return line(['dim', `  ${label.padEnd(LABEL_WIDTH)}`], ...parts);
}

const LABEL_WIDTH = 10;
/** Narrower than this nothing can be read, whatever a terminal says of itself. */
const LEAST_WIDTH = 20;

const plain: Paint = (_tone, text) => text;

/** Cuts every line to `width` characters, then paints it. */
export function cut(lines: readonly Line[], width: number, paint: Paint = plain): string[] {
  return lines.map((spans) => paintLine(cutLine(spans, Math.max(LEAST_WIDTH, width)), paint));
}

/** Breaks every line at words so that nothing is lost; continuation lines stand under the label's column. */
export function wrap(lines: readonly Line[], width: number, paint: Paint = plain): string[] {
  const limit = Math.max(LEAST_WIDTH * 2, width);
  return lines.flatMap((spans) => wrapLine(spans, limit).map((part) => paintLine(part, paint)));
}

function paintLine(spans: Line, paint: Paint): string {
  const text = spans.map((span) => (span.tone && span.text.trim() ? paint(span.tone, span.text) : span.text)).join('');
  return text.trimEnd();
}

function lengthOf(text: string): number {
  return [...text].length;
}

function cutLine(spans: Line, width: number): Line {
  const total = spans.reduce((sum, { text }) => sum + lengthOf(text), 0);
  if (total <= width) return spans;
  const kept: Span[] = [];
  let left = width - 1;
  for (const span of spans) {
    if (left <= 0) break;
    const text = [...span.text].slice(0, left).join('');
    kept.push({ ...span, text });
    left -= lengthOf(text);
  }
  return [...kept, { text: '…' }];
}

function wrapLine(spans: Line, width: number): Line[] {
  const indent = ' '.repeat(/^ {2}/.test(spans[0]?.text ?? '') ? LABEL_WIDTH + 2 : 2);
  const lines: Span[][] = [[]];
  let used = 0;
  for (const span of spans) {
    for (const word of wordsOf(span)) {
      if (used > indent.length && used + lengthOf(word) > width) {
        lines.push([{ text: indent }]);
        used = indent.length;
        lines.at(-1)!.push({ ...span, text: word.trimStart() });
        used += lengthOf(word.trimStart());
        continue;
      }
      lines.at(-1)!.push({ ...span, text: word });
      used += lengthOf(word);
    }
  }
  return lines.map(join);
}

/** A command stays in one piece: broken, it could not be copied. */
function wordsOf({ text, tone }: Span): readonly string[] {
  return tone === 'strong' ? [text] : (text.match(/\s*\S+|\s+$/g) ?? []);
}

/** Neighbours of one tone become one span again, so that painting stays short. */
function join(spans: readonly Span[]): Line {
  const joined: Span[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last && last.tone === span.tone) joined[joined.length - 1] = { ...last, text: last.text + span.text };
    else joined.push(span);
  }
  return joined;
}
