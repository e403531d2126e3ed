import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ALIAS, REGION, STRATEGY, type Stand } from './stand.ts';

/** Who shifts the traffic, and who watches. */
export const DRIVERS = ['codedeploy', 'switchback', 'codedeployWatched'] as const;
export type Driver = (typeof DRIVERS)[number];

export interface LaneWish {
  readonly driver: Driver;
  readonly errorShare: number;
  readonly rps: number;
}

export interface LaneFigures {
  /** Requests that the bad version answered with an error. */
  readonly requestsHurt: number;
  readonly candidateRequests: number;
  readonly requests: number;
  /** From the first request that was hurt until the alias was read back with the good version alone; null where it never was. */
  readonly restoredAfterMs: number | null;
  /** The same from the moment when the release was asked for. */
  readonly restoredSinceStartMs: number | null;
  /** Who ended it, in their own word. */
  readonly endedBy: string;
}

const SWITCHBACK = path.resolve(import.meta.dirname, '../../bin/switchback');
/** Beyond the canary's five minutes nobody goes back any more. */
const LONGEST_MS = 8 * 60_000;
const POLL_MS = 100;
const WARM_UP_MS = 3_000;
/** A request is skipped while this many are under way, so that a busy machine is not buried. */
const MAX_IN_FLIGHT = 100;
/** An error rate over fewer seconds is one caller's bad luck; so long the traffic goes on after the alias was restored. */
const TAIL_MS = 2_000;

/** Releases the bad version under traffic and waits until it is gone, or live. */
export async function runLane(stand: Stand, { driver, errorShare, rps }: LaneWish): Promise<LaneFigures> {
  const name = `${driver}-${Math.round(errorShare * 100)}`;
  await stand.createFunction(name, errorShare);
  const traffic = startTraffic(stand, name, rps);
  await pause(WARM_UP_MS);
  const startedAt = Date.now();
  const release = await begin(stand, driver, name);
  const restoredAt = await restored(stand, name, startedAt);
  await pause(TAIL_MS);
  const { firstHurtAt, ...counts } = await traffic.stop();
  const endedBy = await release.endedBy(restoredAt !== null);
  const since = (from: number | null) => (restoredAt === null || from === null ? null : Math.max(0, restoredAt - from));
  return { ...counts, restoredAfterMs: since(firstHurtAt), restoredSinceStartMs: since(startedAt), endedBy };
}

interface Begun {
  readonly endedBy: (isRestored: boolean) => Promise<string>;
}

async function begin(stand: Stand, driver: Driver, name: string): Promise<Begun> {
  if (driver === 'switchback') {
    const ended = switchback(stand, name, ['deploy', '--version', '2', '--strategy', STRATEGY, '--bake', '10s']);
    return { endedBy: async () => `switchback: ${await ended}` };
  }
  const deploymentId = await stand.deploy(name, await stand.samAlarms(name));
  const watching = driver === 'codedeployWatched' && switchback(stand, name, ['watch', '--codedeploy', deploymentId]);
  return {
    async endedBy() {
      const { deploymentInfo } = await stand.codedeploy.getDeployment({ deploymentId });
      const { status, errorInformation } = deploymentInfo ?? {};
      const told = errorInformation ? `${status} ${errorInformation.code}` : String(status);
      return `CodeDeploy: ${told}${watching ? `; switchback: ${await watching}` : ''}`;
    },
  };
}

/** Runs the command; resolves with the state in which its release ended. */
function switchback(stand: Stand, name: string, args: readonly string[]): Promise<string> {
  const where = ['--function', name, '--alias', ALIAS, '--state', path.join(stand.folder, name), '--json'];
  const { PATH = '' } = process.env;
  const aws = { AWS_ENDPOINT_URL: stand.endpoint, AWS_REGION: REGION };
  const keys = { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench', HOME: stand.folder };
  const child = spawn(SWITCHBACK, [...args, ...where], {
    env: { PATH: `${path.dirname(process.execPath)}${path.delimiter}${PATH}`, ...aws, ...keys },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-4_000);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      try {
        resolve(String((JSON.parse(stdout) as { state: unknown }).state));
      } catch {
        reject(new Error(`switchback ${args.join(' ')} printed no release: ${stdout}${stderr}`));
      }
    });
  });
}

/** When the alias was read back with version 1 alone after it had been split; null where that did not happen in time. */
async function restored(stand: Stand, name: string, startedAt: number): Promise<number | null> {
  let wasSplit = false;
  while (Date.now() < startedAt + LONGEST_MS) {
    const { FunctionVersion, RoutingConfig } = await stand.lambda.getAlias({ FunctionName: name, Name: ALIAS });
    const isSplit = Object.keys(RoutingConfig?.AdditionalVersionWeights ?? {}).length > 0;
    wasSplit ||= isSplit;
    if (wasSplit && !isSplit && FunctionVersion === '1') return Date.now();
    if (FunctionVersion === '2') return null;
    await pause(POLL_MS);
  }
  return null;
}

/** Open-loop traffic: requests leave at their time, whether or not earlier ones were answered. */
function startTraffic(stand: Stand, name: string, rps: number) {
  const inFlight = new Set<Promise<void>>();
  const counts = { requests: 0, candidateRequests: 0, requestsHurt: 0 };
  let firstHurtAt: number | null = null;
  const one = async (): Promise<void> => {
    const sentAt = Date.now();
    const answer = await stand.lambda.invoke({ FunctionName: name, Qualifier: ALIAS }).catch(() => undefined);
    counts.requests += 1;
    if (answer?.ExecutedVersion !== '2') return;
    counts.candidateRequests += 1;
    if (answer.FunctionError === undefined) return;
    counts.requestsHurt += 1;
    firstHurtAt ??= sentAt;
  };
  const begunAt = Date.now();
  let sent = 0;
  const timer = setInterval(() => {
    for (const due = Math.floor(((Date.now() - begunAt) * rps) / 1_000); sent < due; sent += 1) {
      if (inFlight.size >= MAX_IN_FLIGHT) continue;
      const request = one();
      inFlight.add(request);
      void request.finally(() => inFlight.delete(request));
    }
  }, 10);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(inFlight);
      return { ...counts, firstHurtAt };
    },
  };
}
