import type { Hold } from '../judge/sensitivity.ts';

const UNITS = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'm' },
  { ms: 1_000, name: 's' },
  { ms: 1, name: 'ms' },
] as const;

/** Steps as `--strategy` reads them: `50% 15m, 100% 5m`. Neighbours of one weight are one step. */
export function strategyText(steps: readonly Hold[]): string {
  const merged: Hold[] = [];
  for (const { weightPercent, holdMs } of steps) {
    const last = merged.at(-1);
    if (last?.weightPercent === weightPercent)
      merged[merged.length - 1] = { weightPercent, holdMs: last.holdMs + holdMs };
    else merged.push({ weightPercent, holdMs });
  }
  return merged.map(({ weightPercent, holdMs }) => `${weightPercent}% ${exactText(holdMs)}`).join(', ');
}

/** In the largest unit that loses nothing. */
function exactText(ms: number): string {
  const unit = UNITS.find((each) => ms >= each.ms && ms % each.ms === 0);
  return unit ? `${ms / unit.ms}${unit.name}` : '0s';
}
