/** What a status page shows, and how it counts. */

/** A part of the product as customers know it. */
export interface ComponentSetting {
  /** Stable; part of addresses and of the JSON files. */
  readonly id: string;
  readonly name: string;
  readonly group: string | null;
  readonly description: string | null;
  /** The services and components, as incidents name them, that it stands for; its own name and id always count. */
  readonly stands: readonly string[];
}

export interface MaintenanceSetting {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Epoch milliseconds. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Ids of components. */
  readonly components: readonly string[];
}

export interface PageSettings {
  readonly id: string;
  readonly name: string;
  /** Where the page can be read, without a slash at its end; null where nobody said. Feeds then name no links. */
  readonly url: string | null;
  readonly components: readonly ComponentSetting[];
  readonly maintenances: readonly MaintenanceSetting[];
  /** From here on the record is complete; days before it say that there is no data. Null: from the first incident on. */
  readonly sinceMs: number | null;
}

/** Who may read a page. `public`: only what was approved for customers · `internal`: what employees may know. */
export type PageAudience = 'public' | 'internal';

/** Days that the bars show. */
export const BAR_DAYS = 90;
/** Days of past incidents on the first page; each keeps a page of its own for ever. */
export const RECENT_DAYS = 14;
/** Statuspage serves the 50 newest. */
export const MAX_LISTED = 50;
