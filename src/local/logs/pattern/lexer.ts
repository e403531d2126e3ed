/** What is wrong with a filter pattern. */
export class PatternError extends Error {}

/** Reads a pattern from left to right. */
export class Lexer {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    this.skipSpace();
    return this.at >= this.text.length;
  }

  skipSpace(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at += 1;
  }

  /** Takes `token` where it comes next, spaces before it left out. */
  take(token: string): boolean {
    this.skipSpace();
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  /** Takes a word (no letter may follow it), whatever its case. */
  takeWord(word: string): boolean {
    this.skipSpace();
    const found = this.text.slice(this.at, this.at + word.length);
    const next = this.text[this.at + word.length] ?? ' ';
    if (found.toUpperCase() !== word || /[A-Za-z0-9_]/.test(next)) return false;
    this.at += word.length;
    return true;
  }

  /** Takes what `pattern` (sticky) matches here; undefined where it does not. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    this.skipSpace();
    const sticky = new RegExp(pattern.source, 'y');
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.text);
    if (found) this.at = sticky.lastIndex;
    return found ?? undefined;
  }

  expect(token: string): void {
    if (!this.take(token)) throw new PatternError(`"${token}" is expected at character ${this.at + 1} of ${this.text}`);
  }

  fail(what: string): never {
    throw new PatternError(`${what} at character ${this.at + 1} of ${this.text}`);
  }
}

const QUOTED = /"((?:[^"\\]|\\.)*)"/;
const REGEX = /%((?:[^%\\]|\\.)+)%/;

/** A quoted text with its escapes resolved; undefined where none comes next. */
export function takeQuoted(lexer: Lexer): string | undefined {
  return lexer.match(QUOTED)?.[1]?.replace(/\\(.)/g, '$1');
}

/** A regular expression between percent signs; AWS allows a small subset, so anything exotic is refused. */
export function takeRegex(lexer: Lexer): RegExp | undefined {
  const source = lexer.match(REGEX)?.[1];
  if (source === undefined) return undefined;
  // No groups and no nested repetition: nothing here can take more than polynomial time on one log line.
  if (!/^(?:[\w\s\-:;,.!@#&'"/=<>~^$*+?|{}[\]\\])+$/.test(source) || /[*+}][*+{]/.test(source)) {
    throw new PatternError(`the regular expression ${source} is not supported`);
  }
  try {
    return new RegExp(source);
  } catch {
    throw new PatternError(`the regular expression ${source} is invalid`);
  }
}

/** A text with `*` for anything, as a test of a whole value. */
export function wildcard(text: string): (value: string) => boolean {
  if (!text.includes('*')) return (value) => value === text;
  const parts = text.split('*');
  const [first = ''] = parts;
  const last = parts.at(-1) ?? '';
  const middle = parts.slice(1, -1);
  return (value) => {
    if (value.length < first.length + last.length || !value.startsWith(first) || !value.endsWith(last)) return false;
    let at = first.length;
    const end = value.length - last.length;
    for (const part of middle) {
      const found = value.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}
