import { cutChars } from './text.ts';

/**
 * Atlassian Document Format, as much of it as messages need: paragraphs of plain text, so that nothing in a text becomes a
 * mention, a link or a macro. Source: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure
 */
export interface AdfDocument {
  readonly type: 'doc';
  readonly version: 1;
  readonly content: readonly object[];
}

/** Jira's limit on a text, which counts what it becomes; some room is left for that. */
const MAX_CHARACTERS = 30_000;

/** A document of the text's lines, and a small last line of our own. Empty text nodes are not allowed. */
export function adfOf(text: string, lastLine?: string): AdfDocument {
  const lines = cutChars(text, MAX_CHARACTERS)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const content: object[] = lines.map((line) => paragraph([{ type: 'text', text: line }]));
  if (lastLine !== undefined) content.push(paragraph([{ type: 'text', text: lastLine, marks: [{ type: 'em' }] }]));
  return { type: 'doc', version: 1, content: content.length > 0 ? content : [paragraph([])] };
}

function paragraph(content: readonly object[]): object {
  return { type: 'paragraph', content };
}
