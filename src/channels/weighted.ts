/**
 * How X counts a post: most Latin, Greek and Cyrillic letters are one, everything else two, an emoji of any make two, and an
 * address 23. Source: twitter-text, configuration v3 (https://docs.x.com/fundamentals/counting-characters).
 */
const URL_WEIGHT = 23;
const URLS =
  /https?:\/\/\S+|\b(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|app|co|cloud|status|info|edu|gov|uk|de|fr|eu|us|ca|au|jp|in)\b(?:\/\S*)?/gi;
const LIGHT: readonly (readonly [number, number])[] = [
  [0, 4351],
  [8192, 8205],
  [8208, 8223],
  [8242, 8247],
];
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

export function weightOf(text: string): number {
  const composed = text.normalize('NFC');
  const urls = composed.match(URLS) ?? [];
  return urls.length * URL_WEIGHT + plainWeight(composed.replace(URLS, ''));
}

/** Whether X would make a link of something in it. */
export function hasLink(text: string): boolean {
  return text.search(URLS) >= 0;
}

/** At most `max` by weight, with a mark where something is missing. */
export function cutWeighted(text: string, max: number): string {
  if (weightOf(text) <= max) return text;
  const parts = [...graphemes.segment(text.normalize('NFC'))].map(({ segment }) => segment);
  while (parts.length > 0 && weightOf(`${parts.join('')}…`) > max) parts.pop();
  return `${parts.join('').trimEnd()}…`;
}

function plainWeight(text: string): number {
  let weight = 0;
  for (const { segment } of graphemes.segment(text)) {
    if (/\p{Extended_Pictographic}/u.test(segment)) weight += 2;
    else for (const character of segment) weight += isLight(character.codePointAt(0)!) ? 1 : 2;
  }
  return weight;
}

function isLight(code: number): boolean {
  return LIGHT.some(([from, to]) => code >= from && code <= to);
}
