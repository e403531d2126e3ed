import { COMMON, DRY_RUN, FUNCTION, OUTPUT, RELEASE, RESTORE_WITHIN, TARGET } from './options.ts';
import type { Verb } from './verb.ts';

/** Verbs that run something, and those about Switchback itself. */
export const RUNNING_VERBS: readonly Verb[] = [
  {
    name: 'local',
    summary: 'run a local AWS that really executes functions, until it is stopped',
    options: [
      { flags: '--port <number>', description: 'port to listen on (0: any free one)' },
      { flags: '--host <address>', description: 'address to listen on; 127.0.0.1 unless told' },
      { flags: '--data <dir>', description: 'keep functions here between runs' },
      { flags: '--until-stdin-ends', description: 'stop when standard input ends; for programs that start it' },
      ...OUTPUT,
    ],
    examples: ['switchback local --port 4566', 'switchback local --port 0 --json'],
    load: () => import('../commands/local.ts'),
  },
  {
    name: 'serve',
    summary: 'drive every open release until it is stopped, and listen for the answers of hooks',
    options: [
      { flags: '--host <kind>', description: 'sqlite (the state file) or restate (restate://127.0.0.1:8080)' },
      { flags: '--port <number>', description: 'port for the answers of hooks (0: any free one)' },
      { flags: '--callback-host <address>', description: 'the address to listen on; 127.0.0.1 unless told' },
      { flags: '--restate-port <number>', description: 'port that Restate calls; 9080 unless told' },
      { flags: '--restate-listen <address>', description: 'address that Restate calls; 127.0.0.1 unless told' },
      { flags: '--restate-url <url>', description: 'where Restate reaches it, where that is another address' },
      { flags: '--restate-admin <url>', description: 'Restate’s admin API; port 9070 of its host unless told' },
      {
        flags: '--restate-identity <key>',
        description: 'serve only requests signed by this Restate (publickeyv1_…; else SWITCHBACK_RESTATE_IDENTITY)',
        many: true,
      },
      {
        flags: '--codedeploy <application>',
        description: 'guard what CodeDeploy shifts in this application, or application/group',
        many: true,
      },
      RESTORE_WITHIN,
      {
        flags: '--config <file>',
        description:
          'config file (else SWITCHBACK_CONFIG, else switchback.yaml where it exists): how they are guarded, channels, incidents',
      },
      ...COMMON,
    ],
    examples: [
      'switchback serve --port 8181',
      'switchback serve --codedeploy shop',
      'switchback serve --host restate --restate-identity publickeyv1_ChjENKeMvCtRnqG2mrBK1HmPKufgFUc98K8B3ononQvp',
    ],
    load: () => import('../commands/serve.ts'),
  },
  {
    name: 'move',
    summary: 'move every release with its ledger to another state, open ones in the middle of their work',
    options: [
      {
        flags: '--to <state>',
        description:
          'restate, sqlite, restate://host:port/namespace, s3://bucket/prefix or a state file; --state names the one to leave',
      },
      ...COMMON,
    ],
    examples: ['switchback move --to restate', 'switchback move --state restate://127.0.0.1:8080 --to sqlite'],
    load: () => import('../commands/move.ts'),
  },
  {
    name: 'prune',
    summary: 'delete published versions that nothing runs, names or would go back to',
    options: [
      ...FUNCTION,
      { flags: '--keep <number>', description: 'how many versions proven good stay for each alias (3)' },
      { flags: '--yes', description: 'delete; without it only the list is printed' },
      { flags: '--force', description: 'delete although not everything that may name a version could be read' },
      DRY_RUN,
      ...COMMON,
    ],
    examples: ['switchback prune --function checkout', 'switchback prune --function checkout --keep 5 --yes'],
    load: () => import('../commands/prune.ts'),
  },
  {
    name: 'config',
    summary: 'show the settings and where each comes from, or the JSON Schema',
    argument: { name: 'what', description: 'show or schema', choices: ['show', 'schema'] },
    options: [...TARGET, ...RELEASE, ...COMMON],
    examples: ['switchback config show --function checkout', 'switchback config schema > switchback.schema.json'],
    load: () => import('../commands/config.ts'),
  },
  {
    name: 'completion',
    summary: 'print a completion script for a shell',
    argument: { name: 'shell', description: 'bash, zsh or fish', choices: ['bash', 'zsh', 'fish'] },
    options: [],
    examples: ['switchback completion bash > ~/.local/share/bash-completion/completions/switchback'],
    load: () => import('../commands/completion.ts'),
  },
];
