import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Lambda, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from '@aws-sdk/client-lambda';
import { Running } from './processes.ts';
import { oneObject, REGION, ROLE, type Site, zipOf } from './site.ts';
import { underTraffic } from './traffic.ts';

/** What `--json` answers about a train. */
export interface TrainJson {
  readonly id: string | null;
  readonly state: string;
  readonly reason: string;
  readonly wave: string | null;
  readonly step: number;
  readonly waves: readonly { readonly name: string; readonly members: readonly MemberJson[] }[];
  readonly isolated: readonly { readonly region: string; readonly how: string; readonly reason: string }[];
}

export interface MemberJson {
  readonly member: string;
  readonly standing: string;
  readonly waits: boolean;
  readonly reason: string | null;
  readonly release: {
    readonly state: string;
    readonly weightPercent: number | null;
    readonly times: Readonly<Record<string, string>>;
  } | null;
}

interface Place {
  readonly name: string;
  readonly region: string;
}

/** Several functions of one local AWS, in one region or in several, and `switchback` with a state of its own for them. */
export class Fleet {
  readonly folder: string;
  readonly site: Site;
  readonly #clients = new Map<string, Lambda>();
  readonly #places: Place[] = [];

  constructor(site: Site, name: string) {
    this.site = site;
    this.folder = path.join(site.folder, name);
    mkdirSync(this.folder);
  }

  close(): void {
    for (const client of this.#clients.values()) client.destroy();
  }

  lambda(region = REGION): Lambda {
    const known = this.#clients.get(region);
    if (known) return known;
    const credentials = { accessKeyId: 'tester', secretAccessKey: 'secret' };
    const client = new Lambda({ endpoint: this.site.local.endpoint, region, credentials });
    this.#clients.set(region, client);
    return client;
  }

  /** A function whose version 1 is live, and whose version 2 is published and waits. */
  async add(name: string, first: string, second: string, region = REGION): Promise<void> {
    const lambda = this.lambda(region);
    const Code = { ZipFile: zipOf(first) };
    const Runtime = 'nodejs22.x';
    await lambda.createFunction({ FunctionName: name, Role: ROLE, Runtime, Handler: 'index.handler', Code });
    const patience = { client: lambda, maxWaitTime: 60, minDelay: 0.02, maxDelay: 0.1 };
    await waitUntilFunctionActiveV2(patience, { FunctionName: name });
    await lambda.publishVersion({ FunctionName: name });
    await lambda.createAlias({ FunctionName: name, Name: 'live', FunctionVersion: '1', Description: 'ours' });
    await lambda.updateFunctionCode({ FunctionName: name, ZipFile: zipOf(second), Publish: true });
    await waitUntilFunctionUpdatedV2(patience, { FunctionName: name });
    this.#places.push({ name, region });
  }

  config(yaml: string): void {
    writeFileSync(path.join(this.folder, 'switchback.yaml'), yaml);
  }

  start(verb: string, ...args: readonly string[]): Running {
    return this.startAt(path.join(this.folder, 'state'), verb, ...args);
  }

  /** The same with another state. */
  startAt(state: string, verb: string, ...args: readonly string[]): Running {
    return new Running([...verb.split(' '), '--state', state, ...args], { ...this.site.env }, this.folder);
  }

  /** Runs `switchback VERB --train shop … --json`; stdout must be that one object. */
  async json(
    verb: string,
    ...args: readonly string[]
  ): Promise<{ code: number | null; json: TrainJson; stderr: string }> {
    const { code, stdout, stderr } = await this.start(verb, '--train', 'shop', ...args, '--json').ended;
    return { code, json: oneObject<TrainJson>(stdout, stderr), stderr };
  }

  /** `name@region` to what its alias sends: `2`, or `1 50%2`. A tag that was left behind is a failure of its own. */
  async live(): Promise<Record<string, string>> {
    const found = await Promise.all(
      this.#places.map(async ({ name, region }) => {
        const alias = await this.lambda(region).getAlias({ FunctionName: name, Name: 'live' });
        const weights = Object.entries(alias.RoutingConfig?.AdditionalVersionWeights ?? {});
        const second = weights.map(([version, weight]) => ` ${Math.round(weight * 100)}%${version}`).join('');
        if (second === '') assert.equal(alias.Description, 'ours');
        return [region === REGION ? name : `${name}@${region}`, `${alias.FunctionVersion}${second}`] as const;
      }),
    );
    return Object.fromEntries(found);
  }

  /** Waits until the train is as `is` says, by `switchback status`. */
  async until(is: (train: TrainJson) => boolean): Promise<TrainJson> {
    for (let tries = 0; tries < 200; tries += 1) {
      const { json } = await this.json('status');
      if (is(json)) return json;
      await pause(300);
    }
    assert.fail(`never came: ${JSON.stringify((await this.json('status')).json)}`);
  }

  /** Calls every alias some twenty times a second while `work` goes on. */
  underTraffic<T>(work: () => Promise<T>): Promise<T> {
    const calls = this.#places.map(({ name, region }) => {
      return () => this.lambda(region).invoke({ FunctionName: name, Qualifier: 'live' });
    });
    return underTraffic(calls, 50, work);
  }
}

export function membersOf({ waves }: TrainJson): readonly MemberJson[] {
  return waves.flatMap(({ members }) => members);
}
