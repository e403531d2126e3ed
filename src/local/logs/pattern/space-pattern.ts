import { type Test, takeComparison } from './comparison.ts';
import { Lexer } from './lexer.ts';
import type { Matcher } from './pattern.ts';

type Field = Test | 'ellipsis';

/** `[ip, user, ..., status = 4*, bytes > 1000]` on lines of words; quotes and brackets hold words together. */
export function parseSpacePattern(text: string): Matcher {
  const lexer = new Lexer(text);
  lexer.expect('[');
  const fields: Field[] = [];
  do {
    fields.push(takeField(lexer));
  } while (lexer.take(','));
  lexer.expect(']');
  if (!lexer.done) lexer.fail('nothing more is expected');
  if (fields.filter((field) => field === 'ellipsis').length > 1) lexer.fail('only one "..." is possible');
  return (message) => matchWords(fields, wordsOf(message));
}

function takeField(lexer: Lexer): Field {
  if (lexer.take('...')) return 'ellipsis';
  const name = lexer.match(/[A-Za-z_][\w-]*/)?.[0];
  if (name === undefined) lexer.fail('a field name is expected');
  return takeOr(lexer, name);
}

function takeOr(lexer: Lexer, name: string): Test {
  const parts = [takeAnd(lexer, name)];
  while (lexer.take('||')) parts.push(takeAnd(lexer, name));
  return (value) => parts.some((part) => part(value));
}

function takeAnd(lexer: Lexer, name: string): Test {
  const parts = [takeOne(lexer, name)];
  while (lexer.take('&&')) parts.push(takeOne(lexer, name));
  return (value) => parts.every((part) => part(value));
}

/** A comparison, before which the field's own name may stand again: `[w = a* && w != ab]`. */
function takeOne(lexer: Lexer, name: string): Test {
  const again = lexer.match(/[A-Za-z_][\w-]*/)?.[0];
  if (again !== undefined && again !== name) lexer.fail(`only "${name}" can be tested here, not "${again}"`);
  return takeComparison(lexer) ?? (() => true);
}

function matchWords(fields: readonly Field[], words: readonly string[]): boolean {
  const gap = fields.indexOf('ellipsis');
  if (gap < 0) return words.length === fields.length && fields.every((field, index) => (field as Test)(words[index]));
  const after = fields.length - gap - 1;
  if (words.length < gap + after) return false;
  const head = fields.slice(0, gap).every((field, index) => (field as Test)(words[index]));
  return head && fields.slice(gap + 1).every((field, index) => (field as Test)(words[words.length - after + index]));
}

function wordsOf(message: string): string[] {
  return [...message.matchAll(/"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+)/g)].map(
    (found) => found[1] ?? found[2] ?? found[3] ?? '',
  );
}
