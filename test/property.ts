import { randomInt } from 'node:crypto';
import fc from 'fast-check';

/**
 * fast-check, with one seed for every property, so that a run of the tests says the same today and tomorrow. To look
 * further, run with `SWITCHBACK_SEED=random`, or with the number that a failure printed.
 */
const DEFAULT_SEED = 20_261_121;

function seedOf(wanted: string | undefined): number {
  if (wanted === undefined || wanted === '') return DEFAULT_SEED;
  return wanted === 'random' ? randomInt(2 ** 31) : Number(wanted);
}

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: seedOf(process.env.SWITCHBACK_SEED) });

export default fc;
