const DAY_MS = 86_400_000;

/** `2026-01-05 12:00 UTC` for epoch milliseconds from the year 1970 on. The calendar is counted by hand because core has no clock and no `Date`. */
export function utcText(ms: number): string {
  const { year, month, day } = civilDate(Math.floor(ms / DAY_MS));
  return `${year}-${two(month)}-${two(day)} ${utcTime(ms)} UTC`;
}

/** `2026-01-05 12:00:09 UTC`: for records, where a minute is too coarse. */
export function utcInstant(ms: number): string {
  const seconds = Math.floor(ms / 1_000) - Math.floor(ms / 60_000) * 60;
  return utcText(ms).replace(' UTC', `:${two(seconds)} UTC`);
}

/** `12:00` for epoch milliseconds. */
export function utcTime(ms: number): string {
  const minutes = Math.floor((ms - Math.floor(ms / DAY_MS) * DAY_MS) / 60_000);
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** Days since 1970-01-01 as a date; the algorithm is Howard Hinnant's `civil_from_days`, whose years begin in March. */
function civilDate(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  };
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
