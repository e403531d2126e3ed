import { at, type Received, type Reply, textAt, type Vendor } from '../server.ts';

export interface Row {
  readonly sysId: string;
  readonly number: string;
  readonly table: 'incident' | 'change_request';
  readonly fields: Record<string, string>;
  readonly notes: string[];
}

/** From a change's state: where it may go. */
const NEXT: Readonly<Record<string, readonly string[]>> = { '-5': ['-4'], '-1': ['0', '4'], '0': ['3'], '3': [] };

/**
 * ServiceNow's Table and Change APIs. Contract: Basic, else 401; queries by `field=value` and `valueLIKE`; the Table API
 * answers plain values and 201 for a new record, the Change API wraps each value; a note is added to the journal, never
 * replaced; an incident is resolved only with code and notes; a change moves only to a state that is next.
 */
export class ServiceNowVendor implements Vendor {
  static readonly user = 'switchback';
  static readonly password = 'sn-password';
  readonly rows: Row[] = [];
  /** The state in which changes are opened. */
  opensIn = '-1';

  handle({ method, path, query, headers, json }: Received): Reply {
    const auth = Buffer.from(`${ServiceNowVendor.user}:${ServiceNowVendor.password}`).toString('base64');
    if (headers.authorization !== `Basic ${auth}`) return bad(401, 'User is not authenticated');
    const [, table, sysId] = /^\/api\/now\/table\/(\w+)(?:\/(\w+))?$/.exec(path) ?? [];
    if (method === 'GET' && table === 'sys_journal_field') return this.#journal(query.get('sysparm_query') ?? '');
    if (method === 'GET' && table) return this.#find(table, query.get('sysparm_query') ?? '');
    if (method === 'POST' && table === 'incident') return this.#create('incident', json);
    if (method === 'PATCH' && sysId) return this.#patch(sysId, json);
    if (method === 'POST' && path === '/api/sn_chg_rest/change/emergency') return this.#create('change_request', json);
    const [, change, next] = /^\/api\/sn_chg_rest\/change\/(\w+)(\/nextstates)?$/.exec(path) ?? [];
    const row = this.rows.find((each) => each.sysId === change);
    if (!row) return bad(404, 'No Record found');
    const states = NEXT[row.fields.state ?? ''] ?? [];
    if (next)
      return { status: 200, body: { result: { available_states: states, state_label: {}, state_transitions: [] } } };
    if (!states.includes(textAt(json, 'state'))) return bad(400, 'Invalid state');
    return this.#patch(row.sysId, json);
  }

  seen(): readonly string[] {
    return this.rows.flatMap(({ fields, notes }) => [`${fields.short_description} ${fields.description}`, ...notes]);
  }

  #find(table: string, query: string): Reply {
    const [, field, value] = /^(\w+)=(.*)$/.exec(query) ?? [];
    const found = this.rows.filter((row) => row.table === table && field && row.fields[field] === value);
    return {
      status: 200,
      body: {
        result: found.map(({ sysId, number, fields }) => ({ sys_id: sysId, number, description: fields.description })),
      },
    };
  }

  #journal(query: string): Reply {
    const [, sysId, text] = /^element_id=(\w+)\^valueLIKE(.+)$/.exec(query) ?? [];
    const notes = this.rows.find((row) => row.sysId === sysId)?.notes ?? [];
    return {
      status: 200,
      body: { result: notes.filter((note) => note.includes(text ?? '')).map(() => ({ sys_id: 'j' })) },
    };
  }

  #create(table: Row['table'], json: unknown): Reply {
    if (textAt(json, 'short_description') === '') return bad(400, 'Data Policy Exception');
    const number = `${table === 'incident' ? 'INC' : 'CHG'}${String(this.rows.length + 10).padStart(7, '0')}`;
    const sysId = (this.rows.length + 1).toString(16).padStart(32, 'a');
    const fields = { state: table === 'incident' ? '1' : this.opensIn, ...(json as Record<string, string>) };
    this.rows.push({ sysId, number, table, fields, notes: [] });
    const wrapped = {
      sys_id: { value: sysId, display_value: sysId },
      number: { value: number, display_value: number },
    };
    const result = table === 'incident' ? { sys_id: sysId, number } : wrapped;
    return { status: 201, body: { result } };
  }

  #patch(sysId: string, json: unknown): Reply {
    const row = this.rows.find((each) => each.sysId === sysId);
    if (!row) return bad(404, 'No Record found');
    if (row.table === 'incident' && textAt(json, 'state') === '6' && textAt(json, 'close_notes') === '')
      return bad(403, 'close_notes is mandatory');
    const { work_notes: note, ...fields } = json as Record<string, string>;
    if (note) row.notes.push(note);
    Object.assign(row.fields, fields);
    return { status: 200, body: { result: { sys_id: sysId, number: row.number, state: at(json, 'state') ?? '' } } };
  }
}

function bad(status: number, message: string): Reply {
  return { status, body: { error: { message, detail: null }, status: 'failure' } };
}
