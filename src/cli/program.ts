import { Argument, Command, CommanderError, Option } from 'commander';
import type { Flags } from './context.ts';
import { EXIT, EXITS, type ExitCode } from './exit.ts';
import type { Io } from './io.ts';
import { runVerb, type Words } from './run.ts';
import type { Verb } from './verbs/verb.ts';
import { GROUPS, VERBS } from './verbs.ts';

/** Reads the command line and runs what it says. `argv` is without node and script. Never throws, never exits. */
export async function main(argv: readonly string[], io: Io, version: string): Promise<ExitCode> {
  let exit: ExitCode = EXIT.done;
  const program = createProgram(io, version, async (verb, flags, words) => {
    exit = await runVerb(verb, flags, words, io);
  });
  try {
    // No command at all is a question.
    await program.parseAsync(argv.length === 0 ? ['--help'] : [...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
  return exit;
}

type Execute = (verb: Verb, flags: Flags, words: Words) => Promise<void>;

function createProgram(io: Io, version: string, execute: Execute): Command {
  const program = new Command('switchback')
    .description('Safe releases, instant rollback and incident response for AWS Lambda.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    // A command has flags of its own, --version among them.
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help to see what is possible)')
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'switchback: ')),
      getOutHelpWidth: () => io.stdout.columns || 100,
      getErrHelpWidth: () => io.stderr.columns || 100,
    })
    // Before the commands are added, for they inherit it.
    .exitOverride()
    .addHelpText('after', exitHelp());
  const groups = new Map(Object.entries(GROUPS).map(([name, about]) => [name, { name, about }]));
  const made = new Map<string, Command>();
  for (const verb of VERBS) {
    const [first = '', ...rest] = verb.name.split(' ');
    const group = groups.get(first);
    if (!group) {
      addVerb(program, first, verb, execute);
      continue;
    }
    const parent = made.get(first) ?? program.command(group.name).description(group.about);
    made.set(first, parent);
    addVerb(parent, rest.join(' '), verb, execute);
  }
  return program;
}

function addVerb(parent: Command, name: string, verb: Verb, execute: Execute): void {
  const command = parent.command(name).description(verb.summary);
  if (verb.argument) {
    const { name, description, choices } = verb.argument;
    command.addArgument(new Argument(`<${name}>`, description).choices(choices));
  }
  if (verb.operands) command.argument(`[${verb.operands.name}...]`, verb.operands.description);
  for (const { flags, description, many } of verb.options) {
    const option = new Option(flags, description);
    if (many) option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    command.addOption(option);
  }
  if (verb.examples.length > 0)
    command.addHelpText('after', `\nExamples:\n${verb.examples.map((each) => `  ${each}`).join('\n')}`);
  command.action((...given: unknown[]) => {
    const argument = verb.argument ? String(given[0]) : undefined;
    const operands = verb.operands && Array.isArray(given[0]) ? given[0].map(String) : [];
    return execute(verb, command.opts<Flags>(), { argument, operands });
  });
}

function exitHelp(): string {
  return `\nExit codes:\n${EXITS.map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`).join('\n')}`;
}
