import type { CommandCheck, UrlCheck } from '../../core/gates/checks.ts';
import { redacted } from '../../core/gates/secrets.ts';
import type { GateSubject } from '../../core/release/commands.ts';
import { textOf } from '../error-text.ts';
import type { Clock } from '../ports/clock.ts';
import type { GateFiles } from '../ports/gate-files.ts';
import type { GateAnswer, GateOrder } from '../ports/gates.ts';
import type { Probe } from '../ports/probe.ts';
import type { Programs } from '../ports/programs.ts';
import { parseJson, shown, unmet } from './json.ts';

/** sysexits.h's EX_TEMPFAIL: the program says that it could not tell. */
export const CANNOT_TELL = 75;
const MAX_LINES = 5;
const PROBE_TIMEOUT_MS = 30_000;

/** A program of the team's own: 0 passes, 75 says that it could not tell, everything else fails. */
export async function command(
  { check, order }: { readonly check: CommandCheck; readonly order: GateOrder },
  { programs, files }: { readonly programs: Programs; readonly files: Pick<GateFiles, 'report'> },
  signal: AbortSignal,
): Promise<GateAnswer> {
  const { command: words, folder } = check;
  const ended = await programs.run({ command: words, folder, env: releaseEnv(order) }, signal);
  const output = redacted(ended.output);
  const lines = output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-MAX_LINES);
  const name = `${order.subject.releaseId}-${fileName(order.run)}-output.txt`;
  const kept = output.trim() === '' ? undefined : { name, sha256: await files.report(name, output) };
  const how = ended.code === null ? `was ended by ${ended.signal}` : `ended with ${ended.code}`;
  const evidence = {
    facts: [
      { name: 'command', value: redacted(words.join(' ')) },
      { name: 'end', value: how },
      ...lines.map((line, index) => ({ name: `output ${index + 1}`, value: line })),
    ],
    ...(kept ? { files: [kept] } : {}),
  };
  const last = lines.at(-1);
  const reason = `${words[0]} ${how}${last === undefined ? '' : `: ${last.slice(0, 300)}`}`;
  if (signal.aborted)
    return { verdict: { outcome: 'inconclusive', reason: `${words[0]} was stopped before it had ended` }, evidence };
  if (ended.code === 0) return { verdict: { outcome: 'pass', reason: `${words[0]} ended with 0` }, evidence };
  return { verdict: { outcome: ended.code === CANNOT_TELL ? 'inconclusive' : 'fail', reason }, evidence };
}

/** What a program, or an address, is told of the release. */
export function releaseEnv({ subject, run, deadline }: GateOrder): Readonly<Record<string, string>> {
  const { releaseId, alias, stable, candidate, weightPercent, step, testAlias } = subject;
  return {
    SWITCHBACK_RELEASE: releaseId,
    SWITCHBACK_GATE: run,
    SWITCHBACK_ACCOUNT: alias.account,
    SWITCHBACK_REGION: alias.region,
    SWITCHBACK_FUNCTION: alias.function,
    SWITCHBACK_ALIAS: alias.alias,
    SWITCHBACK_STABLE: stable,
    SWITCHBACK_CANDIDATE: candidate,
    SWITCHBACK_WEIGHT_PERCENT: String(weightPercent),
    ...(step === null ? {} : { SWITCHBACK_STEP: String(step) }),
    ...(testAlias === undefined ? {} : { SWITCHBACK_TEST_ALIAS: testAlias }),
    SWITCHBACK_DEADLINE: new Date(deadline).toISOString(),
  };
}

/** An address of the team's own. It is told of the release by headers and, with POST, by its body. */
export async function url(
  { check, order }: { readonly check: UrlCheck; readonly order: GateOrder },
  { probe, clock }: { readonly probe: Probe; readonly clock: Clock },
): Promise<GateAnswer> {
  const startedAt = clock.now();
  const told = bodyOf(order.subject, order.run);
  let answer: Awaited<ReturnType<Probe['ask']>>;
  try {
    answer = await probe.ask({
      url: check.url,
      method: check.method,
      headers: {
        accept: 'application/json',
        'x-switchback-release': order.subject.releaseId,
        ...(check.method === 'POST' ? { 'content-type': 'application/json' } : {}),
      },
      ...(check.method === 'POST' ? { body: JSON.stringify(told) } : {}),
      allowPrivate: check.allowPrivate,
      timeoutMs: Math.max(1, Math.min(PROBE_TIMEOUT_MS, order.deadline - startedAt)),
    });
  } catch (error) {
    return {
      verdict: { outcome: 'error', reason: `it could not be asked: ${textOf(error)}` },
      evidence: { facts: [] },
    };
  }
  const facts = [
    { name: 'status', value: String(answer.status) },
    { name: 'took', value: `${clock.now() - startedAt} ms` },
    { name: 'answer', value: redacted(answer.body.slice(0, 2_000)) },
  ];
  const problem = await problemOf(check, answer);
  return problem === undefined
    ? { verdict: { outcome: 'pass', reason: `it answered ${answer.status} as expected` }, evidence: { facts } }
    : { verdict: { outcome: 'fail', reason: problem }, evidence: { facts } };
}

async function problemOf(
  { status, expect }: UrlCheck,
  answer: { readonly status: number; readonly body: string },
): Promise<string | undefined> {
  if (answer.status !== status) return `it answered ${answer.status}, not ${status}`;
  if (expect.length === 0) return undefined;
  const json = parseJson(answer.body);
  return json ? unmet(json.value, expect) : `its answer is not JSON: ${shown(answer.body)}`;
}

function bodyOf({ releaseId, alias, ...subject }: GateSubject, gate: string) {
  return { release: releaseId, gate, ...alias, ...subject };
}

/** A run's name as part of a file's. */
export function fileName(run: string): string {
  return run.replace(/[^A-Za-z0-9-]/g, '_');
}
