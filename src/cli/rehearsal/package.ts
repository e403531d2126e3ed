import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { strToU8, zipSync } from 'fflate';

/** The example service lies beside src in a checkout and beside dist in the published package. */
const EXAMPLE = path.resolve(import.meta.dirname, '../../../examples/checkout');

/** The example service as a zip, with its `fault.mjs` replaced. `release` makes the code of each version its own. */
export function exampleZip(faultSource: string, release: number): Uint8Array {
  const names = readdirSync(EXAMPLE).filter((name) => name.endsWith('.mjs'));
  const files = Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(path.join(EXAMPLE, name)))]));
  const fault = strToU8(`// Release ${release}\n${faultSource}`);
  return zipSync({ ...files, 'fault.mjs': fault }, { mtime: new Date(2026, 0, 1) });
}
