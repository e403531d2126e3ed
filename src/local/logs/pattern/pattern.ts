import { parseJsonPattern } from './json-pattern.ts';
import { PatternError } from './lexer.ts';
import { parseSpacePattern } from './space-pattern.ts';
import { parseTermPattern } from './term-pattern.ts';

export { PatternError } from './lexer.ts';

/** Whether a log message is meant. */
export type Matcher = (message: string) => boolean;

/** AWS accepts at most this many characters. */
const MAX_PATTERN = 1_024;

/**
 * Reads a CloudWatch Logs filter pattern: nothing (everything), terms (`ERROR -timeout "exact phrase" ?any`), a JSON
 * pattern (`{ $.level = "error" }`) or a space-delimited one (`[ip, status = 4*]`). Throws a {@link PatternError}.
 * Source: "Filter pattern syntax" in the CloudWatch Logs user guide.
 */
export function compilePattern(pattern: string | undefined): Matcher {
  const text = (pattern ?? '').trim();
  if (text === '') return () => true;
  if (text.length > MAX_PATTERN)
    throw new PatternError(`it has ${text.length} characters; at most ${MAX_PATTERN} are possible`);
  if (text.startsWith('{')) return parseJsonPattern(text);
  if (text.startsWith('[')) return parseSpacePattern(text);
  return parseTermPattern(text);
}
