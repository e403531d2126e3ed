import { nameOf, type Place, readPlace } from '../../app/codedeploy/adopt.ts';
import { textOf } from '../../app/error-text.ts';
import { within } from '../../app/within.ts';
import type { ServeOptions } from '../../hosts/restate/serve.ts';
import { line } from '../../present/text/line.ts';
import type { Home } from '../../wire.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { CommandFailure, usage } from '../failure.ts';
import { portFlag } from '../port.ts';
import { wireOptions } from '../run.ts';
import { withHost } from '../states.ts';
import { guardingOf, restoreWithin } from '../watched.ts';

/** What Restate's own examples serve on. */
const RESTATE_PORT = '9080';
/**
 * What is under way is awaited this long, a write at AWS above all, and then what is given back; a state that does not answer
 * keeps nobody from leaving, and another process finishes what is left.
 */
const SETTLE_MS = 10_000;

/** Drives every open release and listens for hooks until it is stopped; where Restate keeps the state, it is what Restate calls. */
export async function run(context: Context): Promise<ExitCode> {
  const { io, output } = context;
  const flags = withHost(context.flags, io);
  const options = wireOptions(flags, io, output);
  const wired = await io.wire(options);
  try {
    const home = await wired.home();
    const places = placesOf(context);
    const stopped = new Promise<void>((stop) => {
      io.onInterrupt(stop);
    });
    const endpoint = home.serve && (await startFor(home.serve, context));
    const callbacks = await listen(context, home);
    const stopDriving = home.drive();
    const stopAdopting = adopting(context, home, places);
    const restate = endpoint && { restate: { endpoint: endpoint.url } };
    const inbox = callbacks.hasInbox ? { inbox: `${callbacks.endpoint}/api/v1/inbox` } : {};
    output.result({ endpoint: callbacks.endpoint, state: options.stateFile, ...restate, ...inbox }, [
      line(['good', '✔'], ' what is going on, and where hooks answer: ', ['strong', callbacks.endpoint]),
      ...(endpoint ? [line('  Restate calls ', ['strong', endpoint.url])] : []),
      ...(inbox.inbox
        ? [line('  alarms and reports at ', ['strong', `${inbox.inbox}/sns`], ' and ', ['strong', '/webhook'])]
        : []),
      line(`  state: ${options.stateFile}`),
      ...places.map((place) => line(`  CodeDeploy's deployments of ${nameOf(place)} are guarded`)),
    ]);
    output.say(line('Every open release is driven from here. Ctrl-C stops it; the releases stay open.'));
    await stopped;
    await callbacks.close();
    const leaving = Promise.all([stopAdopting(), stopDriving()]).then(() => home.settle());
    await within(SETTLE_MS, leaving, io.clock).catch((error: unknown) =>
      output.note(`switchback: what is under way was not awaited: ${textOf(error)}`),
    );
    return EXIT.done;
  } finally {
    await within(SETTLE_MS, wired.close(), io.clock);
  }
}

function placesOf({ flags: { codedeploy = [] } }: Context): readonly Place[] {
  return [codedeploy].flat().map((text) => {
    const place = readPlace(text);
    if (!place) throw usage(`--codedeploy "${text}" is neither an application nor application/group`);
    return place;
  });
}

/** Guards what CodeDeploy starts, until the answer is called. */
function adopting(context: Context, { ports }: Home, places: readonly Place[]): () => Promise<void> {
  if (places.length === 0) return async () => undefined;
  const stop = new AbortController();
  const work = import('../../app/codedeploy/adopt.ts').then(({ adoptDeployments }) =>
    adoptDeployments(
      {
        ports,
        places,
        guardingOf: (deployment) => guardingOf(context, deployment, restoreWithin(context)),
        say: (sentence) => context.output.note(sentence),
      },
      stop.signal,
    ),
  );
  return async () => {
    stop.abort();
    await work;
  };
}

async function listen(context: Context, home: Home) {
  const { flags } = context;
  const { startEndpoint } = await import('../endpoint.ts');
  const port = flags.port === undefined ? 0 : portFlag('--port', flags.port);
  const address = flags.callbackHost === undefined ? {} : { address: flags.callbackHost };
  return startEndpoint(context, home, { port, pages: true, ...address }).catch((error: unknown) => {
    if (error instanceof CommandFailure) throw error;
    const why = textOf(error);
    throw new CommandFailure({
      exit: EXIT.unexpected,
      message: `nothing can listen for hooks: ${why}`,
      next: 'switchback serve --port 0 takes any free port',
    });
  });
}

async function startFor(serve: NonNullable<Home['serve']>, { flags, io, output }: Context) {
  const { restatePort = RESTATE_PORT, restateListen, restateUrl, restateAdmin, restateIdentity } = flags;
  const fromEnv = io.env.SWITCHBACK_RESTATE_IDENTITY;
  const identityKeys = restateIdentity ?? (fromEnv ? [fromEnv] : undefined);
  const options: ServeOptions = {
    port: portFlag('--restate-port', restatePort),
    ...(restateListen === undefined ? {} : { address: restateListen }),
    ...(restateUrl === undefined ? {} : { url: restateUrl }),
    ...(restateAdmin === undefined ? {} : { admin: restateAdmin }),
    ...(identityKeys === undefined ? {} : { identityKeys }),
    report: (problem) => output.note(`switchback: ${problem}`),
  };
  if (!identityKeys)
    output.note('requests are not checked for who sent them: give --restate-identity, see docs/restate.md');
  return serve(options);
}
