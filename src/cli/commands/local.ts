import { resolve } from 'node:path';
import { textOf } from '../../app/error-text.ts';
import { line } from '../../present/text/line.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { CommandFailure } from '../failure.ts';
import { portFlag } from '../port.ts';

/** Runs the local AWS until Ctrl-C. */
export async function run({ flags, output, io }: Context): Promise<ExitCode> {
  const { startLocalAws } = await import('../../local/main.ts');
  const port = flags.port === undefined ? 0 : portFlag('--port', flags.port);
  const local = await startLocalAws({
    port,
    ...(flags.host === undefined ? {} : { host: flags.host }),
    ...(flags.data === undefined ? {} : { dataDir: resolve(io.cwd, flags.data) }),
  }).catch((error: unknown) => {
    throw new CommandFailure({
      exit: EXIT.unexpected,
      message: `the local AWS cannot start: ${textOf(error)}`,
      next: 'switchback local --port 0 takes any free port',
    });
  });
  const stopped = new Promise<void>((stop) => {
    io.onInterrupt(stop);
    if (flags.untilStdinEnds)
      process.stdin
        .on('end', stop)
        .on('error', () => stop())
        .resume();
  });
  const { endpoint } = local;
  output.result({ endpoint }, [line(['good', '✔'], ' local AWS at ', ['strong', endpoint])]);
  output.say(
    line('Point anything that speaks AWS at it:'),
    line(
      `  export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local`,
    ),
    line(`  switchback status --function NAME --alias live --endpoint-url ${endpoint}`),
    line('Ctrl-C stops it.'),
  );
  await stopped;
  await local.close();
  return EXIT.done;
}
