import { type Test, takeComparison } from './comparison.ts';
import { Lexer } from './lexer.ts';
import type { Matcher } from './pattern.ts';

type Condition = (document: unknown) => boolean;
/** A property name, an array index, or any element. */
type Path = readonly (string | number | '*')[];

/** Deeper nesting of parentheses is no filter but an attack. */
const MAX_DEPTH = 20;

/** `{ ($.type = "platform.report") && ($.record.status != "success") }` on messages that are JSON objects. */
export function parseJsonPattern(text: string): Matcher {
  const lexer = new Lexer(text);
  lexer.expect('{');
  const condition = takeOr(lexer, 0);
  lexer.expect('}');
  if (!lexer.done) lexer.fail('nothing more is expected');
  return (message) => {
    const document = parseObject(message);
    return document !== undefined && condition(document);
  };
}

function parseObject(message: string): unknown {
  // Most lines of a log are not JSON; a failing JSON.parse costs a hundred times this look.
  if (!/^\s*[{[]/.test(message)) return undefined;
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}

function takeOr(lexer: Lexer, depth: number): Condition {
  const parts = [takeAnd(lexer, depth)];
  while (lexer.take('||')) parts.push(takeAnd(lexer, depth));
  return (document) => parts.some((part) => part(document));
}

function takeAnd(lexer: Lexer, depth: number): Condition {
  const parts = [takeFactor(lexer, depth)];
  while (lexer.take('&&')) parts.push(takeFactor(lexer, depth));
  return (document) => parts.every((part) => part(document));
}

function takeFactor(lexer: Lexer, depth: number): Condition {
  if (depth > MAX_DEPTH) lexer.fail(`more than ${MAX_DEPTH} parentheses are open`);
  if (!lexer.take('(')) return takeTest(lexer);
  const inner = takeOr(lexer, depth + 1);
  lexer.expect(')');
  return inner;
}

function takeTest(lexer: Lexer): Condition {
  const path = takePath(lexer);
  const test = takeKeyword(lexer) ?? takeComparison(lexer);
  if (!test) lexer.fail('a comparison is expected');
  return (document) => valuesAt(document, path, 0).some(test);
}

function takeKeyword(lexer: Lexer): Test | undefined {
  if (lexer.takeWord('NOT')) {
    if (!lexer.takeWord('EXISTS')) lexer.fail('EXISTS is expected');
    return (value) => value === undefined;
  }
  if (lexer.takeWord('EXISTS')) return (value) => value !== undefined;
  if (!lexer.takeWord('IS')) return undefined;
  if (lexer.takeWord('NULL')) return (value) => value === null;
  if (lexer.takeWord('TRUE')) return (value) => value === true;
  if (lexer.takeWord('FALSE')) return (value) => value === false;
  return lexer.fail('NULL, TRUE or FALSE is expected');
}

function takePath(lexer: Lexer): Path {
  lexer.expect('$');
  const path: (string | number | '*')[] = [];
  for (;;) {
    const name = lexer.match(/\.([A-Za-z0-9_\-:/@]+)/)?.[1];
    if (name !== undefined) {
      path.push(name);
      continue;
    }
    const index = lexer.match(/\[\s*(\d+|\*)\s*\]/)?.[1];
    if (index !== undefined) {
      path.push(index === '*' ? '*' : Number(index));
      continue;
    }
    const quoted = lexer.match(/\.?\[\s*['"]([^'"]+)['"]\s*\]/)?.[1];
    if (quoted === undefined) return path;
    path.push(quoted);
  }
}

/** Every value that the path leads to; a single `undefined` where it leads nowhere. */
function valuesAt(value: unknown, path: Path, at: number): unknown[] {
  const step = path[at];
  if (step === undefined) return [value];
  if (step === '*') {
    if (!Array.isArray(value) || value.length === 0) return [undefined];
    return value.flatMap((element: unknown) => valuesAt(element, path, at + 1));
  }
  if (typeof value !== 'object' || value === null) return [undefined];
  return valuesAt((value as Record<string | number, unknown>)[step], path, at + 1);
}
