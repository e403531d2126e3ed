import { Liquid } from 'liquidjs';
import { AUDIENCES, type Audience, STAGES, type Stage } from '../../core/comms/audiences.ts';
import { draftWords } from '../../core/comms/draft-words.ts';
import { type Draft, finish } from '../../core/comms/drafts.ts';
import type { DraftFacts } from '../../core/comms/facts.ts';

/** A team's own templates: the text of each file by its name, `customers.liquid` or `customers.resolved.liquid`. */
export type TemplateTexts = Readonly<Record<string, string>>;

export type Rendered =
  | { readonly ok: true; readonly draft: Draft }
  /** What is wrong with the template, as a sentence with the file's name and, where there is one, the line. */
  | { readonly ok: false; readonly problem: string };

export const MAX_TEMPLATE_CHARACTERS = 50_000;
/** A message is written in a millisecond; what takes longer loops. */
const MAX_RENDER_MS = 500;
const MAX_MEMORY = 1_000_000;
/** A text that is longer is cut for its audience anyway. */
const MAX_OUTPUT = 100_000;

/**
 * Renders templates, strictly: what is not there is an error and not an empty place, nothing but the facts and the texts in
 * `templates` can be read, and what loops or grows is stopped.
 */
export function liquidRenderer(templates: TemplateTexts) {
  const engine = new Liquid({
    // With it nothing is ever looked for on a disk.
    templates: { ...templates },
    extname: '.liquid',
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    parseLimit: MAX_TEMPLATE_CHARACTERS,
    renderLimit: MAX_RENDER_MS,
    memoryLimit: MAX_MEMORY,
  });
  return {
    /** The file that speaks to this audience at this stage; undefined where the team has none. */
    fileFor: (audience: Audience, stage: Stage): string | undefined =>
      [`${audience}.${stage}.liquid`, `${audience}.liquid`].find((name) => Object.hasOwn(templates, name)),
    render(file: string, audience: Audience, stage: Stage, facts: DraftFacts): Rendered {
      try {
        const context = { ...facts, ...draftWords(facts, stage), stage, audience };
        const text = String(engine.parseAndRenderSync(templates[file] ?? '', context)).slice(0, MAX_OUTPUT);
        if (text.trim() === '') return { ok: false, problem: `${file}: it says nothing at stage ${stage}` };
        return { ok: true, draft: finish(audience, stage, facts, tidy(text)) };
      } catch (error) {
        return { ok: false, problem: `${file}: ${reasonOf(error)}` };
      }
    },
  };
}

/** Names that a folder of templates may hold: an audience, an audience at a stage, or a part that others include (`_NAME`). */
export function isTemplateName(name: string): boolean {
  const [, audience = '', stage] = /^([a-z]+)(?:\.([a-z]+))?\.liquid$/.exec(name) ?? [];
  if (/^_[a-z0-9-]{1,60}\.liquid$/.test(name)) return true;
  return Object.hasOwn(AUDIENCES, audience) && (stage === undefined || (STAGES as readonly string[]).includes(stage));
}

/** Ends of lines carry no blanks, and one empty line is as good as many. */
function tidy(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(/[ \t]+$/gm, '')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}

/** The reader's own first line, which names the place. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0]!.slice(0, 300);
}
