import { usage } from './failure.ts';

/** A port that was given as a flag; 0 asks for any free one. */
export function portFlag(name: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 0 && port <= 65_535) return port;
  throw usage(`${name} "${text}" is not a port: write a number from 0 to 65535`);
}
