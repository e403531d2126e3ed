import { labelled, line } from '../../present/text/line.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { stateFile } from '../run.ts';
import { releaseSettings } from '../target.ts';

/** `show`: every setting and where it came from. `schema`: the JSON Schema of the config file. */
export async function run(context: Context): Promise<ExitCode> {
  const { argument, output } = context;
  if (argument === 'schema') {
    const { configSchema } = await import('../../app/config.ts');
    output.raw(JSON.stringify(configSchema(), null, 2));
    return EXIT.done;
  }
  const found = [...(await releaseSettings(context)).values(), ...surroundings(context)];
  output.result(Object.fromEntries(found.map(({ name, value, from }) => [name, { value, from }])), [
    line(['strong', 'Settings'], '  and where each comes from'),
    ...found.map(({ name, value, from }) =>
      labelled(name, `${typeof value === 'string' ? value : JSON.stringify(value)}   `, ['dim', from]),
    ),
  ]);
  return EXIT.done;
}

/** Where AWS and the state are: never from the file, which may be read by anybody's credentials. */
function surroundings({ flags, io }: Context): { name: string; value: string; from: string }[] {
  const { env } = io;
  const first = (name: string, flag: string, given: string | undefined, ...variables: string[]) => {
    if (given !== undefined) return [{ name, value: given, from: flag }];
    const variable = variables.find((each) => env[each]);
    return variable ? [{ name, value: env[variable] ?? '', from: variable }] : [];
  };
  const [state] = first('state', '--state', flags.state, 'SWITCHBACK_STATE');
  return [
    ...first('region', '--region', flags.region, 'AWS_REGION', 'AWS_DEFAULT_REGION'),
    ...first('profile', '--profile', flags.profile, 'AWS_PROFILE'),
    ...first('endpoint', '--endpoint-url', flags.endpointUrl, 'AWS_ENDPOINT_URL'),
    {
      name: 'state',
      value: stateFile(flags, io),
      from: state?.from ?? (env.XDG_STATE_HOME ? 'XDG_STATE_HOME' : 'default'),
    },
  ];
}
