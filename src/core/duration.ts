const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  seconds: 1_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
};

/** Reads `30s`, `5 minutes`, `1h 30m`, `250ms`. Answers milliseconds, or undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)];
  if (parts.length === 0 || text.replace(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi, '').trim() !== '') return undefined;
  let total = 0;
  for (const [, amount, unit] of parts) {
    const unitMs = UNIT_MS[unit!.toLowerCase()];
    if (unitMs === undefined) return undefined;
    total += Number(amount) * unitMs;
  }
  return Math.round(total);
}

/** Writes milliseconds as people say them: `850 ms`, `30 s`, `2 min 5 s`, `1 h 30 min`, `2 d`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return 'unknown';
  const rounded = Math.round(ms);
  if (rounded < 1_000) return `${rounded} ms`;
  if (rounded < 10_000) return `${Number((rounded / 1_000).toFixed(1))} s`;
  const seconds = Math.round(rounded / 1_000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3_600), 'h'],
    [Math.floor((seconds % 3_600) / 60), 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}
