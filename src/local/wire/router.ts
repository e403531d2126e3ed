import type { Operation, ServiceModel } from './model.ts';
import { AwsError } from './service.ts';

export interface RouteMatch {
  readonly operation: Operation;
  /** Decoded path parts by label name. */
  readonly labels: Readonly<Record<string, string>>;
}

export type Router = (
  method: string,
  path: string,
  query: string,
  hasHeader: (name: string) => boolean,
) => RouteMatch | undefined;

interface Route {
  readonly operation: Operation;
  readonly segments: readonly Segment[];
  readonly literals: readonly (readonly [string, string])[];
  readonly requiredQueries: readonly string[];
  readonly requiredHeaders: readonly string[];
  readonly weight: number;
}

interface Segment {
  readonly literal?: string;
  readonly label?: string;
  /** Takes the rest of the path. */
  readonly greedy?: boolean;
}

/**
 * Compiles the `http` traits of a model. Of the routes that fit, the one with the most literal segments and conditions
 * wins. S3 paths are `/Bucket/Key…`: the bucket stands before the schema's own path.
 */
export function compileRouter(model: ServiceModel): Router {
  const bucketFirst = model.facts.id === 's3';
  const byMethod = new Map<string, Route[]>();
  for (const operation of model.operations.values()) {
    if (!operation.http) continue;
    const route = compileRoute(operation, operation.http.uri, bucketFirst);
    const routes = byMethod.get(operation.http.method);
    if (routes) routes.push(route);
    else byMethod.set(operation.http.method, [route]);
  }
  for (const routes of byMethod.values()) routes.sort((a, b) => b.weight - a.weight);

  return (method, path, query, hasHeader) => {
    const parts = splitPath(path, bucketFirst);
    let parameters: URLSearchParams | undefined;
    let match: RouteMatch | undefined;
    for (const route of byMethod.get(method) ?? []) {
      const labels = matchSegments(route.segments, parts);
      if (!labels) continue;
      parameters ??= new URLSearchParams(query);
      if (!meets(route, parameters, hasHeader)) continue;
      if (parameters.get('x-id') === route.operation.name) return { operation: route.operation, labels };
      match ??= { operation: route.operation, labels };
      if (!parameters.has('x-id')) return match;
    }
    return match;
  };
}

function compileRoute(operation: Operation, uri: string, bucketFirst: boolean): Route {
  const [path = '/', query = ''] = uri.split('?');
  const input = operation.input.kind === 'structure' ? operation.input : undefined;
  const own = splitPath(path, false).map(segment);
  const hasBucket = bucketFirst && input?.byName.get('Bucket')?.traits.httpLabel !== undefined;
  const segments = hasBucket ? [{ label: 'Bucket' }, ...own] : own;
  const literals = [...new URLSearchParams(query)].filter(([name]) => name !== 'x-id');
  // Only S3 tells operations apart by what a request must carry beside its path.
  const required = bucketFirst ? (input?.members.filter((member) => member.required) ?? []) : [];
  const requiredQueries = required.flatMap((member) => member.traits.httpQuery ?? []);
  const requiredHeaders = required.flatMap((member) => member.traits.httpHeader?.toLowerCase() ?? []);
  const fixed = segments.filter((part) => part.literal !== undefined).length;
  const weight = fixed * 4 + (literals.length + requiredQueries.length + requiredHeaders.length) * 2;
  return { operation, segments, literals, requiredQueries, requiredHeaders, weight };
}

function segment(part: string): Segment {
  if (!part.startsWith('{')) return { literal: part };
  const label = part.slice(1, -1);
  return label.endsWith('+') ? { label: label.slice(0, -1), greedy: true } : { label };
}

/** Empty parts are dropped at both ends, but kept inside an S3 key, where they mean something. */
function splitPath(path: string, keepInner: boolean): string[] {
  const bare = path.startsWith('/') ? path.slice(1) : path;
  if (bare === '') return [];
  const parts = bare.split('/');
  if (!keepInner) return parts.filter((part) => part !== '');
  return parts.length === 2 && parts[1] === '' ? parts.slice(0, 1) : parts;
}

function matchSegments(segments: readonly Segment[], parts: readonly string[]): Record<string, string> | undefined {
  const last = segments[segments.length - 1];
  if (last?.greedy ? parts.length < segments.length : parts.length !== segments.length) return undefined;
  const labels: Record<string, string> = {};
  for (const [index, { literal, label, greedy }] of segments.entries()) {
    const part = parts[index] ?? '';
    if (literal !== undefined && literal !== part) return undefined;
    if (label !== undefined) labels[label] = decode(greedy ? parts.slice(index).join('/') : part);
  }
  return labels;
}

function meets(route: Route, parameters: URLSearchParams, hasHeader: (name: string) => boolean): boolean {
  return (
    route.literals.every(([name, value]) => (value === '' ? parameters.has(name) : parameters.get(name) === value)) &&
    route.requiredQueries.every((name) => parameters.has(name)) &&
    route.requiredHeaders.every(hasHeader)
  );
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}
