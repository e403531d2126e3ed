import type { Wired } from '../wire.ts';
import type { IncidentFlags } from './incident/flags.ts';
import type { Io } from './io.ts';
import type { Output } from './output.ts';

/** Everything that was written behind the command's name. */
export interface Flags extends IncidentFlags {
  readonly function?: string;
  readonly train?: string;
  readonly only?: string;
  readonly alias?: string;
  readonly config?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly endpointUrl?: string;
  readonly state?: string;
  readonly json?: boolean;
  readonly jsonLines?: boolean;
  readonly debug?: boolean;
  readonly reason?: string;
  readonly actor?: string;
  readonly from?: string;
  readonly until?: string;
  readonly format?: string;
  readonly out?: string;
  readonly against?: string;
  readonly textFile?: string;
  readonly dryRun?: boolean;
  readonly zip?: string;
  readonly code?: string;
  readonly version?: string;
  readonly strategy?: string;
  readonly bake?: string;
  readonly promoteEarly?: string;
  readonly testAlias?: string;
  readonly alarm?: readonly string[];
  readonly allowAlarm?: readonly string[];
  readonly threshold?: readonly string[];
  readonly preTraffic?: string;
  readonly postTraffic?: string;
  readonly stepHook?: string;
  readonly hookTimeout?: string;
  readonly approval?: readonly string[];
  readonly signals?: string;
  readonly committedAt?: string;
  readonly rework?: boolean;
  readonly detach?: boolean;
  readonly takeOver?: string;
  readonly timeout?: string;
  readonly codedeploy?: string | readonly string[];
  readonly restoreWithin?: string;
  readonly callbackPort?: string;
  readonly callbackHost?: string;
  readonly full?: boolean;
  readonly gate?: string;
  readonly deny?: boolean;
  readonly digest?: string;
  readonly to?: string;
  readonly limit?: string;
  readonly release?: string;
  readonly force?: boolean;
  readonly keep?: string;
  readonly yes?: boolean;
  readonly internal?: boolean;
  readonly stack?: string;
  readonly latest?: boolean;
  readonly port?: string;
  readonly host?: string;
  readonly data?: string;
  readonly untilStdinEnds?: boolean;
  readonly restatePort?: string;
  readonly restateListen?: string;
  readonly restateUrl?: string;
  readonly restateAdmin?: string;
  readonly restateIdentity?: readonly string[];
  readonly fault?: string;
  readonly rps?: string;
  readonly parameter?: readonly string[];
  readonly before?: string;
  readonly rule?: readonly string[];
  readonly bad?: readonly string[];
  readonly good?: readonly string[];
  readonly label?: string;
  readonly export?: string;
  readonly hours?: string;
  readonly logGroup?: string;
}

/** What a command is handed. */
export interface Context {
  readonly io: Io;
  readonly flags: Flags;
  /** The word behind the command, for those that take one. */
  readonly argument: string | undefined;
  /** The words behind the command, for those that take any number. */
  readonly operands: readonly string[];
  readonly output: Output;
  /** The adapters, made at the first call and closed when the command ends. */
  wired(): Promise<Wired>;
}
