import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A service that every version of the example depends on; in the `outage` rehearsal it fails for a while. */
export interface TaxService {
  readonly url: string;
  /** How many of a hundred requests it fails from now on. */
  fail(percent: number): void;
  stop(): Promise<void>;
}

export async function startTaxService(): Promise<TaxService> {
  let failing = 0;
  const server = createServer((_request, response) => {
    response.statusCode = Math.random() * 100 < failing ? 503 : 200;
    response.end();
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    fail(percent) {
      failing = percent;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
