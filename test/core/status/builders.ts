import type { Incident } from '../../../src/core/incident/incident.ts';
import type { PageSettings } from '../../../src/core/status/settings.ts';
import { BOB, Case, DIGEST, MINUTE, OTHER_DIGEST, PAGE, PUBLIC_TEXT } from '../incident/builders.ts';
import { T0 } from '../release/builders.ts';

export const SETTINGS: PageSettings = {
  id: 'shop',
  name: 'The Shop',
  url: 'https://status.shop.example',
  components: [
    { id: 'checkout', name: 'Checkout', group: 'Shop', description: 'Paying for a basket', stands: [] },
    { id: 'search', name: 'Search', group: 'Shop', description: null, stands: [] },
    { id: 'api', name: 'API', group: null, description: null, stands: [] },
  ],
  maintenances: [
    {
      id: 'database',
      name: 'A larger database',
      description: 'Search may be slow for some minutes.',
      fromMs: T0 + 86_400_000,
      untilMs: T0 + 86_400_000 + 3_600_000,
      components: ['search'],
    },
  ],
  sinceMs: T0 - 10 * 86_400_000,
};

export const RESOLVED_TEXT = 'This is resolved. The errors have stopped.';

/** An incident that customers were told of: began two minutes before T0, contained after 10 minutes, resolved after 20. */
export function told(until: 'ack' | 'resolved' = 'resolved'): Incident {
  const given = new Case().open().triaged('SEV-2').assign('comms_lead', BOB);
  say(given, 'ack', PUBLIC_TEXT, DIGEST);
  if (until === 'ack') return given.incident;
  given.at = T0 + 8 * MINUTE;
  given.contain();
  given.at = T0 + 18 * MINUTE;
  say(given, 'resolved', RESOLVED_TEXT, OTHER_DIGEST);
  return given.order({ kind: 'resolve', summary: 'rolled back' }).incident;
}

function say(given: Case, stage: 'ack' | 'resolved', text: string, digest: string): void {
  given.order({ kind: 'send', audience: 'customers', stage, text, digest, channels: [PAGE] }, { id: `say-${stage}` });
  const waiting = given.incident.pending.find(({ id }) => id === `say-${stage}`);
  if (waiting) given.order({ kind: 'grant', order: waiting.id, binding: waiting.binding }, { who: BOB });
  given.delivered(given.incident.messages.at(-1)!.id);
}
