/** Longer words are not compared: nobody misspells them, and the table would grow with their square. */
const MAX_LENGTH = 60;

/** The known word that `word` was most likely meant to be: at most two letters apart, or a third of a longer word. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const within = Math.max(2, Math.floor(word.length / 3));
  const [best] = known
    .map((candidate) => ({ candidate, apart: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ apart }) => apart <= within)
    .sort((a, b) => a.apart - b.apart);
  return best?.candidate;
}

/** Letters to insert, remove or replace (Levenshtein). */
function distance(a: string, b: string): number {
  if (a.length > MAX_LENGTH || b.length > MAX_LENGTH) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
