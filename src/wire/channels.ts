import type { ChannelConfig } from '../app/channels-schema.ts';
import type { Herald, HeraldOptions } from '../app/herald.ts';
import type { ActorLogic } from '../app/ports/actor.ts';
import type { Announcer } from '../app/ports/announcer.ts';
import type { Channels } from '../app/ports/channels.ts';
import type { Clock } from '../app/ports/clock.ts';
import type { Aws } from '../aws/index.ts';
import type { Trials } from '../channels/trial.ts';
import type { Command } from '../core/release/commands.ts';
import type { AliasEvent } from '../core/release/events.ts';
import type { AliasDoc } from '../core/release/release.ts';
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
  return createChannels({ ...withStore(settings, aws), clock, topics: aws.topics, sink });
}

/** AWS keeps secrets as well. */
function withStore(settings: ChannelSettings, { secretStore }: Aws) {
  return { ...settings, secrets: { ...settings.secrets, store: secretStore } };
}

/** The team's channels to be tried; `dry`: nothing leaves. */
export async function channelsToTry(
  settings: ChannelSettings,
  dry: boolean,
  { aws, clock }: { readonly aws: Aws; readonly clock: Clock },
): Promise<Trials> {
  const { createTrials } = await import('../channels/trial.ts');
  return createTrials({ ...withStore(settings, aws), clock, topics: aws.topics }, dry);
}

export interface HeraldWiring {
  readonly aws: Aws;
  readonly clock: Clock;
  readonly settings: ReadChannelSettings | undefined;
  readonly releases: HeraldOptions['releases'];
  readonly isMine: HeraldOptions['isMine'];
  readonly report: (problem: string) => void;
}

/** Who tells of releases; the configuration is read, and the channels made, when the first one does something. */
export async function wireHerald({ aws, clock, settings, releases, isMine, report }: HeraldWiring): Promise<Herald> {
  const { createHerald } = await import('../app/herald.ts');
  let announcer: Promise<Announcer | undefined> | undefined;
  const make = async (): Promise<Announcer | undefined> => {
    // A wrong file is told by whoever needs more of it; a release goes its way without.
    const set = await settings?.().catch(() => undefined);
    if (set === undefined || Object.keys(set.configs).length === 0) return undefined;
    const { createChannels } = await import('../channels/index.ts');
    return createChannels({ ...withStore(set, aws), clock, topics: aws.topics, report });
  };
  return createHerald({ releases, isMine, report, announcer: () => (announcer ??= make()) });
}

/** The alias actor's logic, with the herald told of every turn that changed something. */
export function heralded(
  logic: ActorLogic<AliasDoc, AliasEvent, Command>,
  herald: Pick<Herald, 'decided'>,
): ActorLogic<AliasDoc, AliasEvent, Command> {
  return {
    ...logic,
    decide(state, event) {
      const decision = logic.decide(state, event);
      if (decision.state !== state) herald.decided(state, decision.state, event.at);
      return decision;
    },
  };
}
