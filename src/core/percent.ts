/** `10 %`; no digits that nobody set. */
export function percentText(percent: number): string {
  return `${Number(percent.toFixed(2))} %`;
}
