import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { textOf } from '../app/error-text.ts';
import type { Drafts } from '../app/ports/drafts.ts';
import { draftFor } from '../core/comms/drafts.ts';
import {
  isTemplateName,
  liquidRenderer,
  MAX_TEMPLATE_CHARACTERS,
  type TemplateTexts,
} from '../present/messages/liquid.ts';

/** An audience at each stage, and parts that they share, are fewer. */
const MAX_FILES = 100;

/**
 * The team's own messages, from a folder of Liquid templates; the usual words for whom it has none. A template that does not
 * work is reported, and the usual words are used: people are told in any case.
 */
export function draftsFrom(folder: string, report: (problem: string) => void): Drafts {
  let renderer: Promise<ReturnType<typeof liquidRenderer>> | undefined;
  const read = async (): Promise<ReturnType<typeof liquidRenderer>> => {
    const { texts, problems } = await readTemplates(folder);
    for (const problem of problems) report(problem);
    return liquidRenderer(texts);
  };
  return {
    async write(audience, stage, facts) {
      renderer ??= read();
      const { fileFor, render } = await renderer;
      const file = fileFor(audience, stage);
      if (file === undefined) return draftFor(audience, stage, facts);
      const rendered = render(file, audience, stage, facts);
      if (rendered.ok) return rendered.draft;
      report(`message template ${rendered.problem}: the usual words are used`);
      return draftFor(audience, stage, facts);
    },
  };
}

/** The templates of a folder, and what is wrong with what lies there, in sentences. Never throws. */
export async function readTemplates(
  folder: string,
): Promise<{ readonly texts: TemplateTexts; readonly problems: readonly string[] }> {
  const texts: Record<string, string> = {};
  const problems: string[] = [];
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.liquid')).sort();
    if (names.length > MAX_FILES) problems.push(`${folder} holds ${names.length} templates: ${MAX_FILES} are read`);
    for (const name of names.slice(0, MAX_FILES)) {
      const file = join(folder, name);
      const { size } = await stat(file);
      if (!isTemplateName(name))
        problems.push(`${file} is for nobody: name it AUDIENCE.liquid, AUDIENCE.STAGE.liquid or _PART.liquid`);
      else if (size > MAX_TEMPLATE_CHARACTERS)
        problems.push(`${file} has ${size} bytes: at most ${MAX_TEMPLATE_CHARACTERS} are read`);
      else texts[name] = await readFile(file, 'utf8');
    }
  } catch (error) {
    problems.push(`message templates cannot be read from ${folder}: ${textOf(error)}`);
  }
  return { texts, problems };
}
