/** Metric math: expression text to a tree. Pure. */

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'negate'; readonly of: Expression }
  | { readonly kind: 'binary'; readonly op: Operator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'array'; readonly items: readonly Expression[] };

export type Operator = '+' | '-' | '*' | '/' | '^' | '==' | '!=' | '<' | '>' | '<=' | '>=' | 'AND' | 'OR';

export class MathSyntaxError extends Error {}

/** CloudWatch's own limit on an expression. */
const MAX_LENGTH = 2_048;
/** Deeper nesting than this is not an expression that a person wrote. */
const MAX_DEPTH = 50;
/** From weakest to strongest; `^` binds stronger than all of them and to the right. */
const LEVELS: readonly (readonly Operator[])[] = [
  ['OR'],
  ['AND'],
  ['==', '!=', '<', '>', '<=', '>='],
  ['+', '-'],
  ['*', '/'],
];
const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|"([^"]*)"|'([^']*)'|(&&|\|\||[=!<>]=|[-+*/^<>(),[\]]))/y;

interface Token {
  readonly kind: 'number' | 'name' | 'text' | 'symbol' | 'end';
  readonly text: string;
  readonly at: number;
}

/** Parses an expression such as `100 * (errors / FILL(invocations, 0))`. Throws MathSyntaxError. */
export function parseExpression(text: string): Expression {
  if (text.length > MAX_LENGTH) throw new MathSyntaxError(`an expression has at most ${MAX_LENGTH} characters`);
  return new Parser(tokenize(text)).parse();
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new MathSyntaxError(`unexpected '${text.slice(at).trim().charAt(0)}' at position ${at}`);
    const [, number, name, double, single, symbol] = match;
    if (number !== undefined) tokens.push({ kind: 'number', text: number, at });
    else if (name !== undefined) tokens.push(wordToken(name, at));
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: SPELLINGS.get(symbol) ?? symbol, at });
    else tokens.push({ kind: 'text', text: double ?? single ?? '', at });
  }
  tokens.push({ kind: 'end', text: 'the end', at: text.length });
  return tokens;
}

const SPELLINGS = new Map([
  ['&&', 'AND'],
  ['||', 'OR'],
]);

function wordToken(name: string, at: number): Token {
  const isOperator = name === 'AND' || name === 'OR';
  return { kind: isOperator ? 'symbol' : 'name', text: name, at };
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Expression {
    const expression = this.#level(0);
    if (this.#next.kind !== 'end') throw this.#unexpected();
    return expression;
  }

  get #next(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: 'the end', at: 0 };
  }

  #level(index: number): Expression {
    const operators = LEVELS[index];
    if (!operators) return this.#unary();
    let left = this.#level(index + 1);
    for (;;) {
      const op = operators.find((symbol) => this.#next.kind === 'symbol' && this.#next.text === symbol);
      if (!op) return left;
      this.#at++;
      left = { kind: 'binary', op, left, right: this.#level(index + 1) };
    }
  }

  #unary(): Expression {
    if (!this.#skip('-')) return this.#power();
    return this.#nested(() => ({ kind: 'negate', of: this.#unary() }));
  }

  #power(): Expression {
    const base = this.#primary();
    if (!this.#skip('^')) return base;
    return this.#nested(() => ({ kind: 'binary', op: '^', left: base, right: this.#unary() }));
  }

  #primary(): Expression {
    const token = this.#next;
    this.#at++;
    switch (token.kind) {
      case 'number':
        return { kind: 'number', value: Number(token.text) };
      case 'text':
        return { kind: 'text', value: token.text };
      case 'name':
        if (!this.#skip('(')) return { kind: 'id', id: token.text };
        return this.#nested(() => ({ kind: 'call', name: token.text.toUpperCase(), args: this.#list(')') }));
      default:
        break;
    }
    if (token.kind === 'symbol' && token.text === '(') {
      return this.#nested(() => {
        const inner = this.#level(0);
        this.#expect(')');
        return inner;
      });
    }
    if (token.kind === 'symbol' && token.text === '[') {
      return this.#nested(() => ({ kind: 'array', items: this.#list(']') }));
    }
    this.#at--;
    throw this.#unexpected();
  }

  #list(close: string): Expression[] {
    const items: Expression[] = [];
    if (this.#skip(close)) return items;
    do items.push(this.#level(0));
    while (this.#skip(','));
    this.#expect(close);
    return items;
  }

  #nested<T>(parse: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw new MathSyntaxError(`an expression nests at most ${MAX_DEPTH} deep`);
    const result = parse();
    this.#depth--;
    return result;
  }

  #skip(symbol: string): boolean {
    if (this.#next.kind !== 'symbol' || this.#next.text !== symbol) return false;
    this.#at++;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#skip(symbol)) throw this.#unexpected();
  }

  #unexpected(): MathSyntaxError {
    const { kind, text, at } = this.#next;
    return new MathSyntaxError(kind === 'end' ? 'it ends too early' : `unexpected '${text}' at position ${at}`);
  }
}
