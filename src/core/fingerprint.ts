/**
 * A short name for a long text: 53 bits in base 36 (cyrb53's mixing). Tells two texts apart where nobody forges them; it
 * is no cryptographic hash.
 */
export function fingerprint(text: string): string {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 2_654_435_761);
    low = Math.imul(low ^ code, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return base36(4_294_967_296 * (2_097_151 & low) + (high >>> 0));
}

/** In two parts: V8 writes small integers ten times faster than those beyond 31 bits. */
function base36(n: number): string {
  const upper = Math.floor(n / FIVE_DIGITS);
  const lower = (n % FIVE_DIGITS).toString(36);
  return upper === 0 ? lower : upper.toString(36) + lower.padStart(5, '0');
}

const FIVE_DIGITS = 36 ** 5;
