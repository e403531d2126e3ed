import { z } from 'zod';
import { parseDuration } from '../../core/duration.ts';
import { SECURITY_PARTS, SEVERITIES } from '../../core/gates/checks.ts';
import { GATE_ID, MAX_GATES } from '../../core/gates/gate.ts';

/** Gates as `switchback.yaml` writes them; every text is still unread, every file still a path. */

const text = z.string().min(1).max(500);
const file = z.string().min(1).max(500);
const time = z.string().superRefine((given, context) => {
  if ((parseDuration(given) ?? 0) > 0) return;
  context.addIssue({ code: 'custom', message: `"${given}" is not a time: write one such as 500ms, 30s, 5m or 2d` });
});
const rule = z.enum(['rollback', 'hold', 'continue']);
const percent = z.string().regex(/^\d{1,3}(\.\d{1,6})?\s*%$/, 'write a percentage such as 1% or 0.5%');

const expectation = z
  .strictObject({
    path: text.describe('JSONPath (RFC 9535) into the answer.'),
    equals: z.unknown().optional().describe('Every value that the path selects must be this one.'),
    exists: z.boolean().optional().describe('Whether the path must select anything.'),
    matches: text
      .optional()
      .describe('Every value that the path selects is a text with this regular expression in it.'),
  })
  .superRefine(({ equals, exists, matches }, context) => {
    if ([equals, exists, matches].filter((each) => each !== undefined).length !== 1)
      context.addIssue({ code: 'custom', message: 'write one of equals, exists or matches' });
  });

const functionalCase = z.strictObject({
  name: z.string().min(1).max(80).optional(),
  event: file.describe('The event, a JSON file.'),
  exact: file.optional().describe('The answer must be exactly this JSON file.'),
  schema: file.optional().describe('The answer must fit this JSON Schema (draft 2020-12 or 7).'),
  expect: z.array(expectation).max(20).optional(),
  failsWith: text.optional().describe('The function must fail with this error type, such as ValidationError.'),
  within: time.optional().describe('The longest time that the invocation may take.'),
});

const functional = z.strictObject({ cases: z.array(functionalCase).min(1).max(50) });
export const GATE_CASE_KEYS: readonly string[] = Object.keys(functionalCase.shape);

const load = z.strictObject({
  perSecond: z.number().gt(0).max(1_000).describe('Arrivals a second, whatever the answers take.'),
  for: time,
  event: file.optional().describe('The event of each request, a JSON file; {} where there is none.'),
  p95: time.optional(),
  p99: time.optional(),
  errors: percent.optional().describe('The share of requests that may fail; 1% where it is not given.'),
  inFlight: z.number().int().min(1).max(500).optional().describe('So many may be under way; more count as errors.'),
});

const url = z.strictObject({
  address: z.url({ protocol: /^https?$/ }),
  method: z.enum(['GET', 'POST']).optional(),
  status: z.number().int().min(100).max(599).optional(),
  expect: z.array(expectation).max(20).optional(),
  allowPrivate: z.boolean().optional().describe('Addresses of this machine, plain http too, may be called.'),
});

const security = z.strictObject({
  checks: z.array(z.enum(SECURITY_PARTS)).min(1).optional().describe('All of them where nothing is said.'),
  lockfile: file.optional().describe('The package’s package-lock.json; for audit and sbom.'),
  failFrom: z
    .enum(SEVERITIES)
    .optional()
    .describe('Advisories from this severity on fail; high where it is not given.'),
  requireSigning: z.boolean().optional().describe('A version without code signing fails.'),
  allowVariables: z.array(text).max(50).optional().describe('Environment variables that are known to be no secrets.'),
});

const approval = z.strictObject({
  title: z.string().min(1).max(80).optional(),
  people: z
    .array(text)
    .max(50)
    .optional()
    .describe('Names as they are proved: an ARN, a token’s name; * stands for any.'),
  roles: z.array(text).max(50).optional().describe('Roles of a token, or IAM roles.'),
  fourEyes: z.boolean().optional().describe('Who started the release may not approve it.'),
});

const data = z.strictObject({
  change: z.string().min(1).max(300).describe('What changes, for people.'),
  back: z
    .union(
      [
        z.literal('none'),
        z.strictObject({ expandContract: z.string().min(1).max(300) }),
        z.strictObject({ command: z.string().min(1).max(300) }),
      ],
      { error: 'write expandContract: and why both versions work, command: and what reverts it, or none' },
    )
    .describe('How it goes back: a rollback moves the alias and reverts no data.'),
});

const KINDS = {
  hook: text,
  functional,
  load,
  command: z.array(z.string().max(2_000)).min(1).max(100),
  url,
  security,
  approval,
  data,
};
type Kind = keyof typeof KINDS;
export const GATE_KINDS = Object.keys(KINDS) as readonly Kind[];

const Gate = z
  .strictObject({
    name: z.string().regex(GATE_ID, 'write a name of at most 40 letters, digits or -, which begins with a letter'),
    at: z
      .string()
      .regex(/^(before traffic|every step|step \d{1,3}|after traffic|before promotion)$/, {
        error: 'write "before traffic", "step 2", "every step", "after traffic" or "before promotion"',
      })
      .optional()
      .describe('When it is owed; before traffic where nothing is said.'),
    hook: KINDS.hook.optional().describe('A Lambda that answers as CodeDeploy’s hooks do.'),
    functional: functional.optional().describe('The candidate is invoked by its version with events from files.'),
    load: load.optional().describe('Open-loop load on the candidate’s version, never on the alias.'),
    command: KINDS.command.optional().describe('A program and its arguments; no shell. It must end with 0.'),
    url: url.optional().describe('An address that must answer as it should.'),
    security: security.optional(),
    approval: approval.optional().describe('A named person or role agrees.'),
    data: data.optional().describe('A change of stored data that comes with this release.'),
    within: time.optional().describe('No answer for this long is silence.'),
    onFailure: rule.optional().describe('rollback where nothing is said.'),
    onSilence: rule.optional().describe('Also for “could not be checked”; rollback where nothing is said.'),
  })
  .superRefine((gate, context) => {
    const given = GATE_KINDS.filter((kind) => gate[kind] !== undefined);
    if (given.length === 1) return;
    const message =
      given.length === 0
        ? `say what it checks: ${GATE_KINDS.join(', ')}`
        : `${given.join(' and ')} are two gates: write each by itself`;
    context.addIssue({ code: 'custom', message });
  });

export type GateSetting = z.infer<typeof Gate>;

export const Gates = z
  .array(Gate)
  .max(MAX_GATES)
  .superRefine((gates, context) => {
    for (const [index, { name }] of gates.entries())
      if (gates.findIndex((gate) => gate.name === name) !== index)
        context.addIssue({ code: 'custom', path: [index, 'name'], message: `there is a gate ${name} already` });
  })
  .describe('What must pass before the release goes on, in the order in which it is run.');

export const GATE_KEYS: readonly string[] = ['name', 'at', ...GATE_KINDS, 'within', 'onFailure', 'onSilence'];
/** What may stand under each kind, for messages. */
export const GATE_PART_KEYS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries({ functional, load, url, security, approval, data }).map(([kind, part]) => [
    kind,
    Object.keys(part.shape),
  ]),
);
