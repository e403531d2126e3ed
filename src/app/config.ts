import { type Document, isMap, isNode, LineCounter, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import { nearest } from '../core/nearest.ts';
import { type ChannelConfig, channelKeys } from './channels-schema.ts';
import { Config, RELEASE_KEYS, TRAIN_KEYS } from './config-schema.ts';
import { over, settingsOf } from './config-settings.ts';
import { TRAFFIC_KEYS, trafficSettings } from './config-traffic.ts';
import { textOf } from './error-text.ts';
import { GATE_CASE_KEYS, GATE_KEYS, GATE_PART_KEYS } from './gates/setting.ts';
import { type IncidentsConfig, incidentKeys } from './incidents-schema.ts';
import type { ReleaseSettings, SettingName } from './settings.ts';
import { type StatusPageConfig, statusPageKeys } from './status/schema.ts';
import { type ConfiguredTrain, configuredTrain } from './train/configured.ts';

/** A configuration larger than this is not one: a file with a hundred functions takes some ten kilobytes. */
export const MAX_CONFIG_BYTES = 1_000_000;
/** An honest file uses a handful of aliases; expanding more is how a small file becomes a huge one. */
const MAX_ALIASES = 50;
/** Nobody reads further. */
const MAX_PROBLEMS = 20;

/** One mistake in the file, with where it stands. */
export interface ConfigProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `functions.checkout.steps[1].weight`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
  readonly value?: string;
  readonly hint?: string;
}

/** One function's settings, with the line each of them stands in. */
export interface ConfiguredFunction {
  readonly name: string;
  readonly settings: ReleaseSettings;
  readonly lines: ReadonlyMap<SettingName, number>;
}

export type ConfigResult =
  | {
      readonly ok: true;
      readonly functions: readonly ConfiguredFunction[];
      /** The ways to the outside world, by the team's own names. */
      readonly channels: Readonly<Record<string, ChannelConfig>>;
      readonly incidents: IncidentsConfig;
      readonly train: ConfiguredTrain | undefined;
      readonly statusPage: StatusPageConfig | undefined;
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Reads a configuration. Never throws: whatever is wrong with the text is told with its line and column. */
export function readConfig(text: string, file: string): ConfigResult {
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES)
    return { ok: false, problems: [whole(file, `the file is larger than ${MAX_CONFIG_BYTES} bytes`)] };
  const lines = new LineCounter();
  let parsed: unknown;
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
    const mistakes = [...document.errors, ...document.warnings];
    if (mistakes.length > 0) return { ok: false, problems: brokenAll(mistakes, file, lines) };
    parsed = document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {};
  } catch (error) {
    const reason = error instanceof RangeError ? 'it is nested too deeply' : textOf(error);
    return { ok: false, problems: [whole(file, `the file cannot be read: ${reason}`)] };
  }
  const checked = Config.safeParse(parsed, { reportInput: true });
  if (checked.success) {
    const { data } = checked;
    const { channels = {}, incidents = {} } = data;
    const functions = functionsOf(data, document, lines);
    const { statusPage } = data;
    return { ok: true, functions, channels, incidents, train: configuredTrain(data), statusPage };
  }
  const problems = checked.error.issues
    .slice(0, MAX_PROBLEMS)
    .flatMap((issue) => problemsOf(issue, file, document, lines))
    .sort((a, b) => a.line - b.line || a.column - b.column);
  return { ok: false, problems };
}

/** `switchback.yaml:12:7: functions.checkout.bake: … (is 3) — hint`. */
export function problemText({ file, line, column, path, message, value, hint }: ConfigProblem): string {
  const at = `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}`;
  return `${at}${message}${value === undefined ? '' : ` (is ${value})`}${hint === undefined ? '' : ` — ${hint}`}`;
}

/** The JSON Schema for editors. */
export function configSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(Config, { target: 'draft-7', io: 'input' });
  return { $schema, title: 'switchback.yaml', ...rest };
}

function whole(file: string, message: string): ConfigProblem {
  return { file, line: 1, column: 1, path: '', message };
}

interface Mistake {
  readonly code: string;
  readonly message: string;
  readonly pos: readonly [number, number];
}

/** What the YAML reader says in its own words where a person would not understand them. */
const PLAIN_WORDS: Readonly<Record<string, string>> = {
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
  MULTIPLE_DOCS: 'there is a second document: one file holds one configuration',
  DUPLICATE_KEY: 'this key stands here already: a key may be written once',
};

function brokenAll(mistakes: readonly Mistake[], file: string, lines: LineCounter): readonly ConfigProblem[] {
  // Every level of a bottomless nesting is its own mistake to the reader; one says enough.
  const deep = mistakes.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  return (deep ? [deep] : mistakes).slice(0, MAX_PROBLEMS).map(({ code, message, pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    return { file, line: Math.max(1, line), column: Math.max(1, col), path: '', message: PLAIN_WORDS[code] ?? message };
  });
}

type Path = readonly PropertyKey[];

function problemsOf(
  issue: z.core.$ZodIssue,
  file: string,
  document: Document.Parsed,
  lines: LineCounter,
): ConfigProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const known = knownKeys(issue.path, document);
      const close = nearest(key, known);
      return {
        file,
        ...positionOf(document, lines, path, true),
        path: pathText(path),
        message: 'there is no such key',
        hint: close ? `did you mean "${close}"?` : `possible here: ${known.join(', ')}`,
      };
    });
  }
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.find((each) => each.some(({ path }) => path.length > 0))?.[0];
    if (inner)
      return problemsOf({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue, file, document, lines);
  }
  // Whatever stands under channels may be a secret that was written into the wrong place.
  const secret = issue.path[0] === 'channels' || issue.path[1] === 'inbox' || issue.code === 'custom';
  const value = secret || issue.input === undefined ? undefined : shortJson(issue.input);
  return [
    {
      file,
      ...positionOf(document, lines, issue.path, false),
      path: pathText(issue.path),
      message: messageOf(issue),
      ...(value === undefined ? {} : { value }),
    },
  ];
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  return issue.code === 'invalid_type' && issue.input === undefined ? 'this is missing' : issue.message;
}

function knownKeys(path: Path, document: Document.Parsed): readonly string[] {
  if (path.length === 0)
    return [
      'function',
      ...RELEASE_KEYS,
      'traffic',
      'defaults',
      'functions',
      'train',
      'channels',
      'incidents',
      'statusPage',
    ];
  const last = path.at(-1);
  if (path[0] === 'channels') return channelKeys(document.getIn([...path.slice(0, 2), 'kind']), path.slice(2));
  if (path[0] === 'statusPage') return statusPageKeys(path.slice(1));
  if (path[0] === 'incidents') return incidentKeys(path.slice(1));
  if (path[0] === 'traffic') return TRAFFIC_KEYS[last === 'route53' || last === 'apiGateway' ? last : 'traffic'];
  if (last === 'train') return TRAIN_KEYS.train;
  if (path[0] === 'train' && path.at(-2) === 'waves') return TRAIN_KEYS.wave;
  if (path[0] === 'train' && path.at(-2) === 'members') return TRAIN_KEYS.member;
  if (last === 'hooks') return ['preTraffic', 'postTraffic', 'everyStep', 'timeout'];
  if (last === 'judge') return ['alpha'];
  if (typeof last === 'string' && path.includes('gates') && last in GATE_PART_KEYS) return GATE_PART_KEYS[last]!;
  if (typeof last === 'number' && path.at(-2) === 'gates') return GATE_KEYS;
  if (typeof last === 'number' && path.at(-2) === 'cases') return GATE_CASE_KEYS;
  if (typeof last === 'number' && path.at(-2) === 'expect') return ['path', 'equals', 'exists', 'matches'];
  if (typeof last === 'number') return ['weight', 'hold', 'invocations'];
  return RELEASE_KEYS;
}

/** Where the node at `path` stands, or its key; the nearest node above it where there is none. */
function positionOf(
  document: Document.Parsed,
  lines: LineCounter,
  path: Path,
  ofKey: boolean,
): { line: number; column: number } {
  for (let length = path.length; length >= 0; length -= 1) {
    const part = path.slice(0, length);
    const node = ofKey && length === path.length ? keyNode(document, part) : document.getIn(part, true);
    if (isNode(node) && node.range) {
      const { line, col } = lines.linePos(node.range[0]);
      return { line, column: col };
    }
  }
  return { line: 1, column: 1 };
}

function keyNode(document: Document.Parsed, path: Path): Node | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find(({ key }) => String(key) === path.at(-1));
  return isNode(pair?.key) ? pair.key : undefined;
}

function pathText(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? String(part) : `.${String(part)}`))
    .join('');
}

function shortJson(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

const PLACES: Partial<Record<SettingName, Path>> = {
  preTraffic: ['hooks', 'preTraffic'],
  postTraffic: ['hooks', 'postTraffic'],
  stepHook: ['hooks', 'everyStep'],
  hookTimeout: ['hooks', 'timeout'],
};

function functionsOf(
  config: z.infer<typeof Config>,
  document: Document.Parsed,
  lines: LineCounter,
): ConfiguredFunction[] {
  const {
    defaults,
    functions,
    function: only,
    channels: _,
    incidents: _incidents,
    train: _train,
    statusPage: _statusPage,
    traffic,
    ...own
  } = config;
  if (!functions) {
    const named = traffic ? trafficSettings(traffic) : only === undefined ? {} : { function: only };
    const settings: ReleaseSettings = { ...settingsOf(own), ...named };
    return settings.function === undefined && Object.keys(settings).length === 0
      ? []
      : [
          {
            name: settings.function ?? '',
            settings,
            lines: linesOf(settings, traffic ? [['traffic'], []] : [[]], document, lines),
          },
        ];
  }
  const common = settingsOf(defaults ?? {});
  return Object.entries(functions).map(([key, given]) => {
    const mine = settingsOf(given);
    const settings = { function: key, ...over(common, mine), ...mine };
    return { name: key, settings, lines: linesOf(settings, [['functions', key], ['defaults']], document, lines) };
  });
}

function linesOf(
  settings: ReleaseSettings,
  roots: readonly Path[],
  document: Document.Parsed,
  lines: LineCounter,
): Map<SettingName, number> {
  const found = new Map<SettingName, number>();
  for (const setting of Object.keys(settings) as SettingName[]) {
    const place = PLACES[setting] ?? [setting];
    const at = roots.map((root) => [...root, ...place]).find((path) => document.hasIn(path)) ?? roots[0]!;
    found.set(setting, positionOf(document, lines, at, true).line);
  }
  return found;
}
