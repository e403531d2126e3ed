import { EXITS } from './exit.ts';
import type { Verb } from './verbs/verb.ts';
import { VERBS } from './verbs.ts';

/** `docs/commands.md`, made of the table that the parser is made of. */
export function commandsMarkdown(): string {
  return `${[
    '# Commands',
    'Made from the parser’s own table by `node tools/generate.ts`.',
    'stdout is the result, and with `--json` one JSON object; everything else goes to stderr. A flag is stronger than the environment, that than the config file, that than the default.',
    ...VERBS.map(verbMarkdown),
    '## Exit codes',
    ['| code | meaning |', '|---|---|', ...EXITS.map(({ code, meaning }) => `| ${code} | ${meaning} |`)].join('\n'),
  ].join('\n\n')}\n`;
}

function verbMarkdown({ name, argument, operands, summary, options, examples }: Verb): string {
  const parts = [`## ${name}`, `${summary[0]!.toUpperCase()}${summary.slice(1)}.`];
  if (argument) parts.push(`\`switchback ${name} ${argument.choices.join('|')}\``);
  if (operands) parts.push(`\`switchback ${name} [${operands.name}…]\`: ${operands.description}.`);
  if (options.length > 0)
    parts.push(
      [
        '| flag | meaning |',
        '|---|---|',
        ...options.map(
          ({ flags, description, many }) => `| \`${flags}\` | ${description}${many ? '; repeatable' : ''} |`,
        ),
      ].join('\n'),
    );
  if (examples.length > 0) parts.push(['```sh', ...examples, '```'].join('\n'));
  return parts.join('\n\n');
}
