import type { Context } from '../context.ts';
import type { ExitCode } from '../exit.ts';
import { showPlan } from '../planned.ts';

/** `deploy --dry-run` under its own name. */
export function run(context: Context): Promise<ExitCode> {
  return showPlan(context);
}
