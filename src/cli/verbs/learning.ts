import { COMMON, OUTPUT, TARGET } from './options.ts';
import type { Verb } from './verb.ts';

/** Verbs that learn from what was, or from what is only a rehearsal. */
export const LEARNING_VERBS: readonly Verb[] = [
  {
    name: 'rehearse',
    summary: 'a game day: release a broken version on a local AWS, and watch it go back',
    options: [
      {
        flags: '--fault <kind>',
        description: 'errors, slow, crash, timeout, subtle, outage (of a dependency: nobody’s fault) or none',
      },
      {
        flags: '--rps <number>',
        description: 'requests a second that the service gets; 60 unless told (300 for subtle)',
      },
      { flags: '--state <path>', description: 'where the ledger of the rehearsal is kept' },
      ...OUTPUT,
    ],
    examples: ['switchback rehearse', 'switchback rehearse --fault timeout', 'switchback rehearse --fault none'],
    load: () => import('../commands/rehearse.ts'),
  },
  {
    name: 'calibrate',
    summary: 'learn from the stable version’s own logs how failures cluster, and test the judge on its traffic',
    options: [
      ...TARGET,
      { flags: '--hours <number>', description: 'how far back the logs are read; 24 unless told' },
      { flags: '--log-group <name>', description: 'where the function logs (else what its configuration says)' },
      ...COMMON,
    ],
    examples: ['switchback calibrate --function checkout --alias live --hours 48'],
    load: () => import('../commands/calibrate.ts'),
  },
  {
    name: 'replay',
    summary: 'judge past releases again, by the guards they had or by another rule',
    operands: { name: 'bundle', description: 'files or folders of bundles; without any, those beside the state' },
    options: [
      {
        flags: '--rule <rule>',
        description:
          '"judge:alpha=0.001", "threshold:error rate > 5% for 2 minutes", "alarm:percent=5,datapoints=2,periods=2", sam, flagger, argo or kayenta',
        many: true,
      },
      { flags: '--bad <release>', description: 'this release was bad, whatever became of it', many: true },
      { flags: '--good <release>', description: 'this release was good, whatever became of it', many: true },
      { flags: '--label <file>', description: 'the same from a file, a line each: r-0123456789 bad' },
      { flags: '--export <file>', description: 'write the bundle of --release to a file instead' },
      { flags: '--release <id>', description: 'the release to export' },
      ...TARGET,
      ...COMMON,
    ],
    examples: [
      'switchback replay',
      'switchback replay bundles/ --rule sam --rule "threshold:error rate > 5% for 2 minutes" --bad r-01kfp2v9x3',
      'switchback replay --export bundle.json --release r-01kfp2v9x3 --function checkout --alias live',
    ],
    load: () => import('../commands/replay.ts'),
  },
];
