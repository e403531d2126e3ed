import type { Day } from '../../core/status/uptime.ts';
import { COMPONENT_LOOKS } from './words.ts';

const BAR_WIDTH = 5;
const GAP = 1;
const HEIGHT = 32;

/**
 * The days of a component as SVG. It is a picture for the eye alone (`aria-hidden`): the sentence below it and the table say
 * the same in words. Bad days are shorter as well as coloured.
 */
export function bars(days: readonly Day[]): string {
  const width = days.length * (BAR_WIDTH + GAP) - GAP;
  const rects = days.map((day, index) => {
    const known = day.uptimePercent !== null;
    const look = known ? COMPONENT_LOOKS[day.worst].className : 'none';
    const height = !known ? 6 : day.worst === 'operational' ? HEIGHT : Math.max(8, Math.round(HEIGHT * 0.6));
    return `<rect class="${look}" x="${index * (BAR_WIDTH + GAP)}" y="${HEIGHT - height}" width="${BAR_WIDTH}" height="${height}"/>`;
  });
  return `<svg class="bars" viewBox="0 0 ${width} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true" focusable="false">${rects.join('')}</svg>`;
}

/** `99.98 %`; never rounded up to 100. */
export function percent(value: number): string {
  return value >= 100 ? '100 %' : `${(Math.floor(value * 100) / 100).toFixed(2)} %`;
}

/** A small picture of the whole page's state, for other pages to show. */
export function badge(word: string, className: keyof typeof BADGE_COLOURS): string {
  const width = 60 + word.length * 7;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-labelledby="t"><title id="t">status: ${word}</title><rect width="52" height="20" fill="#24292f"/><rect x="52" width="${width - 52}" height="20" fill="${BADGE_COLOURS[className]}"/><g fill="#fff" font-family="system-ui,sans-serif" font-size="12"><text x="8" y="14">status</text><text x="60" y="14">${word}</text></g></svg>\n`;
}

const BADGE_COLOURS = {
  good: '#1a7f37',
  plan: '#0550ae',
  minor: '#7d4e00',
  major: '#bc4c00',
  critical: '#b3001e',
} as const;
