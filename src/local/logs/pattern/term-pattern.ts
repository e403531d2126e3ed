import { Lexer, takeQuoted, takeRegex } from './lexer.ts';
import type { Matcher } from './pattern.ts';

/** `ERROR "exact phrase" -excluded ?either ?or %regex%`: a message must hold every term, none of the excluded ones. */
export function parseTermPattern(text: string): Matcher {
  const lexer = new Lexer(text);
  const required: Matcher[] = [];
  const excluded: Matcher[] = [];
  const optional: Matcher[] = [];
  while (!lexer.done) {
    const into = lexer.take('-') ? excluded : lexer.take('?') ? optional : required;
    into.push(takeTerm(lexer));
  }
  return (message) => {
    if (excluded.some((term) => term(message)) || !required.every((term) => term(message))) return false;
    // Beside required terms the optional ones say nothing, as AWS documents.
    return required.length > 0 || optional.length === 0 || optional.some((term) => term(message));
  };
}

function takeTerm(lexer: Lexer): Matcher {
  const regex = takeRegex(lexer);
  if (regex) return (message) => regex.test(message);
  const quoted = takeQuoted(lexer);
  const word = quoted ?? lexer.match(/[^\s"%]+/)?.[0];
  if (word === undefined) lexer.fail('a term is expected');
  // As at AWS, which takes such terms in quotation marks only.
  if (quoted === undefined && !/^[\p{L}\p{N}_]+$/u.test(word)) lexer.fail(`Invalid character(s) in term '${word}'`);
  return (message) => message.includes(word);
}
