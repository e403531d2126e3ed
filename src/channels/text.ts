/** Cutting and escaping texts for the places they go to. */

/** What stands where a text was cut. */
export const CUT_MARK = ' … (cut)';

/** At most `max` characters as UTF-16 counts them, never half a character, with a mark where something is missing. */
export function cutChars(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${whole(text.slice(0, Math.max(0, max - CUT_MARK.length)))}${CUT_MARK}`;
}

/** At most `max` bytes of UTF-8, with a mark where something is missing. */
export function cutBytes(text: string, max: number): string {
  if (Buffer.byteLength(text) <= max) return text;
  const room = max - Buffer.byteLength(CUT_MARK);
  const bytes = Buffer.from(text).subarray(0, Math.max(0, room));
  // A character that was cut in two decodes to U+FFFD, at most one at the end.
  return `${bytes.toString('utf8').replace(/\uFFFD$/u, '')}${CUT_MARK}`;
}

/** One line: for subjects and headers, where a line break would begin another header. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim();
}

/** For HTML, in text and in attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => HTML[character]!);
}

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** For Slack, where `<!channel>` calls everybody and `<url|words>` hides an address: https://docs.slack.dev/messaging/formatting-message-text */
export function escapeSlack(text: string): string {
  return text.replace(/[&<>]/g, (character) => HTML[character]!);
}

/** For Markdown: what would make a link, an image, a heading or a list is shown as it was written. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_[\]()<>~|]/g, '\\$&')
    .replace(/^(\s*)([#+-])/gm, '$1\\$2')
    .replace(/^(\s*\d+)([.)])/gm, '$1\\$2');
}

/** Half of a pair of surrogates is no character. */
function whole(text: string): string {
  return text.replace(/[\ud800-\udbff]$/, '');
}
