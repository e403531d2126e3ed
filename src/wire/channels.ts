import type { ChannelConfig } from '../app/channels-schema.ts';
import type { Channels } from '../app/ports/channels.ts';
import type { Clock } from '../app/ports/clock.ts';
import type { Aws } from '../aws/index.ts';
import type { Trials } from '../channels/trial.ts';
import type { ReadIncidentSettings } from './incidents.ts';

/** The team's channels, and where their secrets are read from. */
export interface ChannelSettings {
  readonly configs: Readonly<Record<string, ChannelConfig>>;
  readonly secrets: {
    readonly env: Readonly<Record<string, string | undefined>>;
    /** What the paths of secrets are relative to. */
    readonly folder: string;
  };
}

export type ReadChannelSettings = () => Promise<ChannelSettings | undefined>;

/** What the configuration says of incidents, with the channels that it sets up; undefined where it sets up none. */
export function withChannels(
  incidents: ReadIncidentSettings,
  channels: ReadChannelSettings | undefined,
  { aws, clock }: { readonly aws: Aws; readonly clock: Clock },
): ReadIncidentSettings {
  return async () => {
    const settings = await incidents();
    const set = settings.channels === undefined ? await channels?.() : undefined;
    if (set === undefined || Object.keys(set.configs).length === 0) return settings;
    return { ...settings, channels: (sink: Channels) => channelsOf(set, aws, clock, sink) };
  };
}

async function channelsOf(settings: ChannelSettings, aws: Aws, clock: Clock, sink: Channels): Promise<Channels> {
  const { createChannels } = await import('../channels/index.ts');
  return createChannels({ ...settings, clock, topics: aws.topics, sink });
}

/** The team's channels to be tried; `dry`: nothing leaves. */
export async function channelsToTry(
  settings: ChannelSettings,
  dry: boolean,
  { aws, clock }: { readonly aws: Aws; readonly clock: Clock },
): Promise<Trials> {
  const { createTrials } = await import('../channels/trial.ts');
  return createTrials({ ...settings, clock, topics: aws.topics }, dry);
}
