import { OUTPUT, REASON, WHERE } from './options.ts';
import type { OptionSpec, Verb } from './verb.ts';

const COMMON = [...WHERE, ...OUTPUT];
const ACTOR: OptionSpec = {
  flags: '--actor <name>',
  description: 'only actors whose name holds this: account/region/function/alias, an incident’s or a train’s id',
};
const FROM: OptionSpec = { flags: '--from <time>', description: '2026-01-31, 2026-01-31T12:00:00Z, or 7d ago' };
const UNTIL: OptionSpec = { flags: '--until <time>', description: 'the same; now where it is not given' };

const commands = () => import('../commands/audit.ts');

/** `switchback audit …` */
export const AUDIT_VERBS: readonly Verb[] = [
  {
    name: 'audit verify',
    summary: 'check every entry of the ledger: find what was changed, removed, added or moved',
    options: [
      {
        flags: '--against <file>',
        description: 'an earlier export as JSON Lines: everything in it must still be there, as it was',
      },
      ...COMMON,
    ],
    examples: ['switchback audit verify', 'switchback audit verify --against ledger-2026-01.jsonl'],
    load: async () => ({ run: (await commands()).verify }),
  },
  {
    name: 'audit export',
    summary: 'write every entry of the ledger, as JSON Lines or CSV',
    options: [
      { flags: '--format <name>', description: 'jsonl or csv; jsonl unless told' },
      { flags: '--out <file>', description: 'write it here, readable for you alone; stdout unless told' },
      ACTOR,
      FROM,
      UNTIL,
      ...COMMON,
    ],
    examples: [
      'switchback audit export --out ledger-2026-01.jsonl',
      'switchback audit export --format csv --from 2026-01-01 > ledger.csv',
    ],
    load: async () => ({ run: (await commands()).exportLedger }),
  },
  {
    name: 'audit reconcile',
    summary: 'compare the ledger with CloudTrail: what others changed, and rollbacks that we did not see',
    options: [FROM, UNTIL, ...COMMON],
    examples: ['switchback audit reconcile', 'switchback audit reconcile --from 30d --json'],
    load: async () => ({ run: (await commands()).reconcile }),
  },
  {
    name: 'audit redact',
    summary: 'take a text out of one actor’s ledger and document; that it was done, by whom and why stays',
    options: [
      {
        flags: '--actor <name>',
        description: 'whose: account/region/function/alias, or an incident’s or a train’s id',
      },
      {
        flags: '--text-file <file>',
        description: 'the text to take away, in a file: on the command line others see it',
      },
      REASON,
      ...COMMON,
    ],
    examples: [
      'switchback audit redact --actor 123456789012/eu-west-1/checkout/live --text-file secret.txt --reason "a token was pasted"',
    ],
    load: async () => ({ run: (await commands()).redact }),
  },
];
