import { createHash } from 'node:crypto';
import type { ListedObject, Objects, StoredObject } from '../../src/app/ports/objects.ts';
import { AwsProblem } from '../../src/app/ports/problem.ts';

/** What becomes of one request: it goes through, it or its answer is lost, or its process dies before or after it. */
export type Fate = 'goesThrough' | 'requestLost' | 'answerLost' | 'diesBefore' | 'diesAfter';

/** Objects in memory, as S3 keeps them. */
export class MemoryObjects {
  readonly #objects = new Map<string, string>();

  /** One process's way to them. `fateOf` is asked for every request, numbered from 1. */
  client(fateOf: (request: number, operation: string) => Fate = () => 'goesThrough'): Objects & { requests: number } {
    let isDead = false;
    const client = {
      requests: 0,
      get: (key: string) => run('get', () => this.#get(key)),
      put: (key: string, body: string, etag: string | null) => run('put', () => this.#put(key, body, etag)),
      delete: (key: string, etag: string) => run('delete', () => this.#delete(key, etag)),
      list: (prefix: string, after: string, limit: number) => run('list', () => this.#list(prefix, after, limit)),
    };
    async function run<T>(operation: string, work: () => T): Promise<T> {
      if (isDead) return new Promise(() => undefined);
      client.requests += 1;
      const fate = fateOf(client.requests, operation);
      await new Promise((resolve) => setImmediate(resolve));
      isDead ||= fate === 'diesBefore' || fate === 'diesAfter';
      const answer = fate === 'requestLost' || fate === 'diesBefore' ? undefined : work();
      if (isDead) return new Promise(() => undefined);
      if (fate !== 'goesThrough') throw new AwsProblem('unavailable', operation, 'TimeoutError', 'no answer came');
      return answer as T;
    }
    return client;
  }

  keys(prefix: string): string[] {
    return [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  body(key: string): string | undefined {
    return this.#objects.get(key);
  }

  /** Changes an object behind everybody's back; undefined removes it. */
  tamper(key: string, change: (body: string) => string | undefined): void {
    const body = change(this.#objects.get(key) ?? '');
    if (body === undefined) this.#objects.delete(key);
    else this.#objects.set(key, body);
  }

  #get(key: string): StoredObject | undefined {
    const body = this.#objects.get(key);
    return body === undefined ? undefined : { body, etag: etagOf(body) };
  }

  #put(key: string, body: string, etag: string | null): string | undefined {
    if ((this.#get(key)?.etag ?? null) !== etag) return undefined;
    this.#objects.set(key, body);
    return etagOf(body);
  }

  #delete(key: string, etag: string): void {
    if (this.#get(key)?.etag === etag) this.#objects.delete(key);
  }

  #list(prefix: string, after: string, limit: number): ListedObject[] {
    const keys = this.keys(prefix).filter((key) => key > after);
    return keys.slice(0, limit).map((key) => ({ key, etag: etagOf(this.#objects.get(key)!) }));
  }
}

function etagOf(body: string): string {
  return createHash('md5').update(body).digest('hex');
}
