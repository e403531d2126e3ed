import { COMMON, REASON } from './options.ts';
import type { OptionSpec, Verb } from './verb.ts';

const ONE = { name: 'incident', description: 'the incident’s id or the end of it; else the only one that is open' };
const FILE: OptionSpec = {
  flags: '--file <file>',
  description: 'the Markdown lies here too; else only beside the state',
};

const commands = () => import('../commands/postmortem.ts');

/** `switchback postmortem …` */
export const POSTMORTEM_VERBS: readonly Verb[] = [
  {
    name: 'postmortem draft',
    summary: 'write the facts from the ledger; run again, it keeps what people wrote',
    operands: ONE,
    options: [FILE, REASON, ...COMMON],
    examples: ['switchback postmortem draft INC-01kfp2v9x3 --file docs/postmortems/checkout.md'],
    load: async () => ({ run: (await commands()).draft }),
  },
  {
    name: 'postmortem show',
    summary: 'print it',
    operands: ONE,
    options: [FILE, ...COMMON],
    examples: ['switchback postmortem show INC-01kfp2v9x3'],
    load: async () => ({ run: (await commands()).show }),
  },
  {
    name: 'postmortem submit',
    summary: 'hand it in for review; secrets are refused, blame is pointed at',
    operands: ONE,
    options: [FILE, REASON, ...COMMON],
    examples: ['switchback postmortem submit INC-01kfp2v9x3'],
    load: async () => ({ run: (await commands()).submit }),
  },
  {
    name: 'postmortem review',
    summary: 'say that you have read it as it stands',
    operands: ONE,
    options: [FILE, REASON, ...COMMON],
    examples: ['switchback postmortem review INC-01kfp2v9x3'],
    load: async () => ({ run: (await commands()).review }),
  },
  {
    name: 'postmortem publish',
    summary: 'publish exactly what was reviewed',
    operands: ONE,
    options: [FILE, REASON, ...COMMON],
    examples: ['switchback postmortem publish INC-01kfp2v9x3'],
    load: async () => ({ run: (await commands()).publish }),
  },
  {
    name: 'postmortem receipt',
    summary: 'say that you have read the published one',
    operands: ONE,
    options: [...COMMON],
    examples: ['switchback postmortem receipt INC-01kfp2v9x3'],
    load: async () => ({ run: (await commands()).receipt }),
  },
  {
    name: 'postmortem waive',
    summary: 'close the incident without one; takes an approver',
    operands: ONE,
    options: [REASON, ...COMMON],
    examples: ['switchback postmortem waive INC-01kfp2v9x3 --reason "the same as INC-01kfp2tttt"'],
    load: async () => ({ run: (await commands()).waive }),
  },
  {
    name: 'postmortem action',
    summary: 'note what has to change, by whom and until when; or that it is done',
    operands: { name: 'incident', description: 'the incident’s id or the end of it, then what is to be done' },
    options: [
      { flags: '--type <type>', description: 'prevent, detect, mitigate or process; prevent unless told' },
      { flags: '--owner <person>', description: 'who does it' },
      { flags: '--due <time>', description: '2w, 10d, or 2026-02-01' },
      { flags: '--priority <level>', description: 'high, medium or low; medium unless told' },
      { flags: '--ticket <id>', description: 'the ticket that carries it' },
      { flags: '--done <item>', description: 'this one is done' },
      { flags: '--no-prevention', description: 'nothing would prevent its like (needs --reason)' },
      REASON,
      ...COMMON,
    ],
    examples: [
      'switchback postmortem action INC-01kfp2v9x3 "test with the old schema" --owner bob --due 2w --ticket OPS-7',
    ],
    load: async () => ({ run: (await commands()).action }),
  },
];
