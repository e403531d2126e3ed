import { isDeepStrictEqual } from 'node:util';
import type { FunctionalCase, FunctionalCheck } from '../../core/gates/checks.ts';
import { textOf } from '../error-text.ts';
import type { Clock } from '../ports/clock.ts';
import type { GateFiles } from '../ports/gate-files.ts';
import type { GateAnswer, GateOrder } from '../ports/gates.ts';
import type { Invocation, Invoker } from '../ports/invoker.ts';
import { misfit, parseJson, shown, unmet } from './json.ts';

export interface FunctionalPorts {
  readonly invoker: Invoker;
  readonly files: Pick<GateFiles, 'read'>;
  readonly clock: Clock;
}

/** Invokes the candidate by its version with every event and compares the answers. All cases are run: a person wants the whole list. */
export async function functional(
  { check, order }: { readonly check: FunctionalCheck; readonly order: GateOrder },
  ports: FunctionalPorts,
  signal: AbortSignal,
): Promise<GateAnswer> {
  const facts: { name: string; value: string }[] = [];
  const failed: string[] = [];
  for (const each of check.cases) {
    if (signal.aborted)
      return { verdict: { outcome: 'inconclusive', reason: outOfTime(facts.length, check) }, evidence: { facts } };
    const startedAt = ports.clock.now();
    let invocation: Invocation;
    try {
      const event = await ports.files.read(each.event.sha256, each.event.name);
      const { alias, candidate } = order.subject;
      invocation = await ports.invoker.invokeVersion(alias.function, candidate, event, signal);
    } catch (error) {
      facts.push({ name: each.name, value: `could not be invoked: ${textOf(error)}` });
      const reason = `case ${each.name} could not be invoked: ${textOf(error)}`;
      return { verdict: { outcome: 'error', reason }, evidence: { facts } };
    }
    const tookMs = ports.clock.now() - startedAt;
    const problem = await problemOf(each, invocation, tookMs, ports);
    facts.push({
      name: each.name,
      value: problem === undefined ? `as expected, ${tookMs} ms` : `${problem} (${tookMs} ms)`,
    });
    if (problem !== undefined) failed.push(`${each.name}: ${problem}`);
  }
  const total = check.cases.length;
  if (failed.length === 0)
    return {
      verdict: { outcome: 'pass', reason: `${total} of ${total} cases answered as expected` },
      evidence: { facts },
    };
  const reason = `${failed.length} of ${total} cases did not answer as expected: ${failed[0]}`;
  return { verdict: { outcome: 'fail', reason }, evidence: { facts } };
}

function outOfTime(done: number, { cases }: FunctionalCheck): string {
  return `only ${done} of ${cases.length} cases were run before it was stopped`;
}

async function problemOf(
  each: FunctionalCase,
  { outcome, payload, errorType, errorMessage }: Invocation,
  tookMs: number,
  { files }: FunctionalPorts,
): Promise<string | undefined> {
  if (outcome === 'throttled') return 'it was throttled';
  if (each.failsWith !== undefined) {
    if (outcome !== 'functionError') return `it answered, and should have failed with ${each.failsWith}`;
    return errorType === each.failsWith
      ? undefined
      : `it failed with ${errorType ?? 'an error without a type'}, not ${each.failsWith}`;
  }
  if (outcome === 'functionError') return `it failed: ${shown(`${errorType ?? 'Error'}: ${errorMessage ?? ''}`)}`;
  if (each.maxMs !== undefined && tookMs > each.maxMs) return `it took ${tookMs} ms, more than ${each.maxMs} ms`;
  const answer = parseJson(payload);
  if (!answer) return `its answer is not JSON: ${shown(payload)}`;
  if (each.exact) {
    const exact: unknown = JSON.parse(await files.read(each.exact.sha256, each.exact.name));
    if (!isDeepStrictEqual(answer.value, exact)) return `it answered ${shown(answer.value)}, not ${shown(exact)}`;
  }
  if (each.schema) {
    const problem = await misfit(answer.value, JSON.parse(await files.read(each.schema.sha256, each.schema.name)));
    if (problem !== undefined) return `its answer does not fit ${each.schema.name}: ${problem}`;
  }
  return unmet(answer.value, each.expect);
}
