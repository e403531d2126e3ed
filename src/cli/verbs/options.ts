import type { OptionSpec } from './verb.ts';

/** Which AWS and which state is meant. */
export const WHERE: readonly OptionSpec[] = [
  { flags: '--region <name>', description: 'AWS region (else AWS_REGION, else the profile’s)' },
  { flags: '--profile <name>', description: 'AWS profile (else AWS_PROFILE)' },
  { flags: '--endpoint-url <url>', description: 'where AWS is called, such as a local AWS (else AWS_ENDPOINT_URL)' },
  {
    flags: '--state <path>',
    description: 'state file or its folder, s3://bucket/prefix or restate://host:port (else SWITCHBACK_STATE)',
  },
];
export const OUTPUT: readonly OptionSpec[] = [
  { flags: '--json', description: 'print one JSON object on stdout' },
  { flags: '--debug', description: 'show stack traces' },
];
export const JSON_LINES: OptionSpec = {
  flags: '--json-lines',
  description: 'print every event as a line of JSON on stdout',
};
/** Which function is meant, whatever its alias. */
export const FUNCTION: readonly OptionSpec[] = [
  { flags: '--function <name>', description: 'the Lambda function (else SWITCHBACK_FUNCTION, else the config file)' },
  {
    flags: '--config <file>',
    description: 'config file (else SWITCHBACK_CONFIG, else switchback.yaml where it exists)',
  },
];
/** Which alias is meant. */
export const TARGET: readonly OptionSpec[] = [
  FUNCTION[0]!,
  {
    flags: '--alias <name>',
    description: 'the alias that production calls (else SWITCHBACK_ALIAS, else the config file)',
  },
  FUNCTION[1]!,
];
/** Several functions as one release. */
export const TRAIN: OptionSpec = {
  flags: '--train <name>',
  description: 'the train of the config file instead: several functions as one release',
};
export const ONLY: OptionSpec = {
  flags: '--only <region>',
  description: 'with --train: this region alone, which leaves the train; the others stay',
};
export const REASON: OptionSpec = { flags: '--reason <text>', description: 'why; kept in the ledger' };
export const DRY_RUN: OptionSpec = { flags: '--dry-run', description: 'say what would be done, and change nothing' };
export const TIMEOUT: OptionSpec = {
  flags: '--timeout <time>',
  description: 'stop watching after this long (exit 5); the release goes on',
};

/** How it is released. */
export const RELEASE: readonly OptionSpec[] = [
  { flags: '--zip <file>', description: 'release this zip file' },
  { flags: '--code <dir>', description: 'release this folder, packed reproducibly' },
  { flags: '--version <number>', description: 'release this published version (without any of the three: $LATEST)' },
  { flags: '--strategy <text>', description: '"canary 10% 30s", "linear 20% every 2m", "all-at-once", or a SAM name' },
  {
    flags: '--promote-early <ratio>',
    description:
      'steps before the bake end early once the candidate is shown not to fail this many times as often as stable, such as 3',
  },
  { flags: '--bake <time>', description: 'how long 100 % is watched before the release counts as promoted' },
  { flags: '--alarm <name>', description: 'roll back when this CloudWatch alarm goes red', many: true },
  { flags: '--allow-alarm <name>', description: 'this alarm may be red at the start (needs --reason)', many: true },
  { flags: '--threshold <text>', description: 'roll back at "error rate > 5% for 2 minutes"', many: true },
  { flags: '--test-alias <name>', description: 'an alias that leads to the candidate alone, before any traffic moves' },
  { flags: '--pre-traffic <function>', description: 'hook called before any traffic moves' },
  { flags: '--post-traffic <function>', description: 'hook called at 100 %' },
  { flags: '--step-hook <function>', description: 'hook called before the weight of every step' },
  { flags: '--hook-timeout <time>', description: 'a hook’s silence this long counts as failure; at most 1h' },
  {
    flags: '--approval <who>',
    description: 'wait before any traffic until this person, or role:NAME, approves (switchback approve)',
    many: true,
  },
  { flags: '--signals <list>', description: 'what the guards are fed with: logs,metrics' },
];
/** How a release is guarded that somebody else shifts. */
export const GUARDS: readonly OptionSpec[] = RELEASE.filter(({ flags }) => /^--(alarm|threshold|signals) /.test(flags));
export const RESTORE_WITHIN: OptionSpec = {
  flags: '--restore-within <time>',
  description: 'how long CodeDeploy may take to bring the alias back before Switchback does it (1m)',
};
export const STACK: OptionSpec = {
  flags: '--stack <name>',
  description: 'the stack that was made of the template: gives names and parameters that only AWS knows',
};
export const PARAMETER: OptionSpec = {
  flags: '--parameter <name=value>',
  description: 'the value of a template parameter',
  many: true,
};
export const TEMPLATE: readonly OptionSpec[] = [
  STACK,
  PARAMETER,
  { flags: '--before <template>', description: 'the template as it is deployed: says which changes publish a version' },
];
/** What every command that asks AWS takes. */
export const COMMON = [...WHERE, ...OUTPUT];
