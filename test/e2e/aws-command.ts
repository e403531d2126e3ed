import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { REGION, ROLE, type Site, zipOf } from './site.ts';

/** Debian's package; other installations may speak other protocols. */
export const AWS_CLI = '/usr/bin/aws';
const PATIENCE_MS = 60_000;

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Invoked {
  readonly StatusCode: number;
  readonly ExecutedVersion?: string;
  readonly FunctionError?: string;
  readonly LogResult?: string;
  readonly payload: string;
}

/** The AWS CLI, told to call a site's local AWS. */
export class AwsCommand {
  readonly #site: Site;
  calls = 0;

  constructor(site: Site) {
    this.#site = site;
  }

  /** Runs a call that must succeed, and answers what it printed. */
  async done(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.#run(args);
    assert.equal(code, 0, `aws ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  async answer<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.done(...args)) as T;
  }

  /** Runs a call that AWS must refuse, in these words. */
  async refused(says: RegExp, ...args: readonly string[]): Promise<void> {
    const { code, stderr } = await this.#run(args);
    assert.notEqual(code, 0, `aws ${args.join(' ')} was not refused`);
    assert.match(stderr, says);
  }

  /** Writes a file for a call to read, and answers its path. */
  file(name: string, content: string | Uint8Array): string {
    const at = path.join(this.#site.folder, name);
    writeFileSync(at, content);
    return at;
  }

  async createFunction(name: string, source: string): Promise<void> {
    const zip = this.file(`${name}.zip`, zipOf(source));
    const what = ['--runtime', 'nodejs22.x', '--handler', 'index.handler', '--role', ROLE, '--timeout', '10'];
    await this.done('lambda', 'create-function', '--function-name', name, ...what, '--zip-file', `fileb://${zip}`);
    await this.done('lambda', 'wait', 'function-active-v2', '--function-name', name);
  }

  async invoke(name: string, ...args: readonly string[]): Promise<Invoked> {
    const out = path.join(mkdtempSync(path.join(this.#site.folder, 'invoke-')), 'payload');
    const invoked = await this.answer<Omit<Invoked, 'payload'>>(
      ...['lambda', 'invoke', '--function-name', name, ...args, out],
    );
    return { ...invoked, payload: readFileSync(out, 'utf8') };
  }

  #run(args: readonly string[]): Promise<Said> {
    this.calls += 1;
    const { local, env, folder: cwd } = this.#site;
    const all = ['--endpoint-url', local.endpoint, '--no-cli-pager', '--output', 'json', ...args];
    const options = { env: { ...env, AWS_DEFAULT_REGION: REGION, AWS_MAX_ATTEMPTS: '1' }, cwd, timeout: PATIENCE_MS };
    return new Promise((resolve, reject) => {
      execFile(AWS_CLI, all, options, (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === 'number') resolve({ code, stdout, stderr });
        else reject(error);
      });
    });
  }
}
