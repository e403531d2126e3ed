import { at, type Received, type Reply, textAt, type Vendor } from '../server.ts';

interface Update {
  readonly status: string;
  readonly body: string;
  readonly created_at: string;
}

export interface PageIncident {
  readonly id: string;
  name: string;
  status: string;
  metadata: unknown;
  components: { id: string; status: string }[];
  incident_updates: Update[];
  postmortem?: { body: string; published: boolean };
}

const STATUSES = ['investigating', 'identified', 'monitoring', 'resolved'];
const COMPONENT = ['operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance'];

/**
 * Statuspage's API. Contract: `OAuth` and the key, else 401; a name of at most 255 characters and a known status, else 422;
 * every write with a body adds an update that everybody reads; top-level values of metadata are objects; components change
 * for the whole page.
 */
export class StatuspageVendor implements Vendor {
  static readonly page = 'page1';
  static readonly token = 'statuspage-key';
  readonly incidents: PageIncident[] = [];
  /** The page's components, by id. */
  readonly components = new Map<string, string>([
    ['c-checkout', 'operational'],
    ['c-search', 'operational'],
  ]);
  #ids = 0;
  readonly #now: () => number;

  constructor(now: () => number = () => Date.now()) {
    this.#now = now;
  }

  handle({ method, path, headers, json }: Received): Reply {
    if (headers.authorization !== `OAuth ${StatuspageVendor.token}`)
      return { status: 401, body: { error: 'Could not authenticate' } };
    const base = `/pages/${StatuspageVendor.page}`;
    if (!path.startsWith(base)) return { status: 404, body: { error: 'Not found' } };
    const rest = path.slice(base.length);
    if (method === 'GET' && rest === '') return { status: 200, body: { id: StatuspageVendor.page, name: 'Shop' } };
    if (method === 'GET' && rest === '/incidents/unresolved')
      return { status: 200, body: this.incidents.filter(({ status }) => status !== 'resolved') };
    if (method === 'GET' && rest === '/incidents') return { status: 200, body: this.incidents };
    if (method === 'POST' && rest === '/incidents') return this.#create(at(json, 'incident'));
    const [, id, more] = /^\/incidents\/([^/]+)(\/.*)?$/.exec(rest) ?? [];
    const incident = this.incidents.find((each) => each.id === id);
    if (!incident) return { status: 404, body: { error: 'Not found' } };
    if (method === 'GET' && more === undefined) return { status: 200, body: incident };
    if (method === 'PATCH' && more === undefined) return this.#update(incident, at(json, 'incident'));
    if (method === 'PUT' && more === '/postmortem') {
      incident.postmortem = { body: textAt(json, 'postmortem', 'body_draft'), published: false };
      return { status: 200, body: {} };
    }
    if (method === 'PUT' && more === '/postmortem/publish' && incident.postmortem) {
      incident.postmortem.published = true;
      return { status: 200, body: {} };
    }
    return { status: 404, body: { error: 'Not found' } };
  }

  seen(): readonly string[] {
    return this.incidents.flatMap(({ incident_updates }) => incident_updates.map(({ body }) => body));
  }

  #create(fields: unknown): Reply {
    const name = textAt(fields, 'name');
    if (name === '' || name.length > 255) return { status: 422, body: { error: ['Name is invalid'] } };
    this.#ids += 1;
    const incident: PageIncident = {
      id: `i${this.#ids}`,
      name,
      status: '',
      metadata: {},
      components: [],
      incident_updates: [],
    };
    const reply = this.#update(incident, fields);
    if (reply.status === 200) this.incidents.push(incident);
    return reply.status === 200 ? { ...reply, status: 201 } : reply;
  }

  #update(incident: PageIncident, fields: unknown): Reply {
    const status = textAt(fields, 'status');
    const metadata = at(fields, 'metadata') ?? {};
    if (!STATUSES.includes(status)) return { status: 422, body: { error: ['Status is invalid'] } };
    if (Object.values(metadata).some((value) => typeof value !== 'object'))
      return { status: 422, body: { error: ['Metadata is invalid'] } };
    const changed = Object.entries((at(fields, 'components') ?? {}) as Record<string, string>);
    if (changed.some(([id, value]) => !this.components.has(id) || !COMPONENT.includes(value)))
      return { status: 422, body: { error: ['Component is invalid'] } };
    for (const [id, value] of changed) this.components.set(id, value);
    incident.status = status;
    incident.metadata = metadata;
    const ids = (at(fields, 'component_ids') as string[] | undefined) ?? incident.components.map(({ id }) => id);
    incident.components = ids.map((id) => ({ id, status: this.components.get(id) ?? '' }));
    const body = textAt(fields, 'body');
    if (body !== '')
      incident.incident_updates.unshift({ status, body, created_at: new Date(this.#now()).toISOString() });
    return { status: 200, body: incident };
  }
}
