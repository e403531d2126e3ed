/** Writes the files that are made from code: the JSON Schema of switchback.yaml and the command reference. */
import { writeFileSync } from 'node:fs';
import { configSchema } from '../src/app/config.ts';
import { commandsMarkdown } from '../src/cli/reference.ts';

writeFileSync('switchback.schema.json', `${JSON.stringify(configSchema(), null, 2)}\n`);
writeFileSync('docs/commands.md', commandsMarkdown());
