import type { Context } from '../context.ts';
import type { ExitCode } from '../exit.ts';

export interface OptionSpec {
  /** As commander reads it: `--alarm <name>`. */
  readonly flags: string;
  readonly description: string;
  /** May be given more than once. */
  readonly many?: true;
}

/** One command as data: the parser, the help, the completion and `docs/commands.md` are made of it. */
export interface Verb {
  /** One word, or two where it belongs to a group: `incident open`. */
  readonly name: string;
  readonly summary: string;
  readonly argument?: { readonly name: string; readonly description: string; readonly choices: readonly string[] };
  /** Any number of words behind the command, such as files. */
  readonly operands?: { readonly name: string; readonly description: string };
  readonly options: readonly OptionSpec[];
  readonly examples: readonly string[];
  readonly load: () => Promise<{ run(context: Context): Promise<ExitCode> }>;
}
