import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type AliasConfiguration,
  Lambda,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { zipSync } from 'fflate';
import { type Ended, type LocalAwsProcess, Running, startLocalAws } from './processes.ts';
import { underTraffic } from './traffic.ts';

export const ROLE = 'arn:aws:iam::123456789012:role/e2e';
export const ACCOUNT = '123456789012';
export const REGION = 'eu-central-1';

/** A function whose answer names its edition, so that another edition is other code. */
export const good = (edition: string): string => `export const handler = async () => ({ edition: '${edition}' });`;
export const bad = (edition: string): string =>
  `export const handler = async () => { throw new Error('edition ${edition} is broken'); };`;

export function zipOf(source: string, file = 'index.mjs', more: Readonly<Record<string, string>> = {}): Uint8Array {
  const files = Object.entries({ ...more, [file]: source }).map(([name, text]) => [name, Buffer.from(text)] as const);
  return zipSync(Object.fromEntries(files), { mtime: '2026-01-01T00:00:00' });
}

export interface FunctionOptions {
  readonly environment?: Record<string, string>;
  readonly timeoutSeconds?: number;
  /** The alias, version 1's; none where it is not wanted. */
  readonly alias?: string | null;
  readonly runtime?: 'nodejs22.x' | 'python3.13';
  /** What the source is called in the archive; `index.mjs` unless told. */
  readonly file?: string;
  /** What lies beside it. */
  readonly files?: Readonly<Record<string, string>>;
}

/** One local AWS in its own process, and `switchback` against it; each test makes functions of its own in it. */
export class Site {
  readonly local: LocalAwsProcess;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly lambda: Lambda;
  #functions = 0;

  private constructor(local: LocalAwsProcess, folder: string, env: Readonly<Record<string, string>>) {
    this.local = local;
    this.folder = folder;
    this.env = env;
    const credentials = { accessKeyId: 'tester', secretAccessKey: 'secret' };
    this.lambda = new Lambda({ endpoint: local.endpoint, region: REGION, credentials });
  }

  /** `dataDir`: a name inside the site's folder where the local AWS keeps its state. */
  static async open(options: { readonly dataDir?: string } = {}): Promise<Site> {
    const folder = mkdtempSync(path.join(tmpdir(), 'switchback-e2e-'));
    const bare = bareEnvironment(folder);
    const { dataDir } = options;
    const local = await startLocalAws(bare, dataDir === undefined ? {} : { dataDir: path.join(folder, dataDir) });
    const aws = { AWS_ENDPOINT_URL: local.endpoint, AWS_ACCESS_KEY_ID: 'alice', AWS_SECRET_ACCESS_KEY: 'secret' };
    return new Site(local, folder, { ...bare, ...aws, AWS_REGION: REGION });
  }

  /** Ends everything; a local AWS that complained about itself is a bug. */
  async close(): Promise<void> {
    this.lambda.destroy();
    const code = await this.local.stop();
    rmSync(this.folder, { recursive: true, force: true });
    assert.deepEqual({ code, complaints: this.local.complaints() }, { code: 0, complaints: '' });
  }

  /** Throws everything away where the local AWS has been ended already. */
  discard(): void {
    this.lambda.destroy();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A function with version 1 published and, unless told otherwise, its alias `live`. */
  async service(source: string, options: FunctionOptions = {}): Promise<Service> {
    this.#functions += 1;
    const name = `service-${this.#functions}`;
    const { environment = {}, timeoutSeconds = 5, alias = 'live', runtime = 'nodejs22.x', file, files } = options;
    await this.lambda.createFunction({
      FunctionName: name,
      Role: ROLE,
      Runtime: runtime,
      Handler: 'index.handler',
      Timeout: timeoutSeconds,
      Environment: { Variables: environment },
      Code: { ZipFile: zipOf(source, file, files) },
    });
    await this.settled(name);
    await this.lambda.publishVersion({ FunctionName: name });
    if (alias !== null)
      await this.lambda.createAlias({ FunctionName: name, Name: alias, FunctionVersion: '1', Description: 'ours' });
    return new Service(this, name);
  }

  /** Waits until the function has been created and nothing about it is being updated. */
  async settled(FunctionName: string): Promise<void> {
    const patience = { client: this.lambda, maxWaitTime: 60, minDelay: 0.02, maxDelay: 0.1 };
    await waitUntilFunctionActiveV2(patience, { FunctionName });
    await waitUntilFunctionUpdatedV2(patience, { FunctionName });
  }
}

/** What every `--json` answer about a release has. */
export interface ReleaseJson {
  readonly id: string | null;
  readonly state: string;
  readonly reason: string;
  readonly function: string;
  readonly alias: string;
  readonly stable: string;
  readonly candidate: string | null;
  readonly weightPercent: number | null;
  readonly evidence: readonly { readonly guard: string; readonly outcome: string; readonly reason: string }[];
}

/** A function under release: `switchback` is run for it with a state of its own. */
export class Service {
  readonly site: Site;
  readonly name: string;
  readonly stateDir: string;

  constructor(site: Site, name: string) {
    this.site = site;
    this.name = name;
    this.stateDir = path.join(site.folder, `${name}-state`);
  }

  /** Publishes another version and answers its number. */
  async publish(source: string): Promise<string> {
    const FunctionName = this.name;
    const { Version } = await this.site.lambda.updateFunctionCode({
      FunctionName,
      ZipFile: zipOf(source),
      Publish: true,
    });
    assert.ok(Version);
    await this.site.settled(FunctionName);
    return Version;
  }

  /** `switchback VERB --function NAME --alias live …` */
  start(verb: string, ...args: readonly string[]): Running {
    return this.startIn({}, verb, ...args);
  }

  startIn(env: Readonly<Record<string, string>>, verb: string, ...args: readonly string[]): Running {
    const all = [verb, '--function', this.name, '--alias', 'live', '--state', this.stateDir, ...args];
    return new Running(all, { ...this.site.env, ...env }, this.site.folder);
  }

  run(verb: string, ...args: readonly string[]): Promise<Ended> {
    return this.start(verb, ...args).ended;
  }

  /** Runs with `--json`; stdout must be that one object and nothing else. */
  async json<T = ReleaseJson>(verb: string, ...args: readonly string[]): Promise<{ code: number | null; json: T }> {
    const { code, stdout, stderr } = await this.run(verb, ...args, '--json');
    return { code, json: oneObject<T>(stdout, stderr) };
  }

  async alias(): Promise<AliasConfiguration> {
    return this.site.lambda.getAlias({ FunctionName: this.name, Name: 'live' });
  }

  /** Asserts that all traffic is on `version` and that the user's description is all that the alias bears. */
  async assertLive(version: string): Promise<void> {
    const { FunctionVersion, RoutingConfig, Description } = await this.alias();
    assert.deepEqual(
      { FunctionVersion, weights: RoutingConfig?.AdditionalVersionWeights ?? {}, Description },
      { FunctionVersion: version, weights: {}, Description: 'ours' },
    );
  }

  async versions(): Promise<string[]> {
    const { Versions = [] } = await this.site.lambda.listVersionsByFunction({ FunctionName: this.name });
    return Versions.map(({ Version = '' }) => Version).filter((version) => version !== '$LATEST');
  }

  /** Calls the alias some thirty times a second while `work` goes on. */
  underTraffic<T>(work: () => Promise<T>): Promise<T> {
    const call = () => this.site.lambda.invoke({ FunctionName: this.name, Qualifier: 'live' });
    return underTraffic([call], 30, work);
  }
}

export function oneObject<T>(stdout: string, stderr: string): T {
  try {
    const value: unknown = JSON.parse(stdout);
    assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value));
    return value as T;
  } catch (error) {
    return assert.fail(`stdout is not one JSON object (${error}):\n${stdout}\nstderr:\n${stderr}`);
  }
}

const CACHE = path.resolve(import.meta.dirname, '../../node_modules/.cache');

/** What a child needs to run at all; nothing of the developer's own AWS set-up reaches it. */
export function bareEnvironment(home: string): Record<string, string> {
  const { PATH = '', TMPDIR } = process.env;
  return {
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${PATH}`,
    HOME: home,
    // What one process has compiled, the next need not compile again, wherever its home is.
    XDG_CACHE_HOME: CACHE,
    AWS_EC2_METADATA_DISABLED: 'true',
    ...(TMPDIR === undefined ? {} : { TMPDIR }),
  };
}
