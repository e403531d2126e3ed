import { type AliasFault, type DeploymentTrace, examineAlias } from '../../core/doctor/alias-fault.ts';
import { type Result, refuse } from '../../core/refusal.ts';
import { type AliasKey, type AliasSnapshot, actorOf, flagsOf } from '../../core/release/alias.ts';
import { textOf } from '../error-text.ts';
import type { Ports } from '../ports/index.ts';
import { AwsProblem } from '../ports/problem.ts';
import type { Target } from '../rollback.ts';
import { findEnded, findRunning } from './find.ts';

export interface Examination {
  readonly key: AliasKey;
  readonly alias: AliasSnapshot;
  readonly fault: AliasFault;
  /** Sentences: what could not be read, so that the fault may have another cause. */
  readonly unread: readonly string[];
}

type Reach = Pick<Ports, 'aliases' | 'deployments' | 'host' | 'stacks' | 'traffic'>;

/** Finds out whether an alias is in order, and if not, why. Changes nothing; what cannot be read is named. */
export async function examine(ports: Reach, key: AliasKey): Promise<Result<Examination>> {
  const unread: string[] = [];
  const tried = async <T>(what: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      // What a local AWS does not have, nobody has forgotten to allow.
      const isAbsent = error instanceof AwsProblem && error.code === 'NotImplemented';
      if (!isAbsent) unread.push(`${what}: ${textOf(error)}`);
      return undefined;
    }
  };
  const alias = await ports.aliases.get(key);
  if (!alias)
    return refuse(
      'usage',
      `alias ${key.function}:${key.alias} does not exist in ${key.region} of account ${key.account}`,
    );
  const [stored, running, past, belief, concurrency] = await Promise.all([
    tried('the state', () => ports.host.read(actorOf(key))),
    tried('CodeDeploy’s running deployments', () => runningTrace(ports, key)),
    tried('CodeDeploy’s past deployments', () => findEnded(ports, key)),
    tried('the stack', () => ports.stacks.beliefOf(key)),
    tried('provisioned concurrency', () => ports.traffic.concurrency(key)),
  ]);
  const fault = examineAlias({
    key,
    alias,
    release: stored?.state.release ?? null,
    running: running ?? null,
    past: (past ?? []).map((each) => ({ ...each, ...each.target })),
    belief: belief ?? null,
    provisioning: concurrency?.provisioned?.status === 'IN_PROGRESS',
  });
  return { ok: true, value: { key, alias, fault, unread } };
}

async function runningTrace(ports: Reach, key: AliasKey): Promise<DeploymentTrace | undefined> {
  const id = await findRunning(ports, key);
  const found = id === undefined ? undefined : await ports.deployments.describe(id);
  return found?.target && { ...found, ...found.target };
}

/** Where the repair moves the alias, or why it does not. `to`: a person's choice. */
export function repairTarget({ fault, alias, key }: Examination, to: string | undefined): Result<Target> {
  const { kind, told, target, because, next } = fault;
  const flags = flagsOf(key);
  if (kind === 'busy') return refuse('refused', told, next ?? undefined);
  if (kind === 'healthy')
    return refuse(
      'refused',
      `nothing is to be repaired: ${told}`,
      `switchback rollback ${flags} --to ${to ?? 'VERSION'}`,
    );
  const version = to ?? target;
  if (version === null)
    return refuse('refused', `${told}; ${because}`, next ?? `switchback repair ${flags} --to VERSION`);
  return {
    ok: true,
    value: {
      from: alias,
      version,
      because: to === undefined ? `${told}; ${because}` : `${told}; it was named`,
      findings: [],
      blameless: true,
    },
  };
}
