import type { ActorEvent, HostOptions } from '../host-options.ts';
import type { RestateHost } from '../restate.ts';
import { type Endpoint, type EndpointOptions, handlerOf, loadSdk, register, startEndpoint } from './endpoint.ts';
import { readRestatePlace } from './place.ts';
import { serviceNames } from './protocol.ts';
import { type RestateSdk, services } from './services.ts';

export interface ServeOptions extends EndpointOptions {
  /** Restate's admin API; port 9070 of the ingress's machine where it is not given. */
  readonly admin?: string;
  /** Where Restate reaches this process, where that is not the address it listens on. */
  readonly url?: string;
  readonly adminToken?: string;
}

/** Restate's own default. */
const ADMIN_PORT = '9070';

/** One kind of actor, as this process serves it: its services, made with Restate's own package. */
export type ServedKind = (sdk: RestateSdk) => ReturnType<typeof services>;

export function servedKind<State, Event extends ActorEvent, Command extends { readonly key: string }>(
  place: string,
  host: Pick<RestateHost<State, Event, Command>, 'owedNow'>,
  options: HostOptions<State, Event, Command>,
): ServedKind {
  const { namespace } = readRestatePlace(place);
  const names = serviceNames(namespace, options.logic.kind);
  return (sdk) => services(sdk, { ...options, names, owedNow: (order) => host.owedNow(order) });
}

/** Serves these kinds of actors: from now on this process takes their turns and performs their commands. */
export async function serveRestate(
  place: string,
  kinds: readonly ServedKind[],
  serving: ServeOptions,
): Promise<Endpoint> {
  const { ingress } = readRestatePlace(place);
  const { adminToken } = serving;
  const sdk = await loadSdk();
  const served = kinds.flatMap((kind) => kind(sdk));
  const handler = handlerOf(sdk, served, serving);
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
