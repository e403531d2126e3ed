import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Outgoing } from '../../src/app/ports/channels.ts';
import type { Stage } from '../../src/core/comms/audiences.ts';
import { FACTS, PLACES, stand, T0, type Wanted } from './kit.ts';
import type { Received } from './server.ts';

/** Requests byte for byte as a vendor gets them, in `test/golden/wire`: a change of one is a change of what vendors see. */
function golden(t: TestContext, name: string, requests: readonly Received[]): void {
  const text = requests.map(shown).join('\n\n');
  t.assert.fileSnapshot(`${text}\n`, join(import.meta.dirname, '../golden/wire', `${name}.txt`), {
    serializers: [(value: unknown) => String(value)],
  });
}

const SHOWN_HEADERS = [
  'accept',
  'authorization',
  'content-type',
  'user-agent',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
];

function shown({ method, path, query, headers, body, json }: Received): string {
  const search = [...query].length === 0 ? '' : `?${query}`;
  const head = SHOWN_HEADERS.flatMap((name) =>
    headers[name] === undefined ? [] : [`${name}: ${stable(headers[name])}`],
  );
  const text = json === undefined ? body : JSON.stringify(json, null, 2);
  return [`${method} ${path}${search}`, ...head, ...(text === '' ? [] : ['', text])].join('\n');
}

/** What is made of chance. */
function stable(header: string): string {
  return header
    .replace(/oauth_nonce="[^"]+"/, 'oauth_nonce="(nonce)"')
    .replace(/oauth_signature="[^"]+"/, 'oauth_signature="(signature)"');
}

const WORDS: Partial<Record<Stage, string>> = {
  ack: 'Some users may be seeing errors. <b>Refresh</b> & try *again*.\nNext update by 2026-11-21 03:38 UTC.',
  update: 'We know which change it is.',
  mitigated: 'The errors have stopped.',
  resolved: 'This is resolved.',
};

/** An incident from its first word to its last. */
const STORY: readonly (Wanted['facts'] & { readonly stage: Stage })[] = [
  { stage: 'ack' },
  { stage: 'update', commander: 'alice' },
  { stage: 'mitigated', commander: 'alice', phase: 'contained', containedAt: T0 + 300_000 },
  { stage: 'resolved', commander: 'alice', phase: 'resolved', containedAt: T0 + 300_000, resolvedAt: T0 + 900_000 },
];

for (const kind of Object.keys(PLACES)) {
  test(`${kind}: an incident on the wire`, async (t) => {
    const changes = kind === 'jira' ? { transitions: { mitigated: 'In Progress' } } : {};
    const { channels, message, server } = await stand(t, kind, changes);
    const earlier: Outgoing['earlier'][number][] = [];
    for (const { stage, ...facts } of STORY) {
      const out = message({ stage, text: WORDS[stage] ?? '', earlier, facts: { ...FACTS, ...facts } });
      const sent = await channels.deliver(out);
      if (sent.outcome !== 'accepted') throw new Error(`${stage}: ${JSON.stringify(sent)}`);
      earlier.push({ stage, audience: out.message.audience, ref: sent.ref });
    }
    golden(t, kind, server.requests);
  });
}
