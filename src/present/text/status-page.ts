import type { StatusPage } from '../../core/status/page.ts';
import { percent } from '../status/bars.ts';
import { COMPONENT_LOOKS, STATUS_WORDS } from '../status/words.ts';
import { type Line, labelled, line, type Tone } from './line.ts';

/** The page as a terminal shows it: the sentence, the components, what goes on. */
export function statusPageText(page: StatusPage): Line[] {
  const tone: Tone = page.indicator === 'none' ? 'good' : page.indicator === 'critical' ? 'bad' : 'warn';
  const live = page.incidents.filter(({ resolvedMs }) => resolvedMs === null);
  return [
    line([tone, page.sentence]),
    ...page.components.map(({ name, status, uptimePercent }) => {
      const { shape, word } = COMPONENT_LOOKS[status];
      const up = uptimePercent === null ? 'no data yet' : `up ${percent(uptimePercent)}`;
      return line(`  ${shape} ${name}: ${word.toLowerCase()}`, ['dim', `  ${up}`]);
    }),
    ...live.map(({ id, name, status }) => labelled('now', `${name} (${id}): ${STATUS_WORDS[status].toLowerCase()}`)),
  ];
}
