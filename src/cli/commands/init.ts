import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { labelled, line } from '../../present/text/line.ts';
import { CONFIG_FILE } from '../config-file.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { CommandFailure, usage } from '../failure.ts';

/** Writes a commented configuration. Asks for the function's name at most, and only on a terminal. */
export async function run({ flags, io, output }: Context): Promise<ExitCode> {
  const file = flags.config ?? CONFIG_FILE;
  const path = resolve(io.cwd, file);
  const fn = flags.function ?? (await io.ask?.('Which Lambda function is released? '));
  if (!fn) throw usage('no function is named', 'switchback init --function NAME');
  if (!/^[\w-]{1,140}$/.test(fn)) throw usage(`function "${fn}" is not possible: AWS does not allow such a name`);
  const alias = flags.alias ?? 'live';
  if (!/^(?!\d+$)[\w-]{1,128}$/.test(alias))
    throw usage(`alias "${alias}" is not possible: AWS does not allow such a name`);
  const before = await readFile(path, 'utf8').catch(() => undefined);
  if (before !== undefined && flags.force !== true)
    throw new CommandFailure({
      exit: EXIT.refused,
      message: `${file} exists already and was left as it is`,
      next: 'add --force to write over it',
    });
  await writeFile(path, template(fn, alias));
  output.result({ file: path, function: fn, alias }, [
    line(['good', '✔'], ` wrote ${file} for ${fn}:${alias}`),
    labelled('next', ['strong', 'switchback plan'], '   shows what a release would do'),
  ]);
  return EXIT.done;
}

/** A file that says by itself what is possible; what is commented out is an example. */
export function template(fn: string, alias: string): string {
  return `# yaml-language-server: $schema=./node_modules/switchback/switchback.schema.json
# How Switchback releases this function. "switchback config show" tells what is in force and where it comes from.

function: ${fn}
# The alias that production calls. Callers that name no alias are not protected.
alias: ${alias}

# A zip file or a folder. Without it the function's $LATEST is published.
# code: dist

# "canary 10% 5m", "linear 20% every 2m", "all-at-once", or steps of your own, such as "5% 5m, 25% 10m".
strategy: canary 10% 5m
# How long 100 % is watched before the release counts as promoted.
bake: 5m

# CloudWatch alarms; one that goes red rolls the release back.
alarms: []

# Judged on the new version's own invocations.
thresholds:
  - error rate > 5% for 2 minutes
# - p99 duration > 800ms for 2 minutes

# Validation hooks, as CodeDeploy calls them.
# hooks:
#   preTraffic: ${fn}-smoke-test
#   postTraffic: ${fn}-check
#   timeout: 10m

# What must pass before the release goes on: tests, load, programs, scans, approvals (docs/gates.md).
# gates:
#   - name: smoke
#     functional: { cases: [{ event: events/order.json, expect: [{ path: $.ok, equals: true }] }] }
#   - name: uat
#     approval: { title: UAT, roles: [qa] }
#     onSilence: hold

# How people are told when something goes wrong; docs/channels.md has every kind. Secrets go by env:, file:, secretsmanager: or ssm:.
# channels:
#   war-room: { kind: slack, token: env:SLACK_TOKEN, channel: C0123456789 }
#   pager: { kind: pagerduty, routingKey: env:PAGERDUTY_KEY }
`;
}
