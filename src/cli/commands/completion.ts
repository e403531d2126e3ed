import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Verb } from '../verbs/verb.ts';
import { GROUPS, VERBS } from '../verbs.ts';

/** A completion script, made of the same table as the parser. */
export async function run({ argument, output }: Context): Promise<ExitCode> {
  const scripts: Readonly<Record<string, () => string>> = { bash, zsh, fish };
  output.raw(scripts[argument ?? '']?.() ?? '');
  return EXIT.done;
}

/** What can stand first, with what it is about: a command, or a group of commands. */
function firstWords(): readonly (readonly [word: string, about: string])[] {
  const seen = new Set<string>();
  return VERBS.flatMap(({ name, summary }) => {
    const word = name.split(' ')[0]!;
    if (seen.has(word)) return [];
    seen.add(word);
    return [[word, GROUPS[word] ?? summary] as const];
  });
}

/** The commands of a group by their second words. */
function membersOf(group: string): readonly Verb[] {
  return VERBS.filter(({ name }) => name.startsWith(`${group} `));
}

function secondWord({ name }: Verb): string {
  return name.split(' ')[1]!;
}

function wordsOf({ options, argument }: Verb): string[] {
  return [...(argument?.choices ?? []), ...options.map(flagOf), '--help'];
}

function flagOf({ flags }: { flags: string }): string {
  return flags.split(' ')[0]!;
}

/** What can follow, by a shell pattern over the position, the first and the second word. */
function cases(): readonly (readonly [pattern: string, words: readonly string[]])[] {
  const groups = Object.keys(GROUPS);
  return [
    ...groups.map((group) => [`2:${group}:*`, membersOf(group).map(secondWord)] as const),
    ...VERBS.map((verb) => {
      const [first, second] = verb.name.split(' ');
      return [`*:${first}:${second ?? '*'}`, wordsOf(verb)] as const;
    }),
  ];
}

function bash(): string {
  const rows = cases().map(([pattern, words]) => `    ${pattern}) words="${words.join(' ')}" ;;`);
  return `# switchback completion for bash
_switchback() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words
  case "\${COMP_CWORD}:\${COMP_WORDS[1]}:\${COMP_WORDS[2]}" in
    1:*) words="${firstWords()
      .map(([word]) => word)
      .join(' ')}" ;;
${rows.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _switchback switchback
`;
}

function zsh(): string {
  const verbs = firstWords().map(([word, about]) => `    ${quoted(`${word}:${about}`)}`);
  const rows = cases().map(([pattern, words]) => `    ${pattern}) compadd -- ${words.join(' ')} ;;`);
  return `#compdef switchback
_switchback() {
  local -a verbs=(
${verbs.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command verbs
    return
  fi
  case "$((CURRENT - 1)):$words[2]:$words[3]" in
${rows.join('\n')}
  esac
  _files
}
compdef _switchback switchback
`;
}

function fish(): string {
  const first = firstWords().map(
    ([word, about]) => `complete -c switchback -n __fish_use_subcommand -f -a ${word} -d ${quoted(about)}`,
  );
  const second = Object.keys(GROUPS).map(
    (group) => `${behind([group])} -f -a ${quoted(membersOf(group).map(secondWord).join(' '))}`,
  );
  const flags = VERBS.flatMap((verb) => [
    ...(verb.argument ? [`${behind(verb.name.split(' '))} -f -a ${quoted(verb.argument.choices.join(' '))}`] : []),
    ...verb.options.map(
      (option) =>
        `${behind(verb.name.split(' '))} -l ${flagOf(option).slice(2)} -d ${quoted(option.description)}${option.flags.includes('<') ? ' -r' : ''}`,
    ),
  ]);
  return `# switchback completion for fish\n${[...first, ...second, ...flags].join('\n')}\n`;
}

/** A rule of fish that holds once all these words stand. */
function behind(words: readonly string[]): string {
  return `complete -c switchback -n '${words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')}'`;
}

/** One word of a shell: a quote inside is closed, escaped and opened again. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
