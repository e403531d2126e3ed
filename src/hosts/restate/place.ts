import { StateProblem } from '../problems.ts';

/** Where a state in Restate lies. */
export interface RestatePlace {
  /** Restate's ingress, where turns are asked for. */
  readonly ingress: string;
  /** Keeps several states apart on one Restate; empty for the usual one. */
  readonly namespace: string;
  /** As it was written. */
  readonly text: string;
}

const PLACE = /^(restates?):\/\/([^/\s@?#]+)(?:\/([a-z0-9][a-z0-9-]{0,39})?)?$/;
/** Restate's own default. */
const INGRESS_PORT = 8080;

/**
 * Reads `restate://host[:port][/namespace]`; `restates://` for an ingress behind TLS. Throws a {@link StateProblem} for
 * anything else.
 */
export function readRestatePlace(text: string): RestatePlace {
  const [, scheme, authority, namespace = ''] = PLACE.exec(text) ?? [];
  const base =
    authority === undefined ? undefined : parsed(`${scheme === 'restates' ? 'https' : 'http'}://${authority}`);
  if (!base) {
    const expected = 'restate://HOST[:PORT][/NAMESPACE] is expected, the namespace of small letters, digits and "-"';
    throw new StateProblem('unreachable', text, `state ${text}: it names no Restate: ${expected}`);
  }
  if (base.port === '' && base.protocol === 'http:') base.port = String(INGRESS_PORT);
  return { ingress: base.origin, namespace, text };
}

function parsed(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}
