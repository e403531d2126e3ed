import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { AwsNews, AwsOrder } from './aws.ts';
import type { ChildNews, ChildOrder } from './child.ts';
import type { FloorNews, FloorOrder } from './floor.ts';

export interface Aws {
  readonly endpoint: string;
  order(order: AwsOrder): void;
  /** What happened since it was last asked. */
  tell(): Promise<Required<Omit<AwsNews, 'endpoint'>>>;
  stop(): void;
}

export async function startAws(): Promise<Aws> {
  const child = fork(new URL('./aws.ts', import.meta.url));
  const next = async (): Promise<AwsNews> => {
    const [news] = await once(child, 'message');
    return news as AwsNews;
  };
  const { endpoint = '' } = await next();
  return {
    endpoint,
    order: (order) => void child.send(order),
    async tell() {
      const answer = next();
      child.send({ tell: true } satisfies AwsOrder);
      const { calls = {}, restored = {}, throttled = 0 } = await answer;
      return { calls, restored, throttled };
    },
    stop: () => void child.kill(),
  };
}

/** The least that a signal can take, to be measured beside those of the product. */
export interface Floor {
  /** Does it with the fresh function `n`; answers when it began, in epoch milliseconds. */
  once(n: number): Promise<number>;
  stop(): void;
}

/** It takes milliseconds; one that has ended must not be waited for. */
const FLOOR_PATIENCE_MS = 30_000;

export function startFloor(file: string, endpoint: string): Floor {
  const child = fork(new URL('./floor.ts', import.meta.url), [file, endpoint]);
  return {
    async once(n) {
      const answer = once(child, 'message', { signal: AbortSignal.timeout(FLOOR_PATIENCE_MS) });
      child.send({ n } satisfies FloorOrder);
      const [{ atMs }] = (await answer) as [FloorNews];
      return atMs;
    },
    stop: () => void child.kill(),
  };
}

export interface Window {
  readonly cpuPercent: number;
  readonly rssMb: number;
  readonly problems: readonly string[];
}

/** The product in a process of its own. */
export class Product {
  readonly #child: ChildProcess;
  readonly #heard: ChildNews[] = [];
  readonly #waiting = new Set<() => void>();
  servingMs = Number.NaN;
  watchingMs = Number.NaN;
  open = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (news: ChildNews) => {
      this.#heard.push(news);
      for (const wake of this.#waiting) wake();
    });
    child.on('exit', () => {
      for (const wake of this.#waiting) wake();
    });
  }

  async hear<K extends ChildNews['kind']>(kind: K): Promise<Extract<ChildNews, { kind: K }>> {
    for (;;) {
      const at = this.#heard.findIndex((news) => news.kind === kind);
      if (at >= 0) return this.#heard.splice(at, 1)[0] as Extract<ChildNews, { kind: K }>;
      if (this.#child.exitCode !== null) throw new Error(`the product ended with ${this.#child.exitCode}`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }

  /** Processor time and the highest resident set within a stretch of time. */
  async window(ms: number): Promise<Window> {
    const before = await this.#figures();
    const startedAt = performance.now();
    let rssMb = before.rssMb;
    let last = before;
    while (performance.now() - startedAt < ms) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(ms / 4, 5_000)));
      last = await this.#figures();
      rssMb = Math.max(rssMb, last.rssMb);
    }
    const cpuPercent = (100 * (last.cpuMs - before.cpuMs)) / (performance.now() - startedAt);
    return { cpuPercent, rssMb, problems: [...before.problems, ...last.problems] };
  }

  /** Lets release `n` fail; answers when that was told, in epoch milliseconds with fractions. */
  async fail(n: number): Promise<number> {
    this.#send({ kind: 'fail', n });
    return (await this.hear('told')).atMs;
  }

  /** When the first write of each alias was sent, by function, since that was last asked. */
  async sent(): Promise<Readonly<Record<string, number>>> {
    this.#send({ kind: 'sent' });
    return (await this.hear('sent')).atMs;
  }

  start(n: number): void {
    this.#send({ kind: 'start', n });
  }

  /** Resolves when so many releases have their first weight, with the time since `begin`. */
  async started(count: number, begin: number): Promise<number> {
    for (let n = 0; n < count; n += 1) await this.hear('started');
    return performance.now() - begin;
  }

  async kill(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  async #figures() {
    this.#send({ kind: 'figures' });
    return this.hear('figures');
  }

  #send(order: ChildOrder): void {
    this.#child.send(order);
  }
}

/**
 * Compiles the product with the child into `folder`, as it is published: users run JavaScript, and the compiler of Node's
 * own takes memory and time that no installed Switchback does. Answers the child's file.
 */
export async function build(folder: string): Promise<string> {
  const root = path.resolve(import.meta.dirname, '../..');
  const out = path.join(folder, 'built');
  const project = path.join(folder, 'tsconfig.json');
  const typeRoots = [path.join(root, 'node_modules/@types')];
  const compilerOptions = { noEmit: false, noCheck: true, rootDir: root, outDir: out, declaration: false, typeRoots };
  const include = [path.join(root, 'src'), path.join(root, 'bench/scale/child.ts')];
  await writeFile(project, JSON.stringify({ extends: path.join(root, 'tsconfig.json'), compilerOptions, include }));
  await promisify(execFile)(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', project]);
  await writeFile(path.join(out, 'package.json'), '{"type":"module"}');
  await symlink(path.join(root, 'node_modules'), path.join(out, 'node_modules'));
  return path.join(out, 'bench/scale/child.js');
}

/** Spawns it, and resolves when every open release is watched. */
export async function startProduct(program: string, stateFile: string, endpoint: string): Promise<Product> {
  const begin = performance.now();
  const child = fork(program, [stateFile, endpoint], { execArgv: [] });
  const product = new Product(child);
  await product.hear('serving');
  product.servingMs = performance.now() - begin;
  const { open } = await product.hear('watching');
  product.watchingMs = performance.now() - begin;
  product.open = open;
  return product;
}
