import type { ConfigOf } from '../../app/channels-schema.ts';
import type { Outgoing } from '../../app/ports/channels.ts';
import type { LookAnswer, SendAnswer } from '../../core/comms/outbox.ts';
import {
  type Adapter,
  asLook,
  basic,
  cannotTell,
  ends,
  firstRef,
  isReopened,
  JSON_HEADERS,
  messageTag,
  type Tools,
  withSecrets,
} from '../adapter.ts';
import { field, type Judged, jsonOf, judge, listField, textField } from '../answers.ts';
import { cutChars, oneLine } from '../text.ts';
import type { HttpRequest } from '../transport.ts';

/**
 * ServiceNow: an incident by the Table API, or an emergency change by the Change Management API. Both are found by
 * `correlation_id`; a note is found by the tag in its last line. Source: ServiceNow's REST API reference.
 */
const SHORT_CHARACTERS = 160;
const TEXT_CHARACTERS = 4_000;
const MAX_HOPS = 8;

const URGENCY = { 'SEV-1': '1', 'SEV-2': '2', 'SEV-3': '3' } as const;
/** Of an instance as it is delivered: implement, review, closed. */
const CLOSE_PATH = ['-1', '0', '3'];

interface Filed {
  readonly sysId: string;
  readonly number: string;
  /** As it was opened, where that was asked for. */
  readonly description: string;
}

export function createServiceNow(config: ConfigOf<'servicenow'>, tools: Tools): Adapter {
  const base = (config.baseUrl ?? config.instance).replace(/\/+$/, '');
  const change = config.record === 'change';
  const table = `/api/now/table/${change ? 'change_request' : 'incident'}`;

  async function call(password: string, method: HttpRequest['method'], path: string, body?: object): Promise<Judged> {
    const answer = await tools.exchange({
      method,
      url: `${base}${path}`,
      headers: { ...JSON_HEADERS, ...basic(config.user, password) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return judge(answer, {
      vendor: 'ServiceNow',
      replaySafe: method === 'GET',
      advice: { 401: 'check user and password', 403: 'the user needs the role itil (sn_change_write for changes)' },
      reason: (each) =>
        [textField(jsonOf(each), 'error', 'message'), textField(jsonOf(each), 'error', 'detail')]
          .filter(Boolean)
          .join('; '),
      nowMs: tools.clock.now(),
    });
  }

  async function find(password: string, correlation: string): Promise<Filed | undefined | SendAnswer> {
    const query = new URLSearchParams({
      sysparm_query: `correlation_id=${correlation}`,
      sysparm_limit: '1',
      sysparm_fields: 'sys_id,number,description',
    });
    const read = await call(password, 'GET', `${table}?${query}`);
    return read.ok ? recordOf(listField(jsonOf(read.answer), 'result')[0]) : read.send;
  }

  async function create(password: string, outgoing: Outgoing): Promise<SendAnswer> {
    const correlation = correlationOf(outgoing);
    const known = await find(password, correlation);
    if (known && 'outcome' in known) return safely(known);
    if (known?.description.includes(messageTag(outgoing.message.id))) return { outcome: 'accepted', ref: refOf(known) };
    if (known) return update(password, outgoing, known);
    const { subject, message } = outgoing;
    const common = {
      short_description: cutChars(oneLine(subject), SHORT_CHARACTERS),
      description: plain(`${message.text}\n${tagLine(outgoing)}`),
      correlation_id: correlation,
      correlation_display: 'Switchback',
      ...(config.assignmentGroup === undefined ? {} : { assignment_group: config.assignmentGroup }),
      ...(config.configurationItem === undefined ? {} : { cmdb_ci: config.configurationItem }),
    };
    const created = change
      ? await call(password, 'POST', '/api/sn_chg_rest/change/emergency', common)
      : await call(password, 'POST', `${table}?sysparm_fields=sys_id,number&sysparm_exclude_reference_link=true`, {
          ...common,
          impact: '2',
          urgency: '2',
          ...urgencyOf(outgoing),
          ...(ends(message.stage) ? stateOf(outgoing, config) : {}),
        });
    if (!created.ok) return created.send;
    const made = recordOf(field(jsonOf(created.answer), 'result'));
    if (!made) return { outcome: 'inDoubt', told: 'ServiceNow answered without the record’s sys_id' };
    // The first word is the last one: what it says stands in the record already.
    if (change && ends(message.stage)) await close(password, outgoing, made, null);
    return { outcome: 'accepted', ref: refOf(made) };
  }

  async function update(password: string, outgoing: Outgoing, record: Filed): Promise<SendAnswer> {
    const note = plain(`${outgoing.subject}\n${outgoing.message.text}\n${tagLine(outgoing)}`);
    if (change && ends(outgoing.message.stage)) return close(password, outgoing, record, note);
    const urgency = outgoing.message.stage === 'scope' ? urgencyOf(outgoing) : {};
    const state = change ? {} : { ...urgency, ...stateOf(outgoing, config) };
    return noted(await call(password, 'PATCH', notePath(record), { work_notes: note, ...state }), record);
  }

  const notePath = ({ sysId }: Filed): string => `${table}/${sysId}?sysparm_fields=sys_id,number`;

  function noted(written: Judged, record: Filed): SendAnswer {
    return written.ok ? { outcome: 'accepted', ref: refOf(record) } : written.send;
  }

  /**
   * Takes a change along its states as far as the instance lets it. The note goes with the last step, or says where the
   * change was stopped: one write holds it, whatever happens on the way. Setting a state twice does no harm.
   */
  async function close(password: string, outgoing: Outgoing, record: Filed, note: string | null): Promise<SendAnswer> {
    const path = (config.closePath ?? CLOSE_PATH).slice(0, MAX_HOPS);
    const last = path.at(-1)!;
    let why = `it cannot be moved to ${last} from where it stands (an approval may be missing)`;
    for (const state of path) {
      const read = await call(password, 'GET', `/api/sn_chg_rest/change/${record.sysId}/nextstates`);
      if (!read.ok) return safely(read.send);
      const available = listField(jsonOf(read.answer), 'result', 'available_states').map(String);
      if (!available.includes(state)) continue;
      const ending = { close_code: config.closeCode ?? 'successful', close_notes: plain(outgoing.message.text) };
      const moved = await call(password, 'PATCH', `/api/sn_chg_rest/change/${record.sysId}`, {
        state,
        ...(state === last ? { ...ending, ...(note === null ? {} : { work_notes: note }) } : {}),
      });
      if (moved.ok && state === last) return noted(moved, record);
      if (moved.ok) continue;
      if (moved.send.outcome !== 'refused') return state === last ? moved.send : safely(moved.send);
      why = sentence(moved.send);
      break;
    }
    const told = plain(`${note ?? tagLine(outgoing)}\nIts state was left as it is: ${why}.`);
    return noted(await call(password, 'PATCH', notePath(record), { work_notes: told }), record);
  }

  async function look(password: string, outgoing: Outgoing): Promise<LookAnswer> {
    const record = readRef(firstRef(outgoing));
    if (!record) {
      const found = await find(password, correlationOf(outgoing));
      if (found && 'outcome' in found) return cannotTell(found);
      return found?.description.includes(messageTag(outgoing.message.id))
        ? { outcome: 'found', ref: refOf(found) }
        : { outcome: 'absent' };
    }
    const query = new URLSearchParams({
      sysparm_query: `element_id=${record.sysId}^valueLIKE${messageTag(outgoing.message.id)}`,
      sysparm_limit: '1',
      sysparm_fields: 'sys_id',
    });
    const read = await call(password, 'GET', `/api/now/table/sys_journal_field?${query}`);
    if (!read.ok) return cannotTell(read.send);
    return listField(jsonOf(read.answer), 'result').length > 0
      ? { outcome: 'found', ref: refOf(record) }
      : { outcome: 'absent' };
  }

  return {
    replaySafe: false,
    canReconcile: true,
    ordered: true,
    deliver: (outgoing) =>
      withSecrets(tools, { password: config.password }, ({ password }) => {
        const record = readRef(firstRef(outgoing));
        return record ? update(password, outgoing, record) : create(password, outgoing);
      }),
    lookUp: async (outgoing) => {
      const found = await withSecrets(tools, { password: config.password }, ({ password }) => look(password, outgoing));
      return asLook(found);
    },
    check: () =>
      withSecrets(tools, { password: config.password }, async ({ password }) => {
        const read = await call(password, 'GET', `${table}?sysparm_limit=1&sysparm_fields=sys_id`);
        return read.ok ? { outcome: 'accepted', ref: `table ${change ? 'change_request' : 'incident'}` } : read.send;
      }),
  };
}

function correlationOf({ about, message }: Outgoing): string {
  return `switchback:${about.facts.id}${message.audience === 'change' ? ':change' : ''}`;
}

function tagLine({ about, message }: Outgoing): string {
  return `Switchback ${about.facts.id}, ${message.stage}, ${messageTag(message.id)}`;
}

/** Impact and urgency of the level, once somebody has set it. */
function urgencyOf({ about }: Outgoing): object {
  const { severity } = about.facts;
  return severity === null ? {} : { impact: URGENCY[severity], urgency: URGENCY[severity] };
}

function stateOf(outgoing: Outgoing, { states = {}, closeCode }: ConfigOf<'servicenow'>): object {
  const { stage, text } = outgoing.message;
  if (stage === 'postmortem') return {};
  if (ends(stage)) {
    return {
      state: states.resolved ?? '6',
      close_code: closeCode ?? 'Solution provided',
      close_notes: plain(text),
    };
  }
  if (isReopened(outgoing)) return { state: states.reopened ?? '2' };
  return stage === 'mitigated' ? { state: states.mitigated ?? '2' } : {};
}

/** `[code]` in a note is shown as HTML; the rest is plain text. */
function plain(text: string): string {
  return cutChars(text.replace(/\[(\/?)code\]/gi, '[ $1code ]'), TEXT_CHARACTERS);
}

/** The change API wraps every value as `{value, display_value}`. */
function recordOf(value: unknown): Filed | undefined {
  const read = (name: string) => textField(value, name) ?? textField(value, name, 'value');
  const [sysId, number] = [read('sys_id'), read('number')];
  return sysId !== undefined && /^[0-9a-f]{32}$/i.test(sysId) && number !== undefined
    ? { sysId, number, description: read('description') ?? '' }
    : undefined;
}

/** `INC0010023 9d38…`: what people know it by, and what the API does. */
function refOf({ number, sysId }: Filed): string {
  return `${number} ${sysId}`;
}

function readRef(ref: string | undefined): Filed | undefined {
  const [, number, sysId] = /^(\S+) ([0-9a-f]{32})$/i.exec(ref ?? '') ?? [];
  return number !== undefined && sysId !== undefined ? { number, sysId, description: '' } : undefined;
}

/** Of a step that may be repeated: whatever became of it, nothing was written twice. */
function safely(answer: SendAnswer): SendAnswer {
  return answer.outcome === 'inDoubt' ? { outcome: 'later', told: answer.told, afterMs: null } : answer;
}

function sentence(answer: SendAnswer): string {
  return answer.outcome === 'accepted' ? '' : answer.told;
}
