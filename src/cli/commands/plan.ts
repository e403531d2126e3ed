import type { Context } from '../context.ts';
import type { ExitCode } from '../exit.ts';
import { usage } from '../failure.ts';
import { showPlan } from '../planned.ts';

/** `deploy --dry-run` under its own name; with a template, what that template releases. */
export async function run(context: Context): Promise<ExitCode> {
  const { flags, operands } = context;
  if (flags.train !== undefined) return (await import('../train/commands.ts')).planTrainOnly(context);
  if (operands.length > 0) return (await import('../template.ts')).planTemplate(context);
  for (const name of ['parameter', 'before'] as const)
    if (flags[name] !== undefined)
      throw usage(`--${name} belongs to a template`, 'name it: switchback plan template.yaml');
  return showPlan(context);
}
