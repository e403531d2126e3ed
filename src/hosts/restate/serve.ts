import type { ActorEvent, HostOptions } from '../host-options.ts';
import type { RestateHost } from '../restate.ts';
import { type Endpoint, type EndpointOptions, loadSdk, register, requestHandler, startEndpoint } from './endpoint.ts';
import { readRestatePlace } from './place.ts';
import { serviceNames } from './protocol.ts';

export interface ServeOptions extends EndpointOptions {
  /** Restate's admin API; port 9070 of the ingress's machine where it is not given. */
  readonly admin?: string;
  /** Where Restate reaches this process, where that is not the address it listens on. */
  readonly url?: string;
  readonly adminToken?: string;
}

/** Restate's own default. */
const ADMIN_PORT = '9070';

/** Serves one kind of actor: from now on this process takes its turns and performs its commands. */
export async function serveRestate<State, Event extends ActorEvent, Command extends { readonly key: string }>(
  place: string,
  host: Pick<RestateHost<State, Event, Command>, 'owedNow'>,
  options: HostOptions<State, Event, Command>,
  serving: ServeOptions,
): Promise<Endpoint> {
  const { ingress, namespace } = readRestatePlace(place);
  const { identityKeys, adminToken } = serving;
  const handler = requestHandler(await loadSdk(), {
    ...options,
    names: serviceNames(namespace, options.logic.kind),
    owedNow: (order) => host.owedNow(order),
    ...(identityKeys === undefined ? {} : { identityKeys }),
  });
  const endpoint = await startEndpoint(handler, serving);
  try {
    const admin = serving.admin ?? adminOf(ingress);
    const url = serving.url ?? endpoint.url;
    await register({ admin, endpoint: url, ...(adminToken === undefined ? {} : { token: adminToken }) });
    return endpoint;
  } catch (error) {
    await endpoint.close(0);
    throw error;
  }
}

function adminOf(ingress: string): string {
  const url = new URL(ingress);
  url.port = ADMIN_PORT;
  return url.origin;
}
