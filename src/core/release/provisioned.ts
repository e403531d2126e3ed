import type { Routing } from './alias.ts';
import type { ConcurrencyFacts } from './facts.ts';

/**
 * Whether the second version of an alias is Lambda's own doing: where an alias with provisioned concurrency has moved, Lambda
 * leaves traffic on the version that is warm, as a weight, until the new one is ready. Once that is `READY` it leaves none.
 */
export function isMovedByLambda({ second }: Routing, provisioned: ConcurrencyFacts['provisioned']): boolean {
  return second !== null && provisioned !== undefined && provisioned.requested > 0 && provisioned.status !== 'READY';
}
