import { parseDuration } from '../../core/duration.ts';
import {
  type Expectation,
  type FileRef,
  type FunctionalCase,
  type GateCheck,
  SECURITY_PARTS,
} from '../../core/gates/checks.ts';
import type { Gate, GatePlace } from '../../core/gates/gate.ts';
import { hookGate } from '../../core/gates/upgrade.ts';
import { type Result, refuse } from '../../core/refusal.ts';
import { HOOK_TIMEOUT_MS } from '../../core/release/plan.ts';
import type { GateSetting } from './setting.ts';

/** How long each kind may take where nothing is said. */
const TIMEOUT_MS: Readonly<Record<GateCheck['kind'], number>> = {
  testAlias: 60_000,
  hook: HOOK_TIMEOUT_MS,
  functional: 120_000,
  load: 60_000,
  command: 600_000,
  url: 60_000,
  security: 300_000,
  approval: 86_400_000,
  data: 60_000,
};
const DEFAULT_IN_FLIGHT = 100;
const DEFAULT_ERROR_PERCENT = 1;
/** A 99th percentile of fewer answers is the slowest one or two. */
const LEAST_ANSWERS = 50;

/** A gate whose files have not been read: a reference holds the path alone. */
export function gateFrom(setting: GateSetting): Gate {
  const check = checkOf(setting);
  const { name, at, within, onFailure, onSilence } = setting;
  const spare = check.kind === 'load' ? check.forMs : 0;
  return {
    id: name,
    at: placeOf(at),
    check,
    timeoutMs: within === undefined ? TIMEOUT_MS[check.kind] + spare : (parseDuration(within) ?? 0),
    onFail: onFailure ?? 'rollback',
    onSilence: onSilence ?? 'rollback',
  };
}

function placeOf(at: string | undefined): GatePlace {
  switch (at) {
    case undefined:
    case 'before traffic':
      return 'beforeTraffic';
    case 'every step':
      return 'everyStep';
    case 'after traffic':
      return 'afterTraffic';
    case 'before promotion':
      return 'beforePromotion';
    default:
      return { step: Number(at.replace('step ', '')) };
  }
}

function checkOf(setting: GateSetting): GateCheck {
  const { hook, functional, load, command, url, security, approval, data } = setting;
  if (hook !== undefined) return { kind: 'hook', function: hook };
  if (functional) return { kind: 'functional', cases: functional.cases.map(caseOf) };
  if (load) {
    return {
      kind: 'load',
      perSecond: load.perSecond,
      forMs: parseDuration(load.for) ?? 0,
      maxInFlight: load.inFlight ?? DEFAULT_IN_FLIGHT,
      event: load.event === undefined ? null : unread(load.event),
      ...(load.p95 === undefined ? {} : { p95Ms: parseDuration(load.p95) ?? 0 }),
      ...(load.p99 === undefined ? {} : { p99Ms: parseDuration(load.p99) ?? 0 }),
      maxErrorPercent: load.errors === undefined ? DEFAULT_ERROR_PERCENT : Number.parseFloat(load.errors),
      minAnswers: LEAST_ANSWERS,
    };
  }
  if (command) return { kind: 'command', command, folder: '.' };
  if (url) {
    const { address, method = 'GET', status = 200, expect = [], allowPrivate = false } = url;
    return { kind: 'url', url: address, method, status, expect: expect.map(expectationOf), allowPrivate };
  }
  if (security) {
    return {
      kind: 'security',
      // Without a lockfile there is no package to look into.
      parts:
        security.checks ??
        SECURITY_PARTS.filter((part) => security.lockfile !== undefined || (part !== 'audit' && part !== 'sbom')),
      lockfile: security.lockfile === undefined ? null : unread(security.lockfile),
      failFrom: security.failFrom ?? 'high',
      requireSigning: security.requireSigning ?? false,
      allowVariables: security.allowVariables ?? [],
    };
  }
  if (data) {
    const { change, back } = data;
    if (back === 'none') return { kind: 'data', change, back: { by: 'none' } };
    return 'command' in back
      ? { kind: 'data', change, back: { by: 'command', command: back.command } }
      : { kind: 'data', change, back: { by: 'expandContract', why: back.expandContract } };
  }
  const { title = setting.name, people = [], roles = [], fourEyes = false } = approval ?? {};
  return { kind: 'approval', title, people, roles, fourEyes };
}

function caseOf({
  name,
  event,
  exact,
  schema,
  expect = [],
  failsWith,
  within,
}: NonNullable<GateSetting['functional']>['cases'][number]): FunctionalCase {
  return {
    name: name ?? event,
    event: unread(event),
    ...(exact === undefined ? {} : { exact: unread(exact) }),
    ...(schema === undefined ? {} : { schema: unread(schema) }),
    expect: expect.map(expectationOf),
    ...(failsWith === undefined ? {} : { failsWith }),
    ...(within === undefined ? {} : { maxMs: parseDuration(within) ?? 0 }),
  };
}

function expectationOf({
  path,
  equals,
  exists,
  matches,
}: {
  readonly path: string;
  readonly equals?: unknown;
  readonly exists?: boolean | undefined;
  readonly matches?: string | undefined;
}): Expectation {
  if (exists !== undefined) return { path, exists };
  return matches === undefined ? { path, equals } : { path, matches };
}

function unread(name: string): FileRef {
  return { name, sha256: '', bytes: 0 };
}

/** The gate that gives the candidate an alias of its own, the first of all. `ours`: nobody named it. */
export function testAliasGate(alias: string, ours: boolean): Gate {
  return {
    id: 'test-alias',
    at: 'beforeTraffic',
    check: { kind: 'testAlias', alias, ours },
    timeoutMs: TIMEOUT_MS.testAlias,
    onFail: 'rollback',
    onSilence: 'rollback',
  };
}

/** The gates that flags and short settings ask for: CodeDeploy's two hooks, one at every step, and approvals. */
export function simpleGates(
  {
    preTraffic,
    postTraffic,
    stepHook,
    approvals = [],
  }: {
    readonly preTraffic?: string | undefined;
    readonly postTraffic?: string | undefined;
    readonly stepHook?: string | undefined;
    readonly approvals?: readonly string[] | undefined;
  },
  hookTimeoutMs: number,
): { readonly before: readonly Gate[]; readonly after: readonly Gate[] } {
  const people = approvals.filter((each) => !each.startsWith(ROLE));
  const roles = approvals.filter((each) => each.startsWith(ROLE)).map((each) => each.slice(ROLE.length));
  const approval: Gate = {
    id: 'approval',
    at: 'beforeTraffic',
    check: { kind: 'approval', title: 'approval', people, roles, fourEyes: false },
    timeoutMs: TIMEOUT_MS.approval,
    onFail: 'rollback',
    onSilence: 'rollback',
  };
  return {
    before: [
      ...(preTraffic === undefined ? [] : [hookGate('preTraffic', 'beforeTraffic', preTraffic, hookTimeoutMs)]),
      ...(stepHook === undefined ? [] : [hookGate('everyStep', 'everyStep', stepHook, hookTimeoutMs)]),
    ],
    after: [
      ...(postTraffic === undefined ? [] : [hookGate('postTraffic', 'afterTraffic', postTraffic, hookTimeoutMs)]),
      // Last, so that whoever is asked sees what every other gate has said.
      ...(approvals.length === 0 ? [] : [approval]),
    ],
  };
}

const ROLE = 'role:';

/** One file's text, for the gates of a plan; undefined where it does not exist. Rejects where it is too large. */
export type ReadGateFile = (name: string, maxBytes: number) => Promise<string | undefined>;

const MAX_EVENT_BYTES = 1_000_000;
const MAX_LOCKFILE_BYTES = 20_000_000;
/** All files of a plan together. */
const MAX_ALL_BYTES = 30_000_000;

/** The gates with their files read, and the files by their SHA-256. Refused, with the file, where one cannot be used. */
export async function withFiles(
  gates: readonly Gate[],
  read: ReadGateFile,
  hash: (text: string) => string,
): Promise<Result<{ readonly gates: readonly Gate[]; readonly files: ReadonlyMap<string, string> }>> {
  const files = new Map<string, string>();
  let bytes = 0;
  const take = async (id: string, { name }: FileRef, maxBytes: number): Promise<FileRef> => {
    const text = await read(name, maxBytes);
    if (text === undefined) throw new Unusable(`gate ${id}: file "${name}" does not exist`);
    try {
      JSON.parse(text);
    } catch {
      throw new Unusable(`gate ${id}: file "${name}" is not JSON`);
    }
    const size = Buffer.byteLength(text);
    bytes += size;
    if (size > maxBytes || bytes > MAX_ALL_BYTES)
      throw new Unusable(
        `gate ${id}: file "${name}" has ${size} bytes: at most ${maxBytes} are read, ${MAX_ALL_BYTES} in all`,
      );
    const sha256 = hash(text);
    files.set(sha256, text);
    return { name, sha256, bytes: size };
  };
  const done: Gate[] = [];
  try {
    for (const gate of gates) {
      const problem = await expectationsProblem(gate);
      if (problem !== undefined) throw new Unusable(`gate ${gate.id}: ${problem}`);
      done.push({ ...gate, check: await checkWithFiles(gate, take) });
    }
  } catch (error) {
    if (error instanceof Unusable)
      return refuse('usage', error.message, 'paths are meant from where switchback.yaml lies');
    throw error;
  }
  return { ok: true, value: { gates: done, files } };
}

class Unusable extends Error {}

/** Paths and patterns are read before anything is released. */
async function expectationsProblem({ check }: Gate): Promise<string | undefined> {
  const expectations =
    check.kind === 'functional'
      ? check.cases.flatMap(({ expect }) => expect)
      : check.kind === 'url'
        ? check.expect
        : [];
  if (expectations.length === 0) return undefined;
  const { expectationProblem } = await import('./json.ts');
  return expectationProblem(expectations);
}

async function checkWithFiles(
  { id, check }: Gate,
  take: (id: string, file: FileRef, maxBytes: number) => Promise<FileRef>,
): Promise<GateCheck> {
  switch (check.kind) {
    case 'functional': {
      const cases: FunctionalCase[] = [];
      for (const each of check.cases)
        cases.push({
          ...each,
          event: await take(id, each.event, MAX_EVENT_BYTES),
          ...(each.exact ? { exact: await take(id, each.exact, MAX_EVENT_BYTES) } : {}),
          ...(each.schema ? { schema: await take(id, each.schema, MAX_EVENT_BYTES) } : {}),
        });
      return { ...check, cases };
    }
    case 'load':
      return { ...check, event: check.event && (await take(id, check.event, MAX_EVENT_BYTES)) };
    case 'security':
      return { ...check, lockfile: check.lockfile && (await take(id, check.lockfile, MAX_LOCKFILE_BYTES)) };
    default:
      return check;
  }
}
