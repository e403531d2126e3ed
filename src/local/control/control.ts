import { isMinuteMs, MINUTE_MS, type Pace } from '../codedeploy/pace.ts';
import type { WireResponse } from '../wire/http.ts';
import type { Service } from '../wire/service.ts';
import type { Faults } from './faults.ts';
import { RuleError, readRule } from './rule.ts';

/** `/_local/…`: what no AWS client can ask by accident, because bucket names do not begin with an underscore. */
export interface ControlPath {
  serve(method: string, path: string, body: Uint8Array): Promise<WireResponse>;
}

export interface LocalFile {
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

export interface ControlDeps {
  readonly faults: Faults;
  readonly services: readonly Service[];
  /** How long CodeDeploy's minutes last; without it they cannot be changed. */
  readonly pace?: Pace;
  /** What services hand out under this path; undefined where there is nothing. */
  readonly file: (path: string) => Promise<LocalFile | undefined>;
}

/** More rules than a test needs; bounds what one request may set up. */
const MAX_RULES = 100;

export function createControlPath({ faults, services, pace, file }: ControlDeps): ControlPath {
  let unnamed = 0;

  async function putFaults(body: Uint8Array): Promise<WireResponse> {
    const source = parsed(body);
    if (source === undefined) {
      return answer(400, { error: 'the body is not JSON; send one rule or a list of rules' });
    }
    const list = Array.isArray(source) ? source : [source];
    if (faults.list().length + list.length > MAX_RULES) {
      return answer(400, { error: `there may be at most ${MAX_RULES} rules; DELETE /_local/faults removes them all` });
    }
    try {
      const rules = await Promise.all(list.map((rule) => readRule(rule, `fault-${++unnamed}`)));
      for (const rule of rules) faults.put(rule);
      return answer(200, { faults: faults.list() });
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      return answer(400, { error: error.message, member: error.member });
    }
  }

  function servePace(method: string, body: Uint8Array, codedeploy: Pace): WireResponse {
    if (method === 'DELETE') codedeploy.set(MINUTE_MS);
    else if (method === 'PUT') {
      const { minuteMs } = (parsed(body) ?? {}) as { readonly minuteMs?: unknown };
      if (!isMinuteMs(minuteMs)) {
        const error = `minuteMs is ${JSON.stringify(minuteMs) ?? 'missing'}: send {"minuteMs":1000}, a whole number from 10 to ${MINUTE_MS}`;
        return answer(400, { error, member: 'minuteMs' });
      }
      codedeploy.set(minuteMs);
    } else if (method !== 'GET') return answer(405, { error: `${method} is not served here; use GET, PUT or DELETE` });
    return answer(200, { minuteMs: codedeploy.minuteMs });
  }

  return {
    async serve(method, path, body) {
      if (path === '/_local/health' && method === 'GET') {
        const emulated = services.map(({ id, operations }) => [id, Object.keys(operations).sort()]);
        return answer(200, { status: 'ok', services: Object.fromEntries(emulated) });
      }
      if (path === '/_local/faults') {
        if (method === 'GET') return answer(200, { faults: faults.list() });
        if (method === 'PUT') return putFaults(body);
        if (method === 'DELETE') {
          faults.clear();
          return answer(200, { faults: [] });
        }
        return answer(405, { error: `${method} is not served here; use GET, PUT or DELETE` });
      }
      if (path === '/_local/codedeploy' && pace) return servePace(method, body, pace);
      const id = /^\/_local\/faults\/([\w.-]{1,100})$/.exec(path)?.[1];
      if (id !== undefined && method === 'DELETE') {
        if (!faults.remove(id)) return answer(404, { error: `there is no rule with the id '${id}'` });
        return answer(200, { faults: faults.list() });
      }
      const found = method === 'GET' ? await file(path) : undefined;
      if (found) return { status: 200, headers: { 'content-type': found.contentType }, body: found.body };
      return answer(404, { error: `${method} ${path.slice(0, 200)} is not part of the control path` });
    },
  };
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8')) ?? undefined;
  } catch {
    return undefined;
  }
}

function answer(status: number, content: unknown): WireResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(content)}\n` };
}
