import { type Lexer, takeQuoted, takeRegex, wildcard } from './lexer.ts';

/** Tests one value: a JSON value, or a word of a line. Undefined stands for "not there". */
export type Test = (value: unknown) => boolean;

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Reads `= "x*"`, `!= 3`, `>= 4.5`, `= %regex%`; undefined where no comparison comes next. */
export function takeComparison(lexer: Lexer): Test | undefined {
  const operator = lexer.match(/!=|<=|>=|=|<|>/)?.[0];
  if (operator === undefined) return undefined;
  const regex = takeRegex(lexer);
  if (regex)
    return equality(
      operator,
      (value) => (typeof value === 'string' || typeof value === 'number') && regex.test(String(value)),
      lexer,
    );
  const quoted = takeQuoted(lexer);
  if (quoted !== undefined) return equality(operator, textTest(quoted), lexer);
  const word = lexer.match(/[^\s()\]{},&|"]+/)?.[0];
  if (word === undefined) lexer.fail('a value is expected');
  if (!NUMBER.test(word)) return equality(operator, textTest(word), lexer);
  return numberTest(operator, Number(word));
}

function equality(operator: string, test: Test, lexer: Lexer): Test {
  if (operator === '=') return test;
  // A value that is not there is not "unequal" either.
  if (operator === '!=') return (value) => value !== undefined && !test(value);
  return lexer.fail(`"${operator}" compares numbers only`);
}

function textTest(text: string): Test {
  const matches = wildcard(text);
  return (value) =>
    (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') && matches(String(value));
}

function numberTest(operator: string, limit: number): Test {
  const compare = COMPARE[operator]!;
  return (value) => {
    const number =
      typeof value === 'number' ? value : typeof value === 'string' && NUMBER.test(value) ? Number(value) : undefined;
    return number !== undefined && compare(number, limit);
  };
}

const COMPARE: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  '=': (value, limit) => value === limit,
  '!=': (value, limit) => value !== limit,
  '<': (value, limit) => value < limit,
  '>': (value, limit) => value > limit,
  '<=': (value, limit) => value <= limit,
  '>=': (value, limit) => value >= limit,
};
