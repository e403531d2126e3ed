import type { CreatePool, FunctionSpec, Invocation, Outcome, Pool, RuntimeDeps } from './contract.ts';
import { DEFAULT_LIMITS, type PoolLimits } from './limits.ts';
import { Sandbox } from './sandbox.ts';

export { supportedRuntime } from './launch.ts';

/** All sandboxes of this process are in use and their number is at its limit; AWS would throttle. */
export class SandboxLimitError extends Error {
  constructor(functionName: string, limit: number) {
    super(
      `no sandbox for ${functionName}: all ${limit} that this process may run are busy; ` +
        'lower the concurrency or reserve less for other functions',
    );
    this.name = 'SandboxLimitError';
  }
}

/** The pools of this process, so that an idle sandbox of one makes room for a busy one of another. */
const pools = new Set<SandboxPool>();

/**
 * Makes a pool for one version; nothing is started before the first invocation. `limits` replaces single defaults.
 * `invoke` rejects with {@link SandboxLimitError} at the limit, and with an Error once the pool is closed; every failure
 * of the function itself is an {@link Outcome}.
 */
export const createPool = ((spec: FunctionSpec, deps: RuntimeDeps, limits: Partial<PoolLimits> = {}): Pool =>
  new SandboxPool(spec, deps, { ...DEFAULT_LIMITS, ...limits })) satisfies CreatePool;

interface Idle {
  readonly sandbox: Sandbox;
  timer: NodeJS.Timeout;
}

class SandboxPool implements Pool {
  readonly #spec: FunctionSpec;
  readonly #deps: RuntimeDeps;
  readonly #limits: PoolLimits;
  readonly #all = new Set<Sandbox>();
  /** The one used last is at the end and is used next, so that the others can fall idle. */
  readonly #idle: Idle[] = [];
  readonly #running = new Set<Promise<unknown>>();
  #kept = 0;
  #inFlight = 0;
  #closed = false;

  constructor(spec: FunctionSpec, deps: RuntimeDeps, limits: PoolLimits) {
    this.#spec = spec;
    this.#deps = deps;
    this.#limits = limits;
    pools.add(this);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get sandboxes(): number {
    return this.#all.size;
  }

  async invoke(invocation: Invocation): Promise<Outcome> {
    const sandbox = this.#take();
    this.#inFlight++;
    const running = sandbox.invoke(invocation);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
      this.#inFlight--;
      this.#release(sandbox);
    }
  }

  async warm(count: number): Promise<{ ready: number; failed: number }> {
    this.#kept = count;
    const before = Math.min(count, this.#all.size);
    const made: Sandbox[] = [];
    while (this.#all.size < count) made.push(this.#make('provisioned-concurrency'));
    const starts = Promise.all(made.map((sandbox) => this.#warmOne(sandbox)));
    this.#running.add(starts);
    try {
      const ready = (await starts).filter((ok) => ok).length;
      return { ready: before + ready, failed: made.length - ready };
    } finally {
      this.#running.delete(starts);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    pools.delete(this);
    for (const { timer } of this.#idle.splice(0)) clearTimeout(timer);
    for (const sandbox of this.#all) this.#drop(sandbox);
    await Promise.allSettled(this.#running);
  }

  /** Ends the sandbox that has been idle longest; false when there is none to spare. */
  evict(): boolean {
    const oldest = this.#idle.shift();
    if (!oldest) return false;
    clearTimeout(oldest.timer);
    this.#drop(oldest.sandbox);
    return true;
  }

  #take(): Sandbox {
    const idle = this.#idle.pop();
    if (!idle) return this.#make('on-demand');
    clearTimeout(idle.timer);
    return idle.sandbox;
  }

  #make(initialization: 'on-demand' | 'provisioned-concurrency'): Sandbox {
    if (this.#closed) throw new Error(`the pool of ${this.#spec.functionName}:${this.#spec.version} is closed`);
    const total = [...pools].reduce((sum, pool) => sum + pool.sandboxes, 0);
    if (total >= this.#limits.sandboxes && ![...pools].some((pool) => pool !== this && pool.evict())) {
      throw new SandboxLimitError(this.#spec.functionName, this.#limits.sandboxes);
    }
    const sandbox = new Sandbox(this.#spec, this.#deps, this.#limits, initialization);
    this.#all.add(sandbox);
    return sandbox;
  }

  async #warmOne(sandbox: Sandbox): Promise<boolean> {
    const ok = await sandbox.warm();
    if (ok) this.#release(sandbox);
    else this.#drop(sandbox);
    return ok;
  }

  #release(sandbox: Sandbox): void {
    if (this.#closed) return;
    const idle: Idle = { sandbox, timer: this.#reapLater(() => idle) };
    this.#idle.push(idle);
  }

  #reapLater(idle: () => Idle): NodeJS.Timeout {
    return setTimeout(() => this.#reap(idle()), this.#limits.idleMs).unref();
  }

  /** Sandboxes that {@link warm} asked for stay, however long they are idle. */
  #reap(idle: Idle): void {
    if (this.#all.size <= this.#kept) {
      idle.timer = this.#reapLater(() => idle);
      return;
    }
    this.#idle.splice(this.#idle.indexOf(idle), 1);
    this.#drop(idle.sandbox);
  }

  #drop(sandbox: Sandbox): void {
    this.#all.delete(sandbox);
    const ended = sandbox.close();
    this.#running.add(ended);
    void ended.finally(() => this.#running.delete(ended));
  }
}
