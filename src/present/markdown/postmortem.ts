import { type Fact, MAX_PROSE, type Postmortem, type Prose, type Section } from '../../core/postmortem/postmortem.ts';
import { isSectionId, KEPT, SECTIONS, type SectionId } from '../../core/postmortem/sections.ts';

/**
 * A postmortem as Markdown, its source of truth. Facts stand above each section's prose and are written anew every time;
 * what people write stands between two marks, by which {@link readProse} finds it again.
 */
export function postmortemMarkdown(postmortem: Postmortem): string {
  const { id, title, form, status, header, sections } = postmortem;
  const kind = form === 'nearMiss' ? 'Near miss' : 'Postmortem';
  const head = [
    `# ${kind} ${plain(id)}: ${plain(title)}`,
    '',
    `Status: ${STATUS[status]}. Facts are written from the ledger and written over when this is drafted again; write between the marks.`,
    '',
    ...factLines(header),
  ];
  return `${[...head, ...sections.flatMap(sectionLines)].join('\n').trimEnd()}\n`;
}

/**
 * What people wrote in a postmortem's Markdown, by section. Text outside the marks is not prose: it is drafted again. Throws
 * where a mark is opened and never closed, or a section is longer than {@link MAX_PROSE}: writing over it would lose text.
 */
export function readProse(markdown: string): Prose {
  const prose: Partial<Record<SectionId, string>> = {};
  let open: { id: SectionId; lines: string[] } | undefined;
  for (const line of markdown.replaceAll('\r\n', '\n').split('\n')) {
    const begin = BEGIN.exec(line)?.[1];
    if (open && line.trim() === END) {
      const text = open.lines.join('\n').trim();
      if (text.length > MAX_PROSE)
        throw new Error(`section ${open.id} has ${text.length} characters; at most ${MAX_PROSE} are kept`);
      if (text !== '' && !isPrompt(open.id, text)) prose[open.id] = text;
      open = undefined;
    } else if (open && begin === undefined) {
      open.lines.push(unsafeLine(line));
    } else if (open) {
      break;
    } else if (begin !== undefined && isSectionId(begin)) {
      open = { id: begin, lines: [] };
    }
  }
  if (open) throw new Error(`section ${open.id} has lost its end mark "${END}": put it back where its text ends`);
  return prose;
}

const BEGIN = /^<!-- write: ([A-Za-z]{1,20}) -->\s*$/;
const END = '<!-- end -->';
const MARK_LIKE = /^\\*\s*<!-- (?:write: [A-Za-z]{1,20}|end) -->\s*$/;

const STATUS = {
  draft: 'draft',
  inReview: 'in review',
  reviewed: 'reviewed',
  published: 'published',
  closed: 'closed',
} as const;

function sectionLines({ id, title, prompt, facts, prose }: Section): readonly string[] {
  const writes = prompt !== '' || prose !== '';
  const nothing = facts.length === 0 && !writes ? ['Nothing is recorded.', ''] : [];
  const text = writes ? [`<!-- write: ${id} -->`, prose === '' ? `_${prompt}_` : safeProse(prose), END, ''] : [];
  return ['', `## ${title}`, '', ...(facts.length > 0 ? [...factLines(facts), ''] : []), ...nothing, ...text].slice(
    0,
    -1,
  );
}

function factLines(facts: readonly Fact[]): readonly string[] {
  if (facts.length === 0) return [];
  const rows = facts.map(({ label, value, source }) => `| ${cell(label)} | ${cell(value)} | ${cell(source)} |`);
  return ['| What | Fact | Source |', '| --- | --- | --- |', ...rows];
}

/** The section's own question, left as it was, is no answer. A section that asks nothing takes every text. */
function isPrompt(id: SectionId, text: string): boolean {
  const asked = [...SECTIONS, KEPT].find((section) => section.id === id)?.prompt ?? '';
  return asked !== '' && text === `_${asked}_`;
}

/** Prose is a person's own Markdown; only a line that looks like a mark is made to look like none. */
function safeProse(prose: string): string {
  return prose
    .split('\n')
    .map((line) => (MARK_LIKE.test(line) ? `\\${line}` : line))
    .join('\n');
}

function unsafeLine(line: string): string {
  return line.startsWith('\\') && MARK_LIKE.test(line.slice(1)) ? line.slice(1) : line;
}

/** Facts hold words from outside (notes, alarms, names), so nothing in them may become markup, and a row stays a row. */
function cell(text: string): string {
  return plain(text).replaceAll('|', '\\|');
}

function plain(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replace(/[`*_{}[\]#!~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/\s*[\r\n]+\s*/g, ' ');
}
