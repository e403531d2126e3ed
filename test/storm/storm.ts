import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { CloudTrail } from '@aws-sdk/client-cloudtrail';
import { aliasActor } from '../../src/app/alias-actor.ts';
import { verifyChain } from '../../src/app/audit/chain.ts';
import { commandOf } from '../../src/app/perform.ts';
import type { LedgerEntry } from '../../src/app/ports/host.ts';
import { snapshotOf } from '../../src/aws/aliases.ts';
import { type Aws, createAws, systemClock } from '../../src/aws/index.ts';
import { type AliasKey, actorOf } from '../../src/core/release/alias.ts';
import { readPlace } from '../../src/hosts/s3/place.ts';
import { openS3Host } from '../../src/hosts/s3.ts';
import { openSqliteHost } from '../../src/hosts/sqlite.ts';
import { type Home, wire } from '../../src/wire.ts';
import { Random } from '../sim/random.ts';
import { ALIASES, DESCRIPTION, REGION, setStage } from './stage.ts';
import { type AliasStory, judgeStorm, type Shift, type StormVerdict } from './verdict.ts';

export interface StormOptions {
  /** A state file, or `s3://bucket/prefix`; the bucket is made; or `restate://…`, with who serves it as `beside`. */
  readonly state: string;
  /** Where everything is moved to in the middle of the storm; the move is killed too, and made again. */
  readonly moveTo?: string;
  /** Other processes that live and die as long as the storm lasts. `endpoint`: of the local AWS. */
  readonly beside?: (endpoint: string) => Promise<Beside>;
  /** At least so many. */
  readonly releases: number;
  readonly kills: number;
  readonly seed: number;
  /** Product processes at the same time. */
  readonly processes: number;
  /** How long a silent process counts as alive where nothing else tells. */
  readonly leaseMs: number;
  /** Rules for the local AWS's `PUT /_local/faults`, in force from the first process to the last. */
  readonly faults?: readonly object[];
  /** Told what the processes complain about. */
  readonly report?: (line: string) => void;
}

export interface Beside {
  readonly kills: number;
  /** From now on nothing of it dies any more. */
  calm(): Promise<void>;
  end(): Promise<void>;
}

export interface StormResult extends StormVerdict {
  readonly seed: number;
  readonly kills: number;
  /** From the first process to the last release's end. */
  readonly stormMs: number;
  /** From the last kill until every release had ended. */
  readonly drainMs: number;
  readonly ledger: { readonly ok: boolean; readonly entries?: number; readonly reason?: string };
}

const CHILD = new URL('./child.ts', import.meta.url).pathname;
const CLI = new URL('../../src/cli/main.ts', import.meta.url).pathname;
/** As the command line begins: the shorter a start, the more of a storm is work. */
const BEGIN = ['--import', new URL('../../src/cli/own-files.ts', import.meta.url).href];
/** A storm that is not over by then is stuck. */
const DRAIN_LIMIT_MS = 60_000;
const STORM_LIMIT_MS = 600_000;
/** How long a process lives once it works; the shortest lives end in its first turn. */
const LIFE_MS = [0, 400] as const;

/** Every twentieth answer to an alias write and to a write of the state is lost, and some calls fail or dawdle. */
export const FAULTS = [
  { service: 'lambda', operation: 'UpdateAlias', kind: 'lostAnswer', probability: 0.05, seed: 1 },
  { service: 'lambda', operation: 'UpdateAlias', kind: 'error', status: 500, probability: 0.05, seed: 2 },
  { service: 'lambda', operation: 'GetAlias', kind: 'slow', delayMs: 100, probability: 0.05, seed: 3 },
  { service: 's3', operation: 'PutObject', kind: 'lostAnswer', probability: 0.05, seed: 4 },
  { service: 's3', operation: 'GetObject', kind: 'error', status: 503, probability: 0.02, seed: 5 },
];

/** Kills product processes at random moments while they release, then asks AWS what was done. */
export async function storm(options: StormOptions): Promise<StormResult> {
  const local = await startLocal();
  const aws = createAws({ endpointUrl: local.endpoint, region: REGION });
  try {
    const { account } = await aws.identity.where();
    await setStage(aws, account);
    const bucket = /^s3:\/\/([^/]+)/.exec(options.state)?.[1];
    if (bucket) await fetch(`${local.endpoint}/${bucket}`, { method: 'PUT' });
    const faults = (method: string, rules?: readonly object[]) =>
      fetch(`${local.endpoint}/_local/faults`, { method, ...(rules ? { body: JSON.stringify(rules) } : {}) });
    if (options.faults) await faults('PUT', options.faults);
    return await rage(options, local.endpoint, aws, account, () => faults('DELETE'));
  } finally {
    aws.close();
    await local.close();
  }
}

async function rage(
  options: StormOptions,
  endpoint: string,
  aws: Aws,
  account: string,
  calm: () => Promise<unknown>,
): Promise<StormResult> {
  const { seed, leaseMs, moveTo } = options;
  const random = new Random(seed);
  const herd = new Herd(options, endpoint, random);
  const beside = await options.beside?.(endpoint);
  const startedAt = performance.now();
  try {
    await herd.run();
    if (moveTo !== undefined) await herd.moveTo(moveTo);
    const drainAt = performance.now();
    herd.drain();
    await beside?.calm();
    const wired = await wire({
      endpointUrl: endpoint,
      region: REGION,
      stateFile: herd.state,
      report() {},
      stateLeaseMs: leaseMs,
    });
    try {
      const home = await wired.home();
      await drained(home);
      const endedAt = performance.now();
      await herd.end();
      await calm();
      const stories = await tell(home, aws, endpoint, account);
      const verdict = judgeStorm(stories);
      const ledger = herd.state.startsWith('restate:') ? chainsOf(stories) : await verified(herd.state, aws);
      return {
        seed,
        kills: herd.kills + (beside?.kills ?? 0),
        stormMs: Math.round(endedAt - startedAt),
        drainMs: Math.round(endedAt - drainAt),
        ...verdict,
        ledger,
      };
    } finally {
      await wired.close();
    }
  } finally {
    await herd.end();
    await beside?.end();
  }
}

/** Product processes that are killed and replaced. */
class Herd {
  readonly #options: StormOptions;
  readonly #endpoint: string;
  readonly #random: Random;
  readonly #alive = new Set<ChildProcess>();
  /** Releases whose start some process saw committed. */
  readonly #started = new Set<string>();
  #born = 0;
  state: string;
  kills = 0;

  constructor(options: StormOptions, endpoint: string, random: Random) {
    this.#options = options;
    this.#endpoint = endpoint;
    this.#random = random;
    this.state = options.state;
  }

  /** Resolves when enough was released and enough was killed; the last processes live on. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.processes }, () => this.#succession()));
  }

  /** Every process dies with its releases open; the move dies once as well; others go on at the new place. */
  async moveTo(place: string): Promise<void> {
    this.kills += this.#alive.size;
    await this.end();
    const first = this.#move(place, []);
    await pause(this.#random.int(200, 600));
    this.kills += 1;
    await end(first);
    const said: string[] = [];
    const [code] = await once(this.#move(place, said), 'close');
    if (code !== 0) throw new Error(`the move ended with ${code}: ${said.slice(-5).join('\n')}`);
    this.state = place;
    const heirs = Array.from({ length: this.#options.processes }, () => this.#spawn());
    await Promise.all(heirs.map((heir) => this.#ready(heir)));
  }

  #move(place: string, said: string[]): ChildProcess {
    const where = ['--endpoint-url', this.#endpoint, '--region', REGION];
    const child = spawn(process.execPath, [CLI, 'move', '--state', this.state, '--to', place, ...where], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      this.#options.report?.(line);
    });
    return child;
  }

  drain(): void {
    for (const child of this.#alive) child.stdin?.write('drain\n');
  }

  async end(): Promise<void> {
    await Promise.all([...this.#alive].map((child) => end(child)));
  }

  /** One process after the other. */
  async #succession(): Promise<void> {
    const until = performance.now() + STORM_LIMIT_MS;
    for (;;) {
      const child = this.#spawn();
      await this.#ready(child);
      await pause(this.#random.int(...LIFE_MS));
      if (this.kills >= this.#options.kills) {
        while (this.#started.size < this.#options.releases && performance.now() < until) await pause(10);
        return;
      }
      this.kills += 1;
      await end(child);
    }
  }

  #spawn(): ChildProcess {
    const { seed, leaseMs, report } = this.#options;
    this.#born += 1;
    const args = [...BEGIN, CHILD, this.#endpoint, this.state, String(seed * 10_000 + this.#born), String(leaseMs)];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#alive.add(child);
    child.once('exit', () => this.#alive.delete(child));
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stderr }).on('line', (line) => report?.(line));
    return child;
  }

  #ready(child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`a process of the storm ended by itself with ${code}`)));
      createInterface({ input: child.stdout! }).on('line', (line) => {
        if (line === 'ready') resolve();
        else this.#started.add(line);
      });
    });
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** The local AWS in a process of its own, which ends with this one however this one ends. */
async function startLocal(): Promise<{ endpoint: string; close: () => Promise<void> }> {
  const child = spawn(process.execPath, [CLI, 'local', '--port', '0', '--json', '--until-stdin-ends'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { endpoint } = JSON.parse(line) as { endpoint: string };
  const close = async () => {
    const exited = once(child, 'exit');
    child.stdin.end();
    await exited;
  };
  return { endpoint, close };
}

async function drained(home: Home): Promise<void> {
  const until = performance.now() + DRAIN_LIMIT_MS;
  while ((await home.ports.host.list({ open: true, limit: 1 })).length > 0 && performance.now() < until)
    await pause(20);
}

/** The ledger's own verdict, by a host of its own. */
async function verified(state: string, aws: Aws): Promise<StormResult['ledger']> {
  const common = { logic: aliasActor, perform: async () => undefined, commandOf, clock: systemClock, report() {} };
  const place = state.startsWith('s3://') ? readPlace(state) : undefined;
  const host = place
    ? openS3Host({ objects: aws.objects(place.bucket, place.prefix), place: state, ...common })
    : openSqliteHost({ file: state, ...common });
  try {
    return await host.verify();
  } finally {
    await host.close();
  }
}

function chainsOf(stories: readonly AliasStory[]): StormResult['ledger'] {
  let entries = 0;
  for (const { entries: own } of stories) {
    const verdict = verifyChain(own);
    if (!verdict.ok) return verdict;
    entries += verdict.entries;
  }
  return { ok: true, entries };
}

async function tell(home: Home, aws: Aws, endpoint: string, account: string): Promise<AliasStory[]> {
  const shifts = await recorded(endpoint);
  const stories: AliasStory[] = [];
  for (const alias of ALIASES) {
    const key: AliasKey = { account, region: REGION, ...alias };
    const now = await aws.aliases.get(key);
    if (!now) throw new Error(`alias ${alias.function}:${alias.alias} is gone`);
    const entries = await wholeLedger(home, actorOf(key));
    const own = shifts.get(`${alias.function}:${alias.alias}`) ?? [];
    stories.push({ key, entries, shifts: own, now, description: DESCRIPTION });
  }
  return stories;
}

async function wholeLedger({ ports: { host } }: Home, actor: string): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for (;;) {
    const page = await host.ledger(actor, { after: entries.length, limit: 500 });
    entries.push(...page);
    if (page.length < 500) return entries;
  }
}

/** Every `UpdateAlias` that was carried out, by alias, oldest first. */
async function recorded(endpoint: string): Promise<Map<string, Shift[]>> {
  const credentials = { accessKeyId: 'judge', secretAccessKey: 'judge' };
  const trail = new CloudTrail({ endpoint, region: REGION, credentials });
  const shifts = new Map<string, Shift[]>();
  try {
    for (let token: string | undefined; ; ) {
      const { Events = [], NextToken } = await trail.lookupEvents({
        LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'UpdateAlias20150331' }],
        ...(token === undefined ? {} : { NextToken: token }),
      });
      for (const { CloudTrailEvent } of Events) {
        const { errorCode, requestParameters, responseElements } = JSON.parse(CloudTrailEvent ?? '{}');
        if (errorCode !== undefined) continue;
        const { functionVersion, description, revisionId, routingConfig } = responseElements;
        const name = `${requestParameters.functionName}:${requestParameters.name}`;
        const shift = snapshotOf('UpdateAlias', {
          FunctionVersion: functionVersion,
          Description: description,
          RevisionId: revisionId,
          RoutingConfig: { AdditionalVersionWeights: routingConfig?.additionalVersionWeights ?? {} },
        });
        shifts.set(name, [shift, ...(shifts.get(name) ?? [])]);
      }
      if (NextToken === undefined) return shifts;
      token = NextToken;
    }
  } finally {
    trail.destroy();
  }
}
