import { type Result, refuse } from '../core/refusal.ts';
import { actorOf } from '../core/release/alias.ts';
import { retention, type Verdict, type VersionHoldings } from '../core/release/retention.ts';
import type { Ports } from './ports/index.ts';
import { AwsProblem } from './ports/problem.ts';

/** A function has at most some thousands of versions within Lambda's 75 GB. */
const MAX_VERSIONS = 10_000;
/** Every version that may go costs some calls to make sure; the rest waits for the next run. */
const MAX_REMOVED = 200;

export interface PrunePlan {
  readonly function: string;
  readonly verdicts: readonly Verdict[];
  /** Sentences: what could not be looked at, so that it may still name a version. */
  readonly unread: readonly string[];
  /** How many more versions could go, and are left for the next run. */
  readonly left: number;
}

/** What pruning would keep and delete, and why. Reads only. */
export async function planPrune(ports: Ports, functionName: string, keepGood: number): Promise<Result<PrunePlan>> {
  const { account, region } = await ports.identity.where();
  if ((await ports.versions.get(functionName, '$LATEST')) === undefined)
    return refuse('usage', `function "${functionName}" does not exist in ${region} of account ${account}`);
  const versions = await ports.versions.list(functionName, MAX_VERSIONS);
  const aliases = await ports.retention.aliases(functionName);
  const stored = await Promise.all(
    aliases.map(({ name }) => ports.host.read(actorOf({ account, region, function: functionName, alias: name }))),
  );
  const known: VersionHoldings = {
    versions,
    aliases,
    docs: stored.flatMap((each) => (each ? [each.state] : [])),
    uses: [],
  };
  const free = retention(known, keepGood).filter(({ keep }) => !keep);
  // Oldest first: what is left for the next run is what was live last.
  const candidates = free.map(({ version }) => version).toReversed();
  const looked = candidates.slice(0, MAX_REMOVED);
  const { uses, unread } = looked.length === 0 ? NOTHING : await ports.retention.uses(functionName, looked);
  const later = new Set(candidates.slice(MAX_REMOVED));
  const verdicts = retention({ ...known, uses }, keepGood).filter(({ version }) => !later.has(version));
  return { ok: true, value: { function: functionName, verdicts, unread, left: later.size } };
}

const NOTHING = { uses: [], unread: [] };

export interface Pruned {
  readonly removed: readonly string[];
  /** Versions that AWS would not delete, with its reason. */
  readonly refused: readonly { readonly version: string; readonly why: string }[];
}

/** Deletes what the plan lets go, oldest first, one at a time. A version that AWS refuses to delete stays, and is told. */
export async function prune(ports: Pick<Ports, 'retention'>, plan: PrunePlan): Promise<Pruned> {
  const removed: string[] = [];
  const refused: { version: string; why: string }[] = [];
  for (const { version, keep } of plan.verdicts.toReversed()) {
    if (keep) continue;
    try {
      await ports.retention.remove(plan.function, version);
      removed.push(version);
    } catch (error) {
      if (!(error instanceof AwsProblem)) throw error;
      if (error.kind === 'denied' || error.kind === 'unavailable' || error.kind === 'throttled') {
        refused.push({ version, why: `${error.message}: stopped here` });
        break;
      }
      // Somebody else may have deleted it, or pointed an alias to it, a moment ago.
      if (error.kind === 'missing') removed.push(version);
      else refused.push({ version, why: error.message });
    }
  }
  return { removed, refused };
}
