import type { Postmortem, Prose, Section } from './postmortem.ts';
import { KEPT, SECTIONS, type SectionId } from './sections.ts';

/**
 * A fresh draft with the prose of an earlier one: every fact is the fresh one, every sentence that a person wrote stays.
 * Prose of sections that this form does not have is kept at the end, under its old title.
 */
export function mergeProse(fresh: Postmortem, earlier: Prose): Postmortem {
  const sections = fresh.sections.map(
    (section): Section => ({ ...section, prose: earlier[section.id] ?? section.prose }),
  );
  const has = new Set<SectionId>(fresh.sections.map(({ id }) => id));
  const homeless = [...SECTIONS, KEPT].flatMap(({ id, title }) => {
    const prose = earlier[id];
    if (has.has(id) || prose === undefined || prose.trim() === '') return [];
    return [id === KEPT.id ? prose : `${title}: ${prose}`];
  });
  if (homeless.length === 0) return { ...fresh, sections };
  const kept: Section = {
    id: KEPT.id,
    title: KEPT.title,
    prompt: KEPT.prompt,
    facts: [],
    prose: homeless.join('\n\n'),
  };
  return { ...fresh, sections: [...sections, kept] };
}

/** What people wrote in this postmortem. */
export function proseOf({ sections }: Postmortem): Prose {
  return Object.fromEntries(sections.filter(({ prose }) => prose.trim() !== '').map(({ id, prose }) => [id, prose]));
}
