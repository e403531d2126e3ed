import type { ReleaseNews } from '../../core/release/news.ts';

/** Tells what releases do as they do it. No message is owed: one that is lost is lost. Never throws. */
export interface Announcer {
  announce(news: ReleaseNews): Promise<void>;
}
