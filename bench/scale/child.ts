/**
 * The product, as `switchback serve` runs it: `node child.ts STATE ENDPOINT`, with a channel to its parent. Opens the
 * state, drives every open release, and answers orders with figures.
 */

import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { AWS_QUOTAS } from '../../src/aws/quotas.ts';
import { actorOf } from '../../src/core/release/alias.ts';
import { SYSTEM } from '../../src/core/who.ts';
import { wire } from '../../src/wire.ts';
import { keyOf, planFor, releaseIdOf } from './world.ts';

/** From the parent. */
export type ChildOrder =
  | { readonly kind: 'figures' | 'sent' }
  /** Release `n`: a guard sees that every invocation of the candidate fails. */
  | { readonly kind: 'fail'; readonly n: number }
  | { readonly kind: 'start'; readonly n: number };

/** To the parent. */
export type ChildNews =
  | { readonly kind: 'serving' | 'watching'; readonly open: number }
  | { readonly kind: 'figures'; readonly cpuMs: number; readonly rssMb: number; readonly problems: readonly string[] }
  /** A release that was started has its first weight. */
  | { readonly kind: 'started'; readonly n: number }
  | { readonly kind: 'told'; readonly n: number; readonly atMs: number }
  /** When the first write of each alias was sent since that was last asked, by function; epoch milliseconds. */
  | { readonly kind: 'sent'; readonly atMs: Readonly<Record<string, number>> };

const [stateFile, endpointUrl] = process.argv.slice(2);
if (!stateFile || !endpointUrl) throw new Error('STATE and ENDPOINT are expected');

const tell = (news: ChildNews): void => void process.send?.(news);
const problems: string[] = [];
const report = (problem: string): void => {
  if (problems.length < 10) problems.push(problem.slice(0, 200));
};
const region = 'us-east-1';
const wired = await wire({ stateFile, endpointUrl, region, quotas: AWS_QUOTAS, localOnly: true, report });
const home = await wired.home();
const { host } = home.ports;
tell({ kind: 'serving', open: 0 });
home.drive((open) => tell({ kind: 'watching', open }));

let sentAtMs: Record<string, number> = {};
subscribe('http.client.request.start', (message) => {
  const { request } = message as { readonly request: ClientRequest };
  const name = request.method === 'PUT' ? /\/functions\/([^/]+)\/aliases\//.exec(request.path)?.[1] : undefined;
  if (name !== undefined) sentAtMs[name] ??= performance.timeOrigin + performance.now();
});

async function fail(n: number): Promise<void> {
  const counts = { invocations: 50, errors: 50, timeouts: 0, throttles: 0, coldStarts: 0, slow: [] };
  const stable = { ...counts, invocations: 450, errors: 0 };
  const logs = { cursor: `c-${n}`, sampled: false, counts: { '1': stable, '2': counts } };
  const atMs = performance.timeOrigin + performance.now();
  const event = { kind: 'observed', releaseId: releaseIdOf(n), observation: { logs } } as const;
  await host.deliver(actorOf(keyOf(n)), { ...event, at: Date.now(), who: SYSTEM });
  tell({ kind: 'told', n, atMs });
}

async function start(n: number): Promise<void> {
  const key = keyOf(n, 'fresh');
  const revisionId = 'revision-1';
  listen();
  const alias = { version: '1', second: null, revisionId, description: 'what customers call' };
  await host.deliver(actorOf(key), {
    kind: 'start',
    at: Date.now(),
    who: SYSTEM,
    releaseId: releaseIdOf(n),
    plan: planFor(key),
    readings: { alias, alarms: [] },
  });
  starting.set(actorOf(key), n);
}

/** Releases that were started and have no weight yet. */
const starting = new Map<string, number>();
let isListening = false;

/** Not before the first start: looking for changes is work, and this process is measured. */
function listen(): void {
  if (isListening) return;
  isListening = true;
  home.upkeep.onChange((actors) => {
    for (const actor of actors) if (starting.has(actor)) void noteStarted(actor);
  }, 50);
}

async function noteStarted(actor: string): Promise<void> {
  const phase = (await host.read(actor))?.state.release?.phase;
  const n = starting.get(actor);
  if (phase !== 'holding' || n === undefined) return;
  starting.delete(actor);
  tell({ kind: 'started', n });
}

process.on('message', (order: ChildOrder) => {
  if (order.kind === 'fail') void fail(order.n).catch((error: unknown) => report(String(error)));
  if (order.kind === 'start') void start(order.n).catch((error: unknown) => report(String(error)));
  if (order.kind === 'sent') {
    tell({ kind: 'sent', atMs: sentAtMs });
    sentAtMs = {};
  }
  if (order.kind !== 'figures') return;
  const { user, system } = process.cpuUsage();
  const rssMb = process.memoryUsage.rss() / 1_048_576;
  tell({ kind: 'figures', cpuMs: (user + system) / 1_000, rssMb, problems: problems.splice(0) });
});
process.on('disconnect', () => process.exit(0));
