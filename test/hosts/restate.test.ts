import { once } from 'node:events';
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, before } from 'node:test';
import { systemClock } from '../../src/aws/clock.ts';
import { loadSdk, type RequestHandler, register, requestHandler } from '../../src/hosts/restate/endpoint.ts';
import { serviceNames } from '../../src/hosts/restate/protocol.ts';
import { openRestateHost } from '../../src/hosts/restate.ts';
import { hostConformance, type Place } from './conformance.ts';
import { commandOf, counterLogic } from './counter.ts';
import { type MovableHost, type MovablePlace, movingLaws } from './moving.ts';
import { newBucket, newFile } from './place.ts';
import { type RestateServer, SKIPPED, startRestateServer } from './restate-server.ts';

type OpenOptions = Parameters<Place['open']>[0];

let server: RestateServer;
let places = 0;

if (!SKIPPED) {
  before(async () => {
    server = await startRestateServer();
  });
  after(() => server?.close());
}

hostConformance('restate', newPlace, SKIPPED);
movingLaws('from a file to Restate', async () => [await newFile(), await newPlace()], SKIPPED);
movingLaws('from Restate to a file', async () => [await newPlace(), await newFile()], SKIPPED);
movingLaws('from S3 to Restate', async () => [await newBucket(), await newPlace()], SKIPPED);
movingLaws('from Restate to S3', async () => [await newPlace(), await newBucket()], SKIPPED);

/**
 * A namespace of its own, and one address behind which every open host serves: the calls go to whoever opened last and
 * still lives, as a balancer would send them.
 */
async function newPlace(): Promise<Place & MovablePlace> {
  places += 1;
  const namespace = `place-${places}`;
  const place = `${server.place}/${namespace}`;
  const sdk = await loadSdk();
  const witness = openRestateHost({ place, logic: counterLogic, clock: systemClock, report() {} });
  const handlerOf = (options: OpenOptions, host: typeof witness) =>
    requestHandler(sdk, {
      ...options,
      logic: counterLogic,
      commandOf,
      names: serviceNames(namespace, counterLogic.kind),
      owedNow: (order) => host.owedNow(order),
      identityKeys: [server.identityKey],
    });
  const nobody = handlerOf({ perform: async () => undefined, clock: systemClock, report() {} }, witness);
  const balancer = await startBalancer(nobody);
  await register({ admin: server.admin, endpoint: balancer.url });
  const actors = new Set<string>();

  function open(given: Omit<OpenOptions, 'clock'>): MovableHost {
    const options = { ...given, clock: systemClock };
    const host = openRestateHost({ place, logic: counterLogic, ...options });
    const leave = balancer.join(handlerOf(options, host));
    return {
      deliver(actor, event) {
        actors.add(actor);
        return host.deliver(actor, event);
      },
      read: (actor) => host.read(actor),
      list: (query) => host.list(query),
      ledger: (actor, query) => host.ledger(actor, query),
      recover: () => host.recover(),
      briefs: (query) => host.briefs(query),
      depart: (actor, to) => host.depart(actor, to),
      receive: (actor, entries) => host.receive(actor, entries),
      adopt: (departed) => host.adopt(departed),
      onChange: (listener, withinMs = 10) => host.onChange(listener, withinMs),
      tryBecomeRunner: () => host.tryBecomeRunner(),
      // Who performs is the balancer's choice, so the whole place has to come to rest.
      idle: () => witness.quiet(actors),
      async close() {
        leave();
        await host.close();
      },
    };
  }
  return {
    name: place,
    open,
    engineClock: { ...systemClock, advance() {} },
    async remove() {
      await witness.close();
      await balancer.close();
    },
  };
}

/** One address for whoever lives. A host that leaves takes its calls with it, as a process that dies does. */
async function startBalancer(nobody: RequestHandler) {
  const joined: { readonly handler: RequestHandler; readonly streams: Set<ServerHttp2Stream> }[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const http = createServer((request, response) => {
    const chosen = joined.at(-1);
    if (chosen) {
      chosen.streams.add(request.stream);
      request.stream.on('close', () => chosen.streams.delete(request.stream));
      chosen.handler(request, response);
    } else if (request.url === '/discover') nobody(request, response);
    else request.stream.destroy();
  });
  http.on('session', (session) => sessions.add(session));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    join(handler: RequestHandler) {
      const own = { handler, streams: new Set<ServerHttp2Stream>() };
      joined.push(own);
      return () => {
        const index = joined.indexOf(own);
        if (index >= 0) joined.splice(index, 1);
        for (const stream of own.streams) stream.destroy();
      };
    },
    async close() {
      const closed = once(http, 'close');
      http.close();
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}
