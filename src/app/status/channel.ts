import type { Channel } from '../../core/comms/outbox.ts';
import { textOf } from '../error-text.ts';
import type { Channels } from '../ports/channels.ts';
import type { Publisher } from './publish.ts';

/** Our own public page. It is made from what was approved, so writing it twice leaves one. */
export const PAGE_CHANNEL: Channel = { name: 'status-page', kind: 'page', replaySafe: true, canReconcile: false };

/** The team's channels, and the public page as one of them for customers. `url`: where the page can be read. */
export function withPage(channels: Channels, publisher: Publisher, url: string | null): Channels {
  return {
    channelsFor(audience, about) {
      const others = channels.channelsFor(audience, about);
      return audience === 'customers' ? [...others, PAGE_CHANNEL] : others;
    },
    async deliver(outgoing) {
      if (outgoing.message.channel.name !== PAGE_CHANNEL.name) return channels.deliver(outgoing);
      try {
        const published = await publisher.publish();
        const place = published.find(({ page }) => page.audience === 'public')?.place;
        return { outcome: 'accepted', ref: `${url ?? place ?? 'page'}/incidents/${outgoing.about.facts.id}.html` };
      } catch (error) {
        return { outcome: 'later', told: `the status page could not be written: ${textOf(error)}`, afterMs: null };
      }
    },
    lookUp: (outgoing) => channels.lookUp(outgoing),
    remind: (reminder) => channels.remind(reminder),
  };
}
