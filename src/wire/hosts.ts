import type { Host } from '../app/ports/host.ts';
import type { HostUpkeep } from '../app/ports/host-upkeep.ts';
import type { LedgerPlace, Redaction } from '../app/ports/ledger.ts';
import type { Relocation } from '../app/ports/relocation.ts';
import type { Aws } from '../aws/index.ts';
import type { ActorEvent, HostOptions } from '../hosts/host-options.ts';
import { kindOf } from '../hosts/kind.ts';
import type { ServedKind } from '../hosts/restate/serve.ts';

/** One kind of actor in the state that is asked for. */
export interface OpenedHost<State, Event> {
  readonly host: Host<State, Event> & HostUpkeep & { idle(): Promise<void>; close(): Promise<void> };
  /** How actors move to or from here; undefined for a kind of state that they cannot move with. */
  readonly relocation: Relocation | undefined;
  /** What Restate has to call for it; undefined for a state that needs nobody to serve it. */
  readonly served: ServedKind | undefined;
  /** Takes words out of its ledger; undefined for a state in which that cannot be done. */
  readonly redaction?: Redaction | undefined;
  /** Checks the one chain over the actors of every kind; undefined for a state that has none. */
  readonly anchors?: LedgerPlace['anchors'];
}

/** Opens the state as the home of one kind of actor; several kinds share a state. */
export type OpenHost = <State, Event extends ActorEvent, Command extends { readonly key: string }>(
  options: HostOptions<State, Event, Command>,
) => OpenedHost<State, Event>;

export interface StateOptions {
  /** The state file; or `s3://bucket/prefix`; or `restate://host:port`. */
  readonly stateFile: string;
  readonly stateLeaseMs?: number;
  readonly restateToken?: string;
}

/** The kind of host that the state asks for. */
export function hostFor(aws: Aws, options: StateOptions): Promise<OpenHost> {
  switch (kindOf(options.stateFile)) {
    case 's3':
      return s3Host(aws, options);
    case 'restate':
      return restateHost(options);
    case 'file':
      return sqliteHost(options.stateFile);
  }
}

async function sqliteHost(file: string): Promise<OpenHost> {
  const { openSqliteHost } = await import('../hosts/sqlite.ts');
  return (options) => {
    const host = openSqliteHost({ file, ...options });
    return { host, relocation: host, served: undefined, redaction: host, anchors: () => host.verify() };
  };
}

async function s3Host(aws: Aws, { stateFile, stateLeaseMs }: StateOptions): Promise<OpenHost> {
  const [{ openS3Host }, { readPlace }] = await Promise.all([import('../hosts/s3.ts'), import('../hosts/s3/place.ts')]);
  const { bucket, prefix } = readPlace(stateFile);
  const lease = stateLeaseMs === undefined ? {} : { leaseMs: stateLeaseMs };
  return (options) => {
    const host = openS3Host({ objects: aws.objects(bucket, prefix), place: stateFile, ...lease, ...options });
    return { host, relocation: host, served: undefined, redaction: host };
  };
}

async function restateHost({ stateFile: place, restateToken: token }: StateOptions): Promise<OpenHost> {
  const [{ openRestateHost }, { servedKind }] = await Promise.all([
    import('../hosts/restate.ts'),
    import('../hosts/restate/serve.ts'),
  ]);
  return <State, Event extends ActorEvent, Command extends { readonly key: string }>(
    options: HostOptions<State, Event, Command>,
  ) => {
    const { logic, clock, report } = options;
    const host = openRestateHost<State, Event, Command>({
      place,
      logic,
      clock,
      report,
      ...(token === undefined ? {} : { token }),
    });
    return { host, relocation: host, served: servedKind(place, host, options) };
  };
}
