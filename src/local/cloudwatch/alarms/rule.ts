/** The rule language of composite alarms: text to tree, and the tree's truth. Pure. */
import type { AlarmState } from './decide.ts';

export type AlarmRuleTree =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'state'; readonly state: AlarmState; readonly alarm: string }
  | { readonly kind: 'not'; readonly of: AlarmRuleTree }
  | { readonly kind: 'all' | 'any'; readonly of: readonly AlarmRuleTree[] };

export class RuleSyntaxError extends Error {}
/** A function that CloudWatch has and this evaluator has not. */
export class UnsupportedRule extends Error {}

/** CloudWatch's own limits on a rule. */
export const MAX_RULE_LENGTH = 10_240;
export const MAX_RULE_CHILDREN = 100;
const MAX_DEPTH = 100;
const TOKEN = /\s*(?:([()])|"([^"]*)"|'([^']*)'|([^\s()"']+))/y;

interface Token {
  readonly text: string;
  readonly quoted: boolean;
}

/** Parses `ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA("arn:…"))`. Throws RuleSyntaxError. */
export function parseRule(text: string): AlarmRuleTree {
  const tokens = tokenize(text);
  let at = 0;
  let depth = 0;

  const is = (word: string): boolean => tokens[at]?.quoted === false && tokens[at]?.text.toUpperCase() === word;
  const skip = (word: string): boolean => is(word) && ++at > 0;
  const expect = (word: string): void => {
    if (!skip(word)) throw new RuleSyntaxError(`expected '${word}' ${where()}`);
  };
  const where = (): string => (tokens[at] ? `at '${tokens[at]?.text}'` : 'at the end');

  function parseAny(): AlarmRuleTree {
    const of = [parseAll()];
    while (skip('OR')) of.push(parseAll());
    return of.length === 1 && of[0] ? of[0] : { kind: 'any', of };
  }

  function parseAll(): AlarmRuleTree {
    const of = [parseOne()];
    while (skip('AND')) of.push(parseOne());
    return of.length === 1 && of[0] ? of[0] : { kind: 'all', of };
  }

  function parseOne(): AlarmRuleTree {
    if (++depth > MAX_DEPTH) throw new RuleSyntaxError(`it nests more than ${MAX_DEPTH} deep`);
    const tree = parseAtom();
    depth--;
    return tree;
  }

  function parseAtom(): AlarmRuleTree {
    if (skip('NOT')) return { kind: 'not', of: parseOne() };
    if (skip('TRUE')) return { kind: 'constant', value: true };
    if (skip('FALSE')) return { kind: 'constant', value: false };
    if (is('AT_LEAST')) throw new UnsupportedRule('AT_LEAST');
    if (skip('(')) {
      const inner = parseAny();
      expect(')');
      return inner;
    }
    for (const state of ['ALARM', 'OK', 'INSUFFICIENT_DATA'] as const) if (skip(state)) return parseState(state);
    throw new RuleSyntaxError(`unexpected ${where()}`);
  }

  function parseState(state: AlarmState): AlarmRuleTree {
    expect('(');
    const name = tokens[at];
    if (!name || (!name.quoted && (name.text === '(' || name.text === ')'))) {
      throw new RuleSyntaxError(`expected an alarm's name ${where()}`);
    }
    at++;
    expect(')');
    return { kind: 'state', state, alarm: name.text };
  }

  const tree = parseAny();
  if (at < tokens.length) throw new RuleSyntaxError(`unexpected ${where()}`);
  return tree;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const match = TOKEN.exec(text);
    if (!match) throw new RuleSyntaxError('a quotation mark is not closed');
    const [, paren, double, single, word] = match;
    const quoted = double ?? single;
    tokens.push(quoted === undefined ? { text: paren ?? word ?? '', quoted: false } : { text: quoted, quoted: true });
  }
  return tokens;
}

/** The alarms a rule names, each once, names and ARNs as written. */
export function alarmsIn(tree: AlarmRuleTree): string[] {
  switch (tree.kind) {
    case 'constant':
      return [];
    case 'state':
      return [tree.alarm];
    case 'not':
      return alarmsIn(tree.of);
    default:
      return [...new Set(tree.of.flatMap(alarmsIn))];
  }
}

export function holds(tree: AlarmRuleTree, stateOf: (alarm: string) => AlarmState | undefined): boolean {
  switch (tree.kind) {
    case 'constant':
      return tree.value;
    case 'state':
      return stateOf(tree.alarm) === tree.state;
    case 'not':
      return !holds(tree.of, stateOf);
    case 'all':
      return tree.of.every((part) => holds(part, stateOf));
    case 'any':
      return tree.of.some((part) => holds(part, stateOf));
  }
}
