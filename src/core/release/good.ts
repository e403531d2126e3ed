import { seenOf } from './guards.ts';
import { type AliasDoc, type GoodVersion, MAX_GOOD, type Release } from './release.ts';

/** Below this many invocations seen, a version has proved nothing by traffic. */
const PROOF_INVOCATIONS = 20;
/** A version that fails more than this share of its invocations is not called good, whatever else it did. */
const PROOF_ERROR_SHARE = 0.05;

/** The good versions after a release has ended: a promoted candidate joins, a version that was rolled back leaves. */
export function learnGood(good: readonly GoodVersion[], release: Release): readonly GoodVersion[] {
  const { outcome, plan } = release;
  if (!outcome) return good;
  const stable = stableProof(release, outcome.at);
  let next = stable && !good.some(({ version }) => version === plan.stable) ? [stable, ...good] : [...good];
  if (outcome.state === 'rolledBack' && !plan.blameless)
    next = next.filter(({ version }) => version !== plan.candidate);
  if (outcome.state === 'promoted') {
    next = next.filter(({ version }) => version !== plan.candidate);
    next.unshift({
      version: plan.candidate,
      provenAt: outcome.at,
      proof: `promoted by release ${release.id}: ${outcome.reason}`,
    });
  }
  return next.slice(0, MAX_GOOD);
}

/** The version to go back to: the one proven good last that is not the one in the way. Never "number minus one". */
export function rollbackTarget(doc: AliasDoc, live: string): GoodVersion | undefined {
  return doc.good.find(({ version }) => version !== live);
}

function stableProof(release: Release, at: number): GoodVersion | undefined {
  if (release.kind === 'rollback') return undefined;
  const { stable } = release.plan;
  const { invocations, errors } = seenOf(release.guards, stable);
  if (errors > invocations * PROOF_ERROR_SHARE) return undefined;
  const proof =
    invocations >= PROOF_INVOCATIONS
      ? `served ${invocations} invocations with ${errors} errors beside release ${release.id}`
      : `was live, with no guard against it, when release ${release.id} started`;
  return { version: stable, provenAt: at, proof };
}
