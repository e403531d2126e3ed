import type { Aliases } from '../../app/ports/aliases.ts';
import type { TrafficFacts } from '../../app/ports/traffic-facts.ts';
import { type Router, routerOf } from '../../core/release/router.ts';

/** Whatever moves the traffic of a key: its router where it names one, and the function's alias else. */
export function byRouter(lambda: Aliases, routers: Readonly<Record<Router['kind'], Aliases>>): Aliases {
  const of = (key: Parameters<Aliases['get']>[0]): Aliases => {
    const router = routerOf(key);
    return router ? routers[router.kind] : lambda;
  };
  return {
    get: (key, urgency) => of(key).get(key, urgency),
    update: (key, to, revisionId, urgency) => of(key).update(key, to, revisionId, urgency),
    create: (key, version, description) => of(key).create(key, version, description),
  };
}

/** A router has no concurrency, nobody goes past it that Lambda could name, and CloudTrail is not asked for its past. */
export function factsByRouter(lambda: TrafficFacts): TrafficFacts {
  return {
    bypasses: async (functionName, alias) =>
      routerOf({ function: functionName, alias }) ? [] : lambda.bypasses(functionName, alias),
    concurrency: async (key) => (routerOf(key) ? {} : lambda.concurrency(key)),
    pastTargets: async (key) => (routerOf(key) ? [] : lambda.pastTargets(key)),
  };
}
