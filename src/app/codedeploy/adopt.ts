import { textOf } from '../error-text.ts';
import { startRelease } from '../operate.ts';
import type { PlanningPorts } from '../ports/index.ts';
import { findDeployment, type TargetedDeployment } from './find.ts';
import { type Guarding, planWatch } from './plan-watch.ts';

/** Which deployments are guarded: those of an application, or of one of its groups. */
export interface Place {
  readonly application: string;
  readonly group?: string;
}

export interface AdoptOptions {
  readonly ports: PlanningPorts;
  readonly places: readonly Place[];
  readonly guardingOf: (deployment: TargetedDeployment) => Promise<Guarding>;
  /** Told, as a sentence, what is guarded from now on and what cannot be. */
  readonly say: (sentence: string) => void;
}

/** How often CodeDeploy is asked for new deployments: a canary of five minutes loses little by it. */
const POLL_MS = 5_000;
/** What one question of a place may bring; a group has one deployment at a time. */
const MAX_FOUND = 100;
/** Ids that need not be looked at again; old ones have long ended. */
const MAX_REMEMBERED = 1_000;

/** Begins to guard every deployment that CodeDeploy starts in these places, until `signal` aborts. Never throws. */
export async function adoptDeployments(options: AdoptOptions, signal: AbortSignal): Promise<void> {
  const { ports, places, say } = options;
  const settled = new Set<string>();
  let lastProblem = '';
  while (!signal.aborted) {
    for (const place of places) {
      try {
        const ids = await ports.deployments.list({ ...place, which: 'open', limit: MAX_FOUND });
        for (const id of ids.filter((each) => !settled.has(each))) {
          if (signal.aborted) return;
          if (await adopt(options, id)) settled.add(id);
        }
        lastProblem = '';
      } catch (error) {
        const problem = `deployments of ${nameOf(place)} could not be read: ${textOf(error)}`;
        if (problem !== lastProblem && !signal.aborted) say(problem);
        lastProblem = problem;
      }
    }
    for (const id of [...settled].slice(0, Math.max(0, settled.size - MAX_REMEMBERED))) settled.delete(id);
    await ports.clock.sleep(POLL_MS, signal).catch(() => undefined);
  }
}

/** True where the deployment need not be looked at again. */
async function adopt({ ports, guardingOf, say }: AdoptOptions, id: string): Promise<boolean> {
  const found = await findDeployment(ports, id);
  if (!found.ok) {
    // A rollback is none of ours, and one that has ended since is over; whoever has no target yet gets one.
    const known = await ports.deployments.describe(id);
    return known?.target !== undefined || known === undefined;
  }
  const deployment = found.value;
  const name = `deployment ${id} of ${deployment.target.function}:${deployment.target.alias}`;
  const planned = await planWatch(ports, deployment, await guardingOf(deployment));
  if (!planned.ok) {
    say(`${name} is not guarded: ${planned.refusal.message}`);
    return true;
  }
  if (planned.value.kind === 'watched') return true;
  const { plan, readings } = planned.value;
  const started = await startRelease(ports, plan, readings, await ports.identity.whoAmI());
  say(started.ok ? `${name} is guarded as release ${started.value.id}` : `${name}: ${started.refusal.message}`);
  return true;
}

export function nameOf({ application, group }: Place): string {
  return group === undefined ? application : `${application}/${group}`;
}

/** `application` or `application/group`; undefined for anything else. */
export function readPlace(text: string): Place | undefined {
  const [application, group, ...rest] = text.split('/');
  if (!application || group === '' || rest.length > 0) return undefined;
  return group === undefined ? { application } : { application, group };
}
