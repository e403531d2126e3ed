import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { FAULT_SPECS, type Fault } from './faults.ts';

/** The example service lies beside src in a checkout and beside dist in the published package. */
const EXAMPLE = path.resolve(import.meta.dirname, '../../../examples/checkout');

/** The example service as a zip, with its `fault.mjs` replaced. `release` makes the code of each version its own. */
export async function exampleZip(fault: Fault, release: number): Promise<Uint8Array> {
  const names = readdirSync(EXAMPLE).filter((name) => name.endsWith('.mjs'));
  const files = Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(path.join(EXAMPLE, name)))]));
  const source = `// Release ${release}\n${FAULT_SPECS[fault].source}`;
  return zipSync({ ...files, 'fault.mjs': strToU8(source) }, { mtime: new Date(2026, 0, 1) });
}
