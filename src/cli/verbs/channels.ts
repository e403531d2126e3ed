import { DRY_RUN, OUTPUT } from './options.ts';
import type { Verb } from './verb.ts';

const CONFIG = { flags: '--config <file>', description: 'config file (else SWITCHBACK_CONFIG, else switchback.yaml)' };
const WHERE = [
  { flags: '--region <name>', description: 'AWS region, for credentials of SNS topics' },
  { flags: '--profile <name>', description: 'AWS profile (else AWS_PROFILE)' },
  { flags: '--endpoint-url <url>', description: 'where AWS is called, such as a local AWS (else AWS_ENDPOINT_URL)' },
];

/** `switchback channels …` */
export const CHANNEL_VERBS: readonly Verb[] = [
  {
    name: 'channels list',
    summary: 'the ways to the outside world: whom each reaches, and what is missing',
    options: [CONFIG, ...OUTPUT],
    examples: ['switchback channels list'],
    load: () => import('../commands/channels/list.ts'),
  },
  {
    name: 'channels test',
    summary: 'send a marked test message by each channel; where everybody would read it, only check the access',
    operands: { name: 'channel', description: 'only these channels, by their names' },
    options: [CONFIG, DRY_RUN, ...WHERE, ...OUTPUT],
    examples: ['switchback channels test', 'switchback channels test war-room --dry-run'],
    load: () => import('../commands/channels/test.ts'),
  },
];
