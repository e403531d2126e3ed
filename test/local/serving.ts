import type { Pace } from '../../src/local/codedeploy/pace.ts';
import { createControlPath } from '../../src/local/control/control.ts';
import { createFaults, type Faults } from '../../src/local/control/faults.ts';
import type { CallRecorder, FunctionUrls } from '../../src/local/links.ts';
import { createLocalServer } from '../../src/local/server.ts';
import { createWire } from '../../src/local/wire/dispatch.ts';
import type { Service } from '../../src/local/wire/service.ts';
import { ManualClock } from './manual-clock.ts';

export interface Serving {
  readonly endpoint: string;
  readonly clock: ManualClock;
  readonly faults: Faults;
  /** What the server reported as its own faults; a test that ends with some has found a bug. */
  readonly bugs: readonly string[];
  /** Settings for an SDK client of this server. */
  readonly sdk: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly maxAttempts: number;
  };
  close(): Promise<void>;
}

export interface ServingOptions {
  readonly clock?: ManualClock;
  readonly recorder?: CallRecorder;
  readonly urls?: FunctionUrls;
  readonly pace?: Pace;
}

/** A server over the given services alone, on a free port of this machine. */
export async function serving(services: readonly Service[], options: ServingOptions = {}): Promise<Serving> {
  const clock = options.clock ?? new ManualClock();
  const faults = createFaults(clock);
  const bugs: string[] = [];
  const onBug = (what: string, error: unknown) => void bugs.push(`${what}: ${error}`);
  let endpoint = '';
  const recorder = options.recorder ?? { record() {} };
  const wire = createWire({ services, clock, recorder, interference: faults, endpoint: () => endpoint, onBug });
  const { pace } = options;
  const control = createControlPath({ faults, services, ...(pace ? { pace } : {}), file: async () => undefined });
  const server = createLocalServer({ wire, control, urls: () => options.urls, onBug });
  endpoint = `http://127.0.0.1:${await server.listen(0, '127.0.0.1')}`;
  const credentials = { accessKeyId: 'alice', secretAccessKey: 'secret' };
  const sdk = { endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 };
  return { endpoint, clock, faults, bugs, sdk, close: () => server.close() };
}
