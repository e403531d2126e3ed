import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { VERBS, type Verb } from '../verbs.ts';

/** A completion script, made of the same table as the parser. */
export async function run({ argument, output }: Context): Promise<ExitCode> {
  const scripts: Readonly<Record<string, () => string>> = { bash, zsh, fish };
  output.raw(scripts[argument ?? '']?.() ?? '');
  return EXIT.done;
}

function wordsOf({ options, argument }: Verb): string[] {
  return [...(argument?.choices ?? []), ...options.map(flagOf), '--help'];
}

function flagOf({ flags }: { flags: string }): string {
  return flags.split(' ')[0]!;
}

function bash(): string {
  const cases = VERBS.map((verb) => `    ${verb.name}) words="${wordsOf(verb).join(' ')}" ;;`).join('\n');
  return `# switchback completion for bash
_switchback() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words
  case "\${COMP_CWORD}:\${COMP_WORDS[1]}" in
    1:*) words="${VERBS.map(({ name }) => name).join(' ')}" ;;
    *)
      case "\${COMP_WORDS[1]}" in
${cases.replaceAll(/^/gm, '  ')}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _switchback switchback
`;
}

function zsh(): string {
  const verbs = VERBS.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join('\n');
  const cases = VERBS.map((verb) => `    ${verb.name}) compadd -- ${wordsOf(verb).join(' ')} ;;`).join('\n');
  return `#compdef switchback
_switchback() {
  local -a verbs=(
${verbs}
  )
  if (( CURRENT == 2 )); then
    _describe command verbs
    return
  fi
  case "$words[2]" in
${cases}
  esac
  _files
}
compdef _switchback switchback
`;
}

function fish(): string {
  const lines = VERBS.flatMap((verb) => [
    `complete -c switchback -n __fish_use_subcommand -f -a ${verb.name} -d ${quoted(verb.summary)}`,
    ...(verb.argument
      ? [
          `complete -c switchback -n '__fish_seen_subcommand_from ${verb.name}' -f -a ${quoted(verb.argument.choices.join(' '))}`,
        ]
      : []),
    ...verb.options.map(
      (option) =>
        `complete -c switchback -n '__fish_seen_subcommand_from ${verb.name}' -l ${flagOf(option).slice(2)} -d ${quoted(option.description)}${option.flags.includes('<') ? ' -r' : ''}`,
    ),
  ]);
  return `# switchback completion for fish\n${lines.join('\n')}\n`;
}

/** One word of a shell: a quote inside is closed, escaped and opened again. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
