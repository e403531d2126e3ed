import type { SectionId, SectionRule } from './sections.ts';

/** A statement with the source that it is locked to. A person's text never overwrites one. */
export interface Fact {
  readonly label: string;
  readonly value: string;
  /** Where it is from: an entry, an event, a release, a message. */
  readonly source: string;
}

export interface Section extends Pick<SectionRule, 'id' | 'title' | 'prompt'> {
  readonly facts: readonly Fact[];
  /** What people wrote; empty at first. */
  readonly prose: string;
}

/** A postmortem as data: Markdown, HTML and JSON are written from it. */
export interface Postmortem {
  readonly id: string;
  readonly title: string;
  /** `nearMiss`: one page, filled by itself. */
  readonly form: 'full' | 'nearMiss';
  readonly status: 'draft' | 'inReview' | 'reviewed' | 'published' | 'closed';
  readonly header: readonly Fact[];
  readonly sections: readonly Section[];
}

/** What people wrote, by section. */
export type Prose = Readonly<Partial<Record<SectionId, string>>>;

/** Longer prose than this in one section is cut off from no one: it is refused when it is read. */
export const MAX_PROSE = 100_000;
