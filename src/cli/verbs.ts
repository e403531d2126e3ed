import type { Context } from './context.ts';
import type { ExitCode } from './exit.ts';

export interface OptionSpec {
  /** As commander reads it: `--alarm <name>`. */
  readonly flags: string;
  readonly description: string;
  /** May be given more than once. */
  readonly many?: true;
}

/** One command as data: the parser, the help, the completion and `docs/commands.md` are made of it. */
export interface Verb {
  readonly name: string;
  readonly summary: string;
  readonly argument?: { readonly name: string; readonly description: string; readonly choices: readonly string[] };
  /** Any number of words behind the command, such as files. */
  readonly operands?: { readonly name: string; readonly description: string };
  readonly options: readonly OptionSpec[];
  readonly examples: readonly string[];
  readonly load: () => Promise<{ run(context: Context): Promise<ExitCode> }>;
}

const WHERE: readonly OptionSpec[] = [
  { flags: '--region <name>', description: 'AWS region (else AWS_REGION, else the profile’s)' },
  { flags: '--profile <name>', description: 'AWS profile (else AWS_PROFILE)' },
  { flags: '--endpoint-url <url>', description: 'where AWS is called, such as a local AWS (else AWS_ENDPOINT_URL)' },
  {
    flags: '--state <path>',
    description: 'state file or its folder, s3://bucket/prefix or restate://host:port (else SWITCHBACK_STATE)',
  },
];
const OUTPUT: readonly OptionSpec[] = [
  { flags: '--json', description: 'print one JSON object on stdout' },
  { flags: '--debug', description: 'show stack traces' },
];
const JSON_LINES: OptionSpec = { flags: '--json-lines', description: 'print every event as a line of JSON on stdout' };
const TARGET: readonly OptionSpec[] = [
  { flags: '--function <name>', description: 'the Lambda function (else SWITCHBACK_FUNCTION, else the config file)' },
  {
    flags: '--alias <name>',
    description: 'the alias that production calls (else SWITCHBACK_ALIAS, else the config file)',
  },
  {
    flags: '--config <file>',
    description: 'config file (else SWITCHBACK_CONFIG, else switchback.yaml where it exists)',
  },
];
const REASON: OptionSpec = { flags: '--reason <text>', description: 'why; kept in the ledger' };
const DRY_RUN: OptionSpec = { flags: '--dry-run', description: 'say what would be done, and change nothing' };
const TIMEOUT: OptionSpec = {
  flags: '--timeout <time>',
  description: 'stop watching after this long (exit 5); the release goes on',
};

const RELEASE: readonly OptionSpec[] = [
  { flags: '--zip <file>', description: 'release this zip file' },
  { flags: '--code <dir>', description: 'release this folder, packed reproducibly' },
  { flags: '--version <number>', description: 'release this published version (without any of the three: $LATEST)' },
  { flags: '--strategy <text>', description: '"canary 10% 30s", "linear 20% every 2m", "all-at-once", or a SAM name' },
  { flags: '--bake <time>', description: 'how long 100 % is watched before the release counts as promoted' },
  { flags: '--alarm <name>', description: 'roll back when this CloudWatch alarm goes red', many: true },
  { flags: '--allow-alarm <name>', description: 'this alarm may be red at the start (needs --reason)', many: true },
  { flags: '--threshold <text>', description: 'roll back at "error rate > 5% for 2 minutes"', many: true },
  { flags: '--pre-traffic <function>', description: 'hook called before any traffic moves' },
  { flags: '--post-traffic <function>', description: 'hook called at 100 %' },
  { flags: '--hook-timeout <time>', description: 'a hook’s silence this long counts as failure; at most 1h' },
  { flags: '--signals <list>', description: 'what the guards are fed with: logs,metrics' },
];
const PARAMETER: OptionSpec = {
  flags: '--parameter <name=value>',
  description: 'the value of a template parameter',
  many: true,
};
const TEMPLATE: readonly OptionSpec[] = [
  PARAMETER,
  { flags: '--before <template>', description: 'the template as it is deployed: says which changes publish a version' },
];
const COMMON = [...WHERE, ...OUTPUT];

export const VERBS: readonly Verb[] = [
  {
    name: 'init',
    summary: 'write a commented switchback.yaml',
    options: [
      { flags: '--function <name>', description: 'the Lambda function' },
      { flags: '--alias <name>', description: 'the alias that production calls' },
      { flags: '--config <file>', description: 'the file to write' },
      { flags: '--force', description: 'write over a file that exists' },
      ...OUTPUT,
    ],
    examples: ['switchback init --function checkout --alias live'],
    load: () => import('./commands/init.ts'),
  },
  {
    name: 'plan',
    summary: 'show what a deploy would do, and change nothing',
    operands: {
      name: 'template',
      description: 'a SAM or CloudFormation template or AppSpec file, and which of its functions; AWS is not asked',
    },
    options: [...TARGET, ...RELEASE, ...TEMPLATE, REASON, ...COMMON],
    examples: [
      'switchback plan --function checkout --alias live --version 42',
      'switchback plan template.yaml --parameter Stage=prod',
    ],
    load: () => import('./commands/plan.ts'),
  },
  {
    name: 'deploy',
    summary: 'release a version step by step, and go back by itself when it is worse',
    operands: {
      name: 'template',
      description: 'a SAM or CloudFormation template, and which of its functions: released as it is written there',
    },
    options: [
      ...TARGET,
      ...RELEASE,
      PARAMETER,
      REASON,
      DRY_RUN,
      { flags: '--detach', description: 'start the release and leave; "switchback watch" drives it on' },
      TIMEOUT,
      {
        flags: '--callback-port <port>',
        description: 'answer hooks on this port, as CodeDeploy does (0: any free one)',
      },
      { flags: '--callback-host <address>', description: 'the address to listen on; 127.0.0.1 unless told' },
      JSON_LINES,
      ...COMMON,
    ],
    examples: [
      "switchback deploy --function checkout --alias live --zip dist.zip --strategy 'canary 10% 30s' --alarm checkout-errors",
      'switchback deploy template.yaml Checkout --function checkout --zip dist.zip',
      "switchback deploy --function checkout --alias live --version 42 --threshold 'error rate > 5% for 2 minutes'",
    ],
    load: () => import('./commands/deploy.ts'),
  },
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
    load: () => import('./commands/rehearse.ts'),
  },
  {
    name: 'status',
    summary: 'show what is live and where the release stands',
    options: [...TARGET, ...COMMON],
    examples: ['switchback status --function checkout --alias live --json'],
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'watch',
    summary: 'follow an open release and drive it to its end',
    options: [...TARGET, TIMEOUT, JSON_LINES, ...COMMON],
    examples: ['switchback watch --function checkout --alias live --timeout 10m'],
    load: () => import('./commands/watch.ts'),
  },
  {
    name: 'promote',
    summary: 'go on to the next step now',
    options: [...TARGET, { flags: '--full', description: 'to 100 % at once' }, REASON, DRY_RUN, ...COMMON],
    examples: ['switchback promote --function checkout --alias live --reason "verified by hand"'],
    load: () => import('./commands/promote.ts'),
  },
  {
    name: 'pause',
    summary: 'freeze the weight; the guards go on watching',
    options: [...TARGET, REASON, DRY_RUN, ...COMMON],
    examples: ['switchback pause --function checkout --alias live --reason "looking at a log line"'],
    load: () => import('./commands/pause.ts'),
  },
  {
    name: 'resume',
    summary: 'go on with a paused release',
    options: [...TARGET, REASON, DRY_RUN, ...COMMON],
    examples: ['switchback resume --function checkout --alias live'],
    load: () => import('./commands/resume.ts'),
  },
  {
    name: 'rollback',
    summary: 'go back now: never asks, needs no config file',
    options: [
      ...TARGET,
      { flags: '--to <version>', description: 'the version to go back to (else the last one known to be good)' },
      REASON,
      DRY_RUN,
      ...COMMON,
    ],
    examples: ['switchback rollback --function checkout --alias live --reason "checkout fails for everybody"'],
    load: () => import('./commands/rollback.ts'),
  },
  {
    name: 'history',
    summary: 'list the releases of an alias: who, when, why, and how they ended',
    options: [...TARGET, { flags: '--limit <number>', description: 'at most this many, newest first (20)' }, ...COMMON],
    examples: ['switchback history --function checkout --alias live'],
    load: () => import('./commands/history.ts'),
  },
  {
    name: 'diagnose',
    summary: 'say why a release ended as it did, and what to look at next',
    options: [...TARGET, { flags: '--release <id>', description: 'this release instead of the latest' }, ...COMMON],
    examples: ['switchback diagnose --function checkout --alias live'],
    load: () => import('./commands/diagnose.ts'),
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
    load: () => import('./commands/calibrate.ts'),
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
    load: () => import('./commands/replay.ts'),
  },
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
    load: () => import('./commands/local.ts'),
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
      ...COMMON,
    ],
    examples: [
      'switchback serve --port 8181',
      'switchback serve --host restate --restate-identity publickeyv1_ChjENKeMvCtRnqG2mrBK1HmPKufgFUc98K8B3ononQvp',
    ],
    load: () => import('./commands/serve.ts'),
  },
  {
    name: 'move',
    summary: 'move every release with its ledger to another state, open ones in the middle of their work',
    options: [
      {
        flags: '--to <state>',
        description: 'restate, sqlite, restate://host:port/namespace, or a state file; --state names the one to leave',
      },
      ...COMMON,
    ],
    examples: ['switchback move --to restate', 'switchback move --state restate://127.0.0.1:8080 --to sqlite'],
    load: () => import('./commands/move.ts'),
  },
  {
    name: 'config',
    summary: 'show the settings and where each comes from, or the JSON Schema',
    argument: { name: 'what', description: 'show or schema', choices: ['show', 'schema'] },
    options: [...TARGET, ...RELEASE, ...COMMON],
    examples: ['switchback config show --function checkout', 'switchback config schema > switchback.schema.json'],
    load: () => import('./commands/config.ts'),
  },
  {
    name: 'completion',
    summary: 'print a completion script for a shell',
    argument: { name: 'shell', description: 'bash, zsh or fish', choices: ['bash', 'zsh', 'fish'] },
    options: [],
    examples: ['switchback completion bash > ~/.local/share/bash-completion/completions/switchback'],
    load: () => import('./commands/completion.ts'),
  },
];
