import type { AliasKey } from '../../core/release/alias.ts';
import type { Calibrations } from '../ports/calibrations.ts';
import type { Shelf } from '../ports/shelf.ts';

/** A day of hours and a few figures. */
const MAX_BYTES = 1_048_576;

/** Calibrations as texts on a shelf. */
export function calibrationsOn(shelf: Shelf): Calibrations {
  return {
    async read(key) {
      const name = nameOf(key);
      const text = await shelf.read(name, MAX_BYTES);
      if (text === undefined) return undefined;
      // Checking what a file holds takes a library that most commands never need.
      const { readCalibration } = await import('./schema.ts');
      const read = readCalibration(text, key);
      if (typeof read === 'string') throw new Error(`calibration "${name}" cannot be used: ${read}`);
      return read;
    },
    write: (calibration) => shelf.write(nameOf(calibration.key), `${JSON.stringify(calibration)}\n`),
  };
}

/** One file an alias; AWS's names have letters, digits, hyphens, underscores and, in ARNs, colons. */
function nameOf({ account, region, function: fn, alias }: AliasKey): string {
  return `${[account, region, fn, alias].map(encodeURIComponent).join('-')}.json`;
}
