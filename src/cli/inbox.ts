import type { InboxOptions } from '../web/inbox.ts';
import type { Home } from '../wire.ts';
import { readConfigFile } from './config-file.ts';
import type { Context } from './context.ts';

/** Where alarms and reports come in, by the configuration; undefined where it sets up no inbox. */
export async function inboxFor(context: Context, home: Home): Promise<InboxOptions | undefined> {
  const { io, flags, output } = context;
  const read = await readConfigFile(context);
  const inbox = read?.incidents.inbox;
  if (!read || !inbox) return undefined;
  const { createSecrets } = await import('../channels/secrets.ts');
  const secrets = createSecrets({ env: io.env, folder: read.folder });
  const references = [inbox.secret, inbox.previousSecret].filter((each) => each !== undefined);
  const local = flags.endpointUrl ?? io.env.AWS_ENDPOINT_URL;
  return {
    now: () => io.clock.now(),
    topics: inbox.topics ?? [],
    async secrets() {
      const found = await Promise.all(references.map((each) => secrets.read(each)));
      for (const each of found) if (!each.ok) output.note(`switchback: a secret of the inbox: ${each.told}`);
      return found.flatMap((each) => (each.ok ? [each.value] : []));
    },
    async ports() {
      const { host, setup } = await home.incidents();
      return { incidents: host, releases: home.ports.host, clock: io.clock, setup };
    },
    ...(local !== undefined && isLoopback(local) ? { localOrigin: new URL(local).origin } : {}),
    report: (problem) => output.note(problem),
  };
}

function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
