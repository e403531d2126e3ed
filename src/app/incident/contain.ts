import { type ContainmentAction, describeContainment } from '../../core/incident/containment.ts';
import type { ContainmentResult } from '../../core/incident/events.ts';
import type { Incident } from '../../core/incident/incident.ts';
import {
  type AliasKey,
  actorOf,
  alone,
  describeRouting,
  type Routing,
  readDescription,
  sameRouting,
} from '../../core/release/alias.ts';
import { isOpen, type Release } from '../../core/release/release.ts';
import { SYSTEM, type Who } from '../../core/who.ts';
import { textOf } from '../error-text.ts';
import type { Concurrency } from '../ports/concurrency.ts';
import type { Ports } from '../ports/index.ts';
import type { Regions } from '../ports/regions.ts';
import { alreadyThere, chooseTarget, rollbackThroughEngine } from '../rollback.ts';

export interface ContainPorts {
  /** The alias actors and AWS: a rollback goes through the engine, so that the release's own ledger knows of it. */
  readonly releases: Ports;
  readonly concurrency: Concurrency;
  readonly regions: Regions;
}

/** How long one try waits for the engine to end a rollback; the command stays owed beyond it. */
const ROLLBACK_PATIENCE_MS = 60_000;
const LOOK_MS = 100;
const MAX_WRITES = 5;

type Action<K extends ContainmentAction['kind']> = Extract<ContainmentAction, { kind: K }>;

/** Carries a containment action out and reads back what came of it. Done twice, it finds its own work. */
export async function contain(
  action: ContainmentAction,
  incident: Incident,
  key: string,
  ports: ContainPorts,
): Promise<ContainmentResult> {
  const { account, region } = await ports.releases.identity.where();
  const place = action.kind === 'rollback' || action.kind === 'redirectTraffic' ? action.alias : action;
  // A region is taken out of traffic from wherever it can still be done.
  const near = action.kind === 'isolateRegion' || place.region === region;
  if (place.account !== account || !near)
    return failed(
      `this process acts in account ${account}, region ${region}; it is in ${place.account}, ${place.region}`,
    );
  switch (action.kind) {
    case 'rollback':
      return rollBack(action, orderOf(incident, key), ports.releases);
    case 'redirectTraffic':
      return redirect(action, ports.releases);
    case 'limitConcurrency':
      return limit(action, ports.concurrency);
    case 'isolateRegion':
      return isolate(action, ports.regions);
  }
}

async function rollBack(
  { alias, toVersion }: Action<'rollback'>,
  { who, why }: { readonly who: Who; readonly why: string },
  ports: Ports,
): Promise<ContainmentResult> {
  const target = await chooseTarget(ports, alias, toVersion);
  if (!target.ok) return failed(target.refusal.message);
  if (!alreadyThere(target.value) || (await openRelease(ports, alias))) {
    const ordered = await rollbackThroughEngine(ports, alias, target.value, who, why);
    if (!ordered.ok) return failed(ordered.refusal.message);
    const ended = await untilEnded(ports, alias, ordered.value.id);
    if (ended?.outcome?.state !== 'rolledBack')
      return failed(ended?.outcome?.reason ?? 'another release has taken its place');
  }
  return readBack(ports, alias, alone(toVersion));
}

/** The release when it has ended; undefined where another one has begun since. Throws where it takes too long for one try. */
async function untilEnded({ host, clock }: Ports, alias: AliasKey, id: string): Promise<Release | undefined> {
  const until = clock.now() + ROLLBACK_PATIENCE_MS;
  for (;;) {
    const release = (await host.read(actorOf(alias)))?.state.release;
    if (release?.id !== id) return undefined;
    if (!isOpen(release)) return release;
    if (clock.now() >= until) throw new Error(`release ${id} is still being rolled back`);
    await clock.sleep(LOOK_MS);
  }
}

/** Other weights, where no release owns the alias: one that runs would be torn from what it watches. */
async function redirect({ alias, routing }: Action<'redirectTraffic'>, ports: Ports): Promise<ContainmentResult> {
  const open = await openRelease(ports, alias);
  if (open) return failed(`release ${open.id} owns ${alias.function}:${alias.alias}: roll it back instead`);
  for (let writes = 0; writes < MAX_WRITES; writes += 1) {
    const now = await ports.aliases.get(alias);
    if (!now) return failed(`alias ${alias.function}:${alias.alias} does not exist`);
    if (sameRouting(now, routing)) break;
    const { text: description } = readDescription(now.description);
    try {
      await ports.aliases.update(alias, { ...routing, description }, now.revisionId);
    } catch (problem) {
      if (!isRetryable(problem)) return failed(textOf(problem));
    }
  }
  return readBack(ports, alias, routing);
}

async function readBack({ aliases }: Ports, alias: AliasKey, wanted: Routing): Promise<ContainmentResult> {
  const name = `${alias.function}:${alias.alias}`;
  const read = await aliases.get(alias);
  if (!read) return failed(`alias ${name} does not exist any more`);
  return sameRouting(read, wanted)
    ? { outcome: 'done', told: `${name} was read back with ${describeRouting(read)}` }
    : failed(`${name} was read back with ${describeRouting(read)}`);
}

async function limit(action: Action<'limitConcurrency'>, concurrency: Concurrency): Promise<ContainmentResult> {
  try {
    const read = await concurrency.limit(action.function, action.limit);
    const told = `the reserved concurrency of ${action.function} was read back as ${read ?? 'not set'}`;
    return read === action.limit ? { outcome: 'done', told } : failed(told);
  } catch (problem) {
    if (isRetryable(problem)) throw problem;
    return failed(textOf(problem));
  }
}

async function isolate(action: Action<'isolateRegion'>, regions: Regions): Promise<ContainmentResult> {
  try {
    const told = await regions.isolate(action.function, action.region);
    return told === undefined
      ? failed(`${describeContainment(action)}: nothing is configured that leads traffic to ${action.region}`)
      : { outcome: 'done', told };
  } catch (problem) {
    if (isRetryable(problem)) throw problem;
    return failed(textOf(problem));
  }
}

/** Who ordered this action, and why, as the timeline tells. */
function orderOf({ containments, timeline }: Incident, key: string): { readonly who: Who; readonly why: string } {
  const containment = containments.find((each) => each.key === key);
  const entry = timeline.find(
    ({ kind, recordedAt, who }) =>
      kind === 'rollback.requested' && recordedAt === containment?.orderedAt && who.name === containment.by,
  );
  return { who: entry?.who ?? SYSTEM, why: containment?.told ?? '' };
}

async function openRelease({ host }: Ports, alias: AliasKey): Promise<Release | undefined> {
  const release = (await host.read(actorOf(alias)))?.state.release ?? null;
  return isOpen(release) ? release : undefined;
}

function isRetryable(problem: unknown): boolean {
  return problem instanceof Error && 'retryable' in problem && problem.retryable === true;
}

function failed(told: string): ContainmentResult {
  return { outcome: 'failed', told };
}
