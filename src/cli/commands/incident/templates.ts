import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkTemplates } from '../../../present/messages/check.ts';
import { TEMPLATES } from '../../../present/messages/templates.ts';
import { type Line, labelled, line } from '../../../present/text/line.ts';
import { readTemplates } from '../../../wire.ts';
import { readConfigFile } from '../../config-file.ts';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode } from '../../exit.ts';
import { usage } from '../../failure.ts';

/** Writes the usual messages as files to start from, never over one that exists; or checks those that are there. */
export async function run(context: Context): Promise<ExitCode> {
  const { flags, output } = context;
  const folder = await folderMeant(context);
  const written = flags.check ? [] : await writeMissing(folder);
  const { texts, problems } = await readTemplates(folder);
  const found = [...problems, ...checkTemplates(texts)];
  const lines: Line[] = [
    ...written.map((name) => line(['good', '✔'], ` written: ${join(folder, name)}`)),
    ...found.map((problem) => line(['bad', '✖'], ` ${problem}`)),
    ...(found.length === 0 ? [line(['good', '✔'], ` ${Object.keys(texts).length} templates work`)] : []),
    ...(written.length > 0 ? [labelled('next', 'write the folder into the config file, as incidents: templates')] : []),
  ];
  output.result({ folder, templates: Object.keys(texts), written, problems: found }, lines);
  return found.length === 0 ? EXIT.done : EXIT.usage;
}

async function folderMeant(context: Context): Promise<string> {
  const [named] = context.operands;
  if (named !== undefined) return resolve(context.io.cwd, named);
  const read = await readConfigFile(context);
  if (read?.incidents.templates !== undefined) return resolve(read.folder, read.incidents.templates);
  throw usage('no folder is named, and the config file names none', 'switchback incident templates messages');
}

async function writeMissing(folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const written: string[] = [];
  for (const [audience, text] of Object.entries(TEMPLATES)) {
    const name = `${audience}.liquid`;
    const done = await writeFile(join(folder, name), text, { flag: 'wx' }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    if (done) written.push(name);
  }
  return written;
}
