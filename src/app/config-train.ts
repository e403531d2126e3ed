import { z } from 'zod';
import { parseDuration } from '../core/duration.ts';
import { MAX_HOLD_MS } from '../core/release/plan.ts';
import { isTrainName, MAX_MEMBERS, MAX_WAVES } from '../core/train/plan.ts';

const name = z.string().min(1).max(255);
const region = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, { error: 'this is no AWS region, such as eu-west-1' })
  .describe('The AWS region; that of the credentials where it is left out.');
const hold = z
  .string()
  .refine((text) => isHold(text), { error: 'write a time from 0s to 30d, such as 30m' })
  .describe('How long a wave is left alone after its bake before the next one starts.');

function isHold(text: string): boolean {
  const ms = text === '0' ? 0 : parseDuration(text);
  return ms !== undefined && ms >= 0 && ms <= MAX_HOLD_MS;
}

/** What belongs to the whole train, not to one member. */
type Shared = 'strategy' | 'steps' | 'bake';

/**
 * The `train` section. `release`: what one release can be told, by key; a member takes all of it but what the train shares.
 * `checkStrategy` judges the shared steps.
 */
export function trainSchema<Release extends Readonly<Record<Shared, z.ZodType>> & z.ZodRawShape>(
  release: Release,
  checkStrategy: (value: never, context: z.RefinementCtx) => void,
) {
  const { strategy, steps, bake, ...own } = release;
  const member = z.strictObject({
    function: z.string().min(1).max(140).describe('The name of the Lambda function.'),
    region: region.optional(),
    version: z
      .union([z.string().regex(/^\d{1,15}$/, { error: 'a version is a number' }), z.int().positive()], {
        error: 'a version is a number',
      })
      .optional()
      .describe('A published version, instead of code.'),
    ...own,
  });
  const members = z.array(member).min(1).max(MAX_MEMBERS);
  return z
    .strictObject({
      name: z
        .string()
        .refine(isTrainName, { error: 'write letters, digits, - and _, a letter first; at most 64' })
        .describe('What the train is called: --train NAME.'),
      strategy,
      steps,
      bake,
      takeBack: z
        .enum(['train', 'wave'])
        .optional()
        .describe('What a bad member takes back: the whole train (unless told otherwise), or only its own wave.'),
      onHalted: z
        .enum(['rollback', 'freeze'])
        .optional()
        .describe('Where a member halts: the others go back (unless told otherwise), or stay where they are.'),
      hold: hold.optional(),
      members: members.optional().describe('All in one wave, in the order in which they start.'),
      waves: z
        .array(
          z.strictObject({
            name: name.optional(),
            region: region.optional().describe('The region of all members of the wave that name none.'),
            hold: hold.optional(),
            members,
          }),
        )
        .min(1)
        .max(MAX_WAVES)
        .optional()
        .describe('One after the other, each with its members; such as a region each.'),
    })
    .superRefine((value, context) => {
      checkStrategy(value as never, context);
      if ((value.members === undefined) === (value.waves === undefined))
        context.addIssue({ code: 'custom', path: [], message: 'a train has either members or waves' });
      const count = (value.waves ?? []).reduce((sum, wave) => sum + wave.members.length, 0);
      if (count > MAX_MEMBERS)
        context.addIssue({ code: 'custom', path: ['waves'], message: `${count} members: at most ${MAX_MEMBERS}` });
    });
}
