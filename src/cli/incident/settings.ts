import { resolve } from 'node:path';
import type { IncidentSettings } from '../../wire.ts';
import { readConfigFile } from '../config-file.ts';
import type { Flags } from '../context.ts';
import type { Io } from '../io.ts';

/** How incidents are run: by the configuration file where there is one, else by the defaults. */
export async function incidentSettings(asking: {
  readonly io: Pick<Io, 'env' | 'cwd'>;
  readonly flags: Pick<Flags, 'config'>;
}): Promise<IncidentSettings> {
  const read = await readConfigFile(asking);
  const { setupOf } = await import('../../app/incidents-schema.ts');
  const config = read?.incidents ?? {};
  const templates = config.templates === undefined || !read ? undefined : resolve(read.folder, config.templates);
  return { setup: setupOf(config), ...(templates === undefined ? {} : { templates }) };
}
