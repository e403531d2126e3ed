import type { CanarySettings, PatchOperation, Stage } from '@aws-sdk/client-api-gateway';
import { AwsError } from '../wire/service.ts';

const MAX_DESCRIPTION = 1_024;
/** What API Gateway takes for a stage variable: its name, and its value. */
const VARIABLE = /^\w+$/;
const VALUE = /^[A-Za-z0-9\-._~:/?#&=,]*$/;

/** A stage after a patch, all of it or, as a `BadRequestException`, nothing. Paths that nobody here needs are refused. */
export function patched(stage: Stage, operations: readonly PatchOperation[]): Stage {
  return operations.reduce(patchedOnce, stage);
}

function patchedOnce(stage: Stage, { op, path = '', value = '' }: PatchOperation): Stage {
  const [area = '', name = '', key, ...more] = path.replace(/^\//, '').split('/').map(unescaped);
  if (more.length > 0) throw invalidPath(path);
  if (area === 'variables' && name !== '' && key === undefined)
    return { ...stage, variables: changed(stage.variables, op, name, value, path) };
  if (area === 'description' && name === '') {
    if (op !== 'replace') throw unsupported(op, path);
    if (value.length > MAX_DESCRIPTION) throw bad(`Description must be at most ${MAX_DESCRIPTION} characters`);
    return { ...stage, description: value };
  }
  if (area !== 'canarySettings') throw invalidPath(path);
  if (op === 'remove' && name === '') {
    const { canarySettings: _, ...rest } = stage;
    return rest;
  }
  const canary = stage.canarySettings ?? { percentTraffic: 0, useStageCache: false };
  return { ...stage, canarySettings: canaryAfter({ ...canary }, { op, path, value }, name, key) };
}

function canaryAfter(
  canary: CanarySettings,
  { op, path = '', value = '' }: PatchOperation,
  name: string,
  key: string | undefined,
): CanarySettings {
  if (name === 'stageVariableOverrides' && key !== undefined)
    return { ...canary, stageVariableOverrides: changed(canary.stageVariableOverrides, op, key, value, path) };
  if (key !== undefined) throw invalidPath(path);
  if (op !== 'replace') throw unsupported(op, path);
  if (name === 'percentTraffic') return { ...canary, percentTraffic: percent(value) };
  if (name === 'deploymentId') return { ...canary, deploymentId: value };
  throw invalidPath(path);
}

function changed(
  variables: Record<string, string> | undefined,
  op: PatchOperation['op'],
  name: string,
  value: string,
  path: string,
): Record<string, string> {
  if (op === 'remove') {
    const { [name]: _, ...rest } = variables ?? {};
    return rest;
  }
  if (op !== 'replace' && op !== 'add') throw unsupported(op, path);
  return checkVariables({ ...variables, [name]: value });
}

/** Throws for a stage variable that API Gateway does not take. */
export function checkVariables(variables: Record<string, string>): Record<string, string> {
  for (const [name, value] of Object.entries(variables)) {
    if (!VARIABLE.test(name)) throw bad(`Stage variable name ${name} is invalid: it must be alphanumeric or _`);
    if (!VALUE.test(value)) throw bad(`Stage variable value of ${name} is invalid`);
  }
  return variables;
}

/** Throws for a share that is none. */
export function checkPercent(value: number): number {
  if (value >= 0 && value <= 100) return value;
  throw bad('Canary percentTraffic must be between 0.0 and 100.0');
}

function percent(text: string): number {
  return checkPercent(text.trim() === '' ? Number.NaN : Number(text));
}

function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

function invalidPath(path: string): AwsError {
  return bad(`Invalid patch path  '${path}' specified for op 'replace'`);
}

function unsupported(op: PatchOperation['op'], path: string): AwsError {
  return bad(`Invalid patch operation '${op}' specified for path '${path}'`);
}

function bad(message: string): AwsError {
  return new AwsError('BadRequestException', message);
}
