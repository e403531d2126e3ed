import { at, type Received, type Reply, textAt, type Vendor } from '../server.ts';

/**
 * PagerDuty's Events API v2. Contract: a routing key has 32 characters and every trigger a summary, a source and a
 * severity, else 400; one alert for each `dedup_key` while it is open; an acknowledge or resolve of an unknown key is taken
 * and dropped; after a resolve the same key opens a new alert. Change events are kept as they come.
 */
export class PagerDutyVendor implements Vendor {
  static readonly key = 'R0123456789ABCDEF0123456789ABCDE';
  readonly alerts: {
    readonly key: string;
    state: 'triggered' | 'acknowledged' | 'resolved';
    readonly summary: string;
  }[] = [];
  readonly changes: string[] = [];

  handle({ path, json }: Received): Reply {
    if (textAt(json, 'routing_key').length !== 32) return bad('Length of routing_key is incorrect');
    const summary = textAt(json, 'payload', 'summary');
    if (path === '/v2/change/enqueue') {
      if (summary === '') return bad('payload.summary is missing');
      this.changes.push(summary);
      return taken({});
    }
    if (path !== '/v2/enqueue') return { status: 404, body: 'Not found' };
    const key = textAt(json, 'dedup_key');
    const open = this.alerts.find((alert) => alert.key === key && alert.state !== 'resolved');
    const action = textAt(json, 'event_action');
    if (action === 'acknowledge' || action === 'resolve') {
      if (open) open.state = action === 'resolve' ? 'resolved' : 'acknowledged';
      return taken({ dedup_key: key });
    }
    if (action !== 'trigger') return bad('event_action is invalid');
    if (summary === '' || summary.length > 1_024) return bad('payload.summary is missing or too long');
    if (textAt(json, 'payload', 'source') === '') return bad('payload.source is missing');
    if (!['critical', 'error', 'warning', 'info'].includes(textAt(json, 'payload', 'severity')))
      return bad('payload.severity is invalid');
    if (at(json, 'payload', 'custom_details') === undefined) return bad('payload.custom_details is missing');
    if (!open) this.alerts.push({ key, state: 'triggered', summary });
    return taken({ dedup_key: key });
  }

  seen(): readonly string[] {
    return [...this.alerts.map(({ summary }) => summary), ...this.changes];
  }
}

function taken(more: object): Reply {
  return { status: 202, body: { status: 'success', message: 'Event processed', ...more } };
}

function bad(error: string): Reply {
  return { status: 400, body: { status: 'invalid event', message: 'Event object is invalid', errors: [error] } };
}
