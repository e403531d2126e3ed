import type { Context } from '../context.ts';
import type { ExitCode } from '../exit.ts';
import { give } from '../orders.ts';

export function run(context: Context): Promise<ExitCode> {
  return give(context, { verb: 'pause' });
}
