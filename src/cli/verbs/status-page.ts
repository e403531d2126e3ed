import { COMMON } from './options.ts';
import type { OptionSpec, Verb } from './verb.ts';

const CONFIG: OptionSpec = {
  flags: '--config <file>',
  description: 'config file (else SWITCHBACK_CONFIG, else switchback.yaml where it exists)',
};
const INTERNAL: OptionSpec = { flags: '--internal', description: 'the page for employees instead of the public one' };

/** Verbs about the pages that say how the service does. */
export const STATUS_PAGE_VERBS: readonly Verb[] = [
  {
    name: 'status-page publish',
    summary: 'write a status page as static files, from the state alone',
    options: [
      {
        flags: '--to <place>',
        description: 'a folder, or s3://bucket/prefix (else statusPage in the config file, else beside the state)',
      },
      INTERNAL,
      CONFIG,
      ...COMMON,
    ],
    examples: ['switchback status-page publish --to public/', 'switchback status-page publish --internal'],
    load: async () => ({ run: (await import('../commands/status-page.ts')).publish }),
  },
  {
    name: 'status-page show',
    summary: 'show the status page on the terminal',
    options: [INTERNAL, CONFIG, ...COMMON],
    examples: ['switchback status-page show --json'],
    load: async () => ({ run: (await import('../commands/status-page.ts')).show }),
  },
];
