import { createHash } from 'node:crypto';
import { type Result, refuse } from '../core/refusal.ts';
import type { AliasKey, AliasSnapshot } from '../core/release/alias.ts';
import type { VersionFacts } from '../core/release/facts.ts';
import type { ArmFunctions } from '../core/release/router.ts';
import type { Source, Wanted } from './plan-release.ts';
import type { PlanningPorts } from './ports/index.ts';

/** Gates that run or look at a version of the function that an alias leads to; two functions have no such alias. */
const NEED_AN_ALIAS: readonly string[] = ['functional', 'load', 'security', 'data', 'testAlias'];

export interface ArmPair {
  readonly stable: VersionFacts;
  readonly candidate: VersionFacts;
}

/**
 * The two functions behind a router, as far as a plan needs to know them: the candidate is the one without traffic. With
 * `publish`, new code is put into it; it changes no traffic. A function counts as it is now, `$LATEST`.
 */
export async function planArms(
  ports: PlanningPorts,
  key: AliasKey,
  alias: AliasSnapshot,
  { functions, source, gates, keepWarm }: Pick<Wanted, 'source' | 'gates' | 'keepWarm'> & { functions: ArmFunctions },
  publish: boolean,
): Promise<Result<ArmPair>> {
  const gate = gates.find(({ check }) => NEED_AN_ALIAS.includes(check.kind));
  if (gate)
    return refuse(
      'usage',
      `gate ${gate.id} (${gate.check.kind}) needs an alias, and two functions behind a router have none`,
      'use gates of the kinds hook, command, url or approval',
    );
  if (keepWarm) return refuse('usage', 'keepWarm is for the versions of one function: with traffic: leave it out');
  const arms = Object.keys(functions);
  const idle = arms.find((arm) => arm !== alias.version);
  if (!arms.includes(alias.version) || idle === undefined)
    return refuse(
      'usage',
      `${key.function} sends its traffic to "${alias.version}", and traffic.functions knows ${arms.join(' and ')} only`,
    );
  if (source.kind === 'version' && source.version !== idle && source.version !== alias.version)
    return refuse('usage', `"${source.version}" is neither of ${arms.join(' and ')}`);
  const stable = await armFacts(ports, functions, alias.version);
  if (!stable.ok) return stable;
  const wanted = source.kind === 'version' ? source.version : idle;
  const candidate = await candidateOf(ports, functions, wanted, source, publish, stable.value);
  return candidate.ok ? { ok: true, value: { stable: stable.value, candidate: candidate.value } } : candidate;
}

async function candidateOf(
  ports: PlanningPorts,
  functions: ArmFunctions,
  arm: string,
  source: Source,
  publish: boolean,
  stable: VersionFacts,
): Promise<Result<VersionFacts>> {
  if (arm === stable.version) return { ok: true, value: stable };
  if (source.kind !== 'zip') {
    const found = await armFacts(ports, functions, arm);
    if (!found.ok || !isSame(found.value, stable)) return found;
    return { ok: true, value: stable };
  }
  const codeSha256 = createHash('sha256').update(source.zip).digest('base64');
  if (codeSha256 === stable.codeSha256) return { ok: true, value: stable };
  const before = await armFacts(ports, functions, arm);
  if (!before.ok) return before;
  if (!publish || before.value.codeSha256 === codeSha256) return { ok: true, value: { ...before.value, codeSha256 } };
  const uploaded = await ports.versions.uploadCode(functions[arm]!, source.zip);
  return { ok: true, value: { ...uploaded, version: arm } };
}

function isSame(a: VersionFacts, b: VersionFacts): boolean {
  return a.codeSha256 === b.codeSha256 && a.configHash === b.configHash && a.runtime === b.runtime;
}

/** One arm's function as it is now, under the arm's name. */
export async function armFacts(
  { versions }: Pick<PlanningPorts, 'versions'>,
  functions: ArmFunctions,
  arm: string,
): Promise<Result<VersionFacts>> {
  const name = functions[arm];
  const found = name === undefined ? undefined : await versions.get(name, '$LATEST');
  if (found) return { ok: true, value: { ...found, version: arm } };
  return refuse(
    'usage',
    `function "${name}", which stands behind "${arm}", does not exist`,
    "aws lambda list-functions --query 'Functions[].FunctionName'",
  );
}
