import { z } from 'zod';
import type { ComponentSetting, MaintenanceSetting, PageSettings } from '../../core/status/settings.ts';

/** `statusPage:` in `switchback.yaml`. */

const MAX_COMPONENTS = 200;
const MAX_MAINTENANCES = 200;

const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, { error: 'an id has small letters, digits and dashes, at most 40' });
const text = (max: number) => z.string().min(1).max(max);
const instant = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], {
    error: 'write a time such as 2026-01-05T12:00:00Z, or a day such as 2026-01-05',
  })
  .describe('A time such as 2026-01-05T12:00:00Z, or a day.');
const place = z
  .string()
  .min(1)
  .max(1_000)
  .refine((value) => !value.startsWith('s3:') || /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/.*)?$/.test(value), {
    error: 'write a folder, or s3://bucket/prefix',
  });

const component = z.strictObject({
  id,
  name: text(80),
  group: text(80).optional(),
  description: text(300).optional(),
  stands: z
    .array(text(140))
    .max(50)
    .optional()
    .describe('Services and components, as incidents name them, that it stands for.'),
});

const maintenance = z.strictObject({
  id,
  name: text(120),
  description: text(2_000),
  from: instant,
  until: instant,
  components: z.array(id).max(MAX_COMPONENTS).optional(),
});

export const StatusPageSchema = z
  .strictObject({
    id: id.optional().describe('Stands in feeds and JSON; "status" unless told.'),
    name: text(80).describe('What the page is called.'),
    url: z
      .url({ protocol: /^https?$/, error: 'write a URL with https://' })
      .optional()
      .describe('Where the page can be read; feeds link there.'),
    public: place.optional().describe('Where the public page is written: a folder, or s3://bucket/prefix.'),
    internal: place.optional().describe('Where the page for employees is written; keep readers out by other means.'),
    since: instant.optional().describe('From here on the record is complete: days before say that there is no data.'),
    components: z.array(component).min(1).max(MAX_COMPONENTS).optional(),
    maintenances: z.array(maintenance).max(MAX_MAINTENANCES).optional().describe('Planned work.'),
  })
  .superRefine(({ components = [], maintenances = [] }, context) => {
    const ids = components.map((each) => each.id);
    for (const [index, each] of ids.entries())
      if (ids.indexOf(each) !== index)
        context.addIssue({ code: 'custom', path: ['components', index, 'id'], message: `${each} stands here already` });
    for (const [index, { from, until, components: named = [] }] of maintenances.entries()) {
      if (Date.parse(until) <= Date.parse(from))
        context.addIssue({
          code: 'custom',
          path: ['maintenances', index, 'until'],
          message: 'it ends before it begins',
        });
      const unknown = named.find((each) => !ids.includes(each));
      if (unknown !== undefined)
        context.addIssue({
          code: 'custom',
          path: ['maintenances', index, 'components'],
          message: `there is no component ${unknown}: there are ${ids.join(', ') || 'none'}`,
        });
    }
  })
  .describe('The pages that say how the service does.');

export type StatusPageConfig = z.infer<typeof StatusPageSchema>;

/** The keys possible at a path below `statusPage`, for those who mistyped one. */
export function statusPageKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path[0] === 'components') return Object.keys(component.shape);
  return Object.keys(path[0] === 'maintenances' ? maintenance.shape : StatusPageSchema.shape);
}

/** The settings of the page. Without components of its own it shows the services that incidents were about. */
export function pageSettings(config: StatusPageConfig, services: readonly string[]): PageSettings {
  const components = config.components?.map(
    (each): ComponentSetting => ({
      id: each.id,
      name: each.name,
      group: each.group ?? null,
      description: each.description ?? null,
      stands: each.stands ?? [],
    }),
  );
  return {
    id: config.id ?? 'status',
    name: config.name,
    url: config.url?.replace(/\/+$/, '') ?? null,
    components: components ?? serviceComponents(services),
    maintenances: (config.maintenances ?? []).map(
      (each): MaintenanceSetting => ({
        id: each.id,
        name: each.name,
        description: each.description,
        fromMs: Date.parse(each.from),
        untilMs: Date.parse(each.until),
        components: each.components ?? [],
      }),
    ),
    sinceMs: config.since === undefined ? null : Date.parse(config.since),
  };
}

function serviceComponents(services: readonly string[]): readonly ComponentSetting[] {
  return [...new Set(services)]
    .sort()
    .slice(0, MAX_COMPONENTS)
    .map((name, index) => ({
      id:
        name
          .toLowerCase()
          .replace(/[^a-z0-9]+/g, '-')
          .replace(/^-+|-+$/g, '')
          .slice(0, 40) || `service-${index + 1}`,
      name,
      group: null,
      description: null,
      stands: [],
    }));
}

/** A page for those who have set none up. */
export const PLAIN_PAGE: StatusPageConfig = { name: 'Status' };
