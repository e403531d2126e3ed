import type { TestAliasCheck } from '../../core/gates/checks.ts';
import { readDescription } from '../../core/release/alias.ts';
import type { Aliases } from '../ports/aliases.ts';
import type { GateAnswer, GateOrder } from '../ports/gates.ts';
import { AwsProblem } from '../ports/problem.ts';

export interface TestAliasPorts {
  readonly aliases: Aliases;
}

/** Marks an alias that a release has made, so that no other is moved without somebody naming it. */
const MARK = /^leads to the candidate of \S+ \(switchback\)$/;
/** Somebody else's change in between is looked at again, not overwritten. */
const TRIES = 5;

/** Points the test alias to the candidate, making it where it does not exist, and reads it back. */
export async function testAlias(
  { check, order }: { readonly check: TestAliasCheck; readonly order: GateOrder },
  { aliases }: TestAliasPorts,
): Promise<GateAnswer> {
  const { alias: production, candidate } = order.subject;
  const key = { ...production, alias: check.alias };
  const description = `leads to the candidate of ${production.alias} (switchback)`;
  const name = `${production.function}:${check.alias}`;
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const found = await aliases.get(key);
    if (found?.version === candidate && !found.second) {
      const facts = [
        { name: 'alias', value: name },
        { name: 'version', value: candidate },
      ];
      return {
        verdict: { outcome: 'pass', reason: `alias ${name} leads to version ${candidate}` },
        evidence: { facts },
      };
    }
    const problem = found && problemOf(check, found.description);
    if (problem) return failed(`alias ${name} ${problem}`);
    try {
      if (found)
        await aliases.update(
          key,
          { version: candidate, second: null, description: found.description },
          found.revisionId,
        );
      else await aliases.create(key, candidate, description);
    } catch (error) {
      if (!(error instanceof AwsProblem && (error.kind === 'precondition' || error.kind === 'unavailable')))
        throw error;
    }
  }
  return failed(`alias ${name} does not stay on version ${candidate}: somebody else moves it`);
}

function problemOf({ ours }: TestAliasCheck, description: string): string | undefined {
  const { text, tag } = readDescription(description);
  if (tag) return `is being released itself (${tag.releaseId}): it is no test alias`;
  return ours && !MARK.test(text)
    ? 'exists and was not made by a release: name it, or another one, as testAlias'
    : undefined;
}

function failed(reason: string): GateAnswer {
  return { verdict: { outcome: 'fail', reason }, evidence: { facts: [] } };
}
