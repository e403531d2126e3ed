/** The sections of a postmortem, as data. Their ids are the marks by which prose finds its place again: they never change. */
export type SectionId =
  | 'tldr'
  | 'impact'
  | 'detection'
  | 'factors'
  | 'story'
  | 'containment'
  | 'notUndone'
  | 'resolution'
  | 'timeline'
  | 'surprise'
  | 'wentWell'
  | 'wentBadly'
  | 'gotLucky'
  | 'gates'
  | 'actions'
  | 'messages'
  | 'metrics'
  | 'evidence'
  | 'customers'
  | 'kept';

export interface SectionRule {
  readonly id: SectionId;
  readonly title: string;
  /** What a person is asked to write; empty where the facts say it all. */
  readonly prompt: string;
  /** Whether the one-page form of a near miss has it. */
  readonly nearMiss: boolean;
}

export const SECTIONS: readonly SectionRule[] = [
  { id: 'tldr', title: 'In short', prompt: 'What happened, in three sentences.', nearMiss: true },
  { id: 'impact', title: 'Impact', prompt: 'What could users not do, and how many were they?', nearMiss: true },
  {
    id: 'detection',
    title: 'Detection',
    prompt: 'How did we learn of it, and how could we have learnt sooner?',
    nearMiss: true,
  },
  {
    id: 'factors',
    title: 'Trigger and contributing factors',
    prompt: 'What set it off, and what else had to be so? There is never only one cause.',
    nearMiss: true,
  },
  {
    id: 'story',
    title: 'What happened',
    prompt: 'The story, as those on it understood it at each moment.',
    nearMiss: false,
  },
  { id: 'containment', title: 'Containment', prompt: '', nearMiss: true },
  {
    id: 'notUndone',
    title: 'What the rollback did not undo',
    prompt: 'What did the new version write, send or change that the old one must live with?',
    nearMiss: true,
  },
  { id: 'resolution', title: 'Resolution', prompt: 'What was done after it was contained?', nearMiss: false },
  { id: 'timeline', title: 'Timeline', prompt: '', nearMiss: false },
  { id: 'surprise', title: 'Why were we surprised?', prompt: 'What did we believe that was not so?', nearMiss: false },
  { id: 'wentWell', title: 'What went well', prompt: 'What helped?', nearMiss: false },
  { id: 'wentBadly', title: 'What went badly', prompt: 'What stood in the way?', nearMiss: false },
  {
    id: 'gotLucky',
    title: 'Where we got lucky',
    prompt: 'What would have made it worse, and did not happen by chance?',
    nearMiss: false,
  },
  {
    id: 'gates',
    title: 'Could the release gates have caught it?',
    prompt: 'Which gate or guard would have stopped it earlier?',
    nearMiss: true,
  },
  { id: 'actions', title: 'Action items', prompt: '', nearMiss: true },
  { id: 'messages', title: 'Communications sent', prompt: '', nearMiss: false },
  { id: 'metrics', title: 'Metrics', prompt: '', nearMiss: true },
  { id: 'evidence', title: 'Evidence', prompt: '', nearMiss: true },
  { id: 'customers', title: 'Summary for customers', prompt: 'What customers may read about it.', nearMiss: false },
];

/** Where prose goes whose section is no more. */
export const KEPT: SectionRule = {
  id: 'kept',
  title: 'Kept from an earlier draft',
  prompt: 'These sections are no longer part of this form; move what is of use.',
  nearMiss: true,
};

export function isSectionId(id: string): id is SectionId {
  return id === KEPT.id || SECTIONS.some((section) => section.id === id);
}
