import { strToU8, zipSync } from 'fflate';
import type { Wanted } from '../../src/app/plan-release.ts';
import type { Aws } from '../../src/aws/index.ts';
import type { Gate } from '../../src/core/gates/gate.ts';
import { hookGate } from '../../src/core/gates/upgrade.ts';
import type { AliasKey } from '../../src/core/release/alias.ts';
import type { Random } from '../sim/random.ts';

/** What the storm plays on: two functions of three versions, their aliases, and the hooks. */
export const REGION = 'eu-west-1';
/** The user's own text on every alias; it must come through every release. */
export const DESCRIPTION = 'what customers call';

const FUNCTIONS = ['checkout', 'search'];
const ALIASES_EACH = 12;
const VERSIONS = ['1', '2', '3'];
const HOOKS = ['hook-returns', 'hook-calls-back'];

export const ALIASES: readonly Pick<AliasKey, 'function' | 'alias'>[] = FUNCTIONS.flatMap((fn) =>
  Array.from({ length: ALIASES_EACH }, (_, n) => ({ function: fn, alias: `live-${n}` })),
);

/** One in eight says no; which one depends on the release alone, so that a hook called twice says the same. */
const VERDICT = `const verdict = ({ ReleaseId }) => (ReleaseId.charCodeAt(11) % 8 === 0 ? 'Failed' : 'Succeeded');`;

const CODE: Readonly<Record<string, string>> = {
  'hook-returns': `${VERDICT}
export const handler = async (event) => ({ status: verdict(event) });`,
  'hook-calls-back': `${VERDICT}
export const handler = async (event) => {
  const { DeploymentId: deploymentId, LifecycleEventHookExecutionId: lifecycleEventHookExecutionId } = event;
  const answer = await fetch(process.env.AWS_ENDPOINT_URL, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus',
      authorization: 'AWS4-HMAC-SHA256 Credential=hook/20260101/${REGION}/codedeploy/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: JSON.stringify({ deploymentId, lifecycleEventHookExecutionId, status: verdict(event) }),
  });
  if (!answer.ok) throw new Error(await answer.text());
};`,
};

/** Creates everything. Every alias begins at version 1. */
export async function setStage(aws: Aws, account: string): Promise<void> {
  for (const name of [...FUNCTIONS, ...HOOKS]) {
    const code = (version: string) => zipSync({ 'index.mjs': strToU8(CODE[name] ?? `// ${version}\n${ECHO}`) });
    await aws.stage.create({
      functionName: name,
      alias: 'staged',
      runtime: 'nodejs24.x',
      handler: 'index.handler',
      timeoutMs: 10_000,
      memoryMb: 128,
      environment: {},
      zip: code('1'),
    });
    if (HOOKS.includes(name)) continue;
    for (const version of VERSIONS.slice(1)) {
      const uploaded = await aws.versions.uploadCode(name, code(version));
      await aws.versions.publish(name, uploaded.codeSha256, '');
    }
  }
  for (const alias of ALIASES) await aws.aliases.create({ account, region: REGION, ...alias }, '1', DESCRIPTION);
}

const ECHO = 'export const handler = async (event) => event;';

export function candidateFor(stable: string): string {
  return VERSIONS[(VERSIONS.indexOf(stable) + 1) % VERSIONS.length]!;
}

/** A release of a few steps of some milliseconds, with hooks every other time. */
export function wish(key: AliasKey, candidate: string, random: Random): Wanted {
  const hook = (id: string, at: Gate['at']): Gate[] =>
    random.chance(0.3) ? [hookGate(id, at, pickHook(random), 60_000)] : [];
  return {
    function: key.function,
    alias: key.alias,
    source: { kind: 'version', version: candidate },
    strategy: 'storm',
    steps: [10, 50, 100].map((weightPercent) => ({ weightPercent, holdMs: random.int(1, 20) })),
    gates: [...hook('preTraffic', 'beforeTraffic'), ...hook('postTraffic', 'afterTraffic')],
    alarms: [],
    allowedAlarms: {},
    thresholds: [],
    judge: null,
    signals: { logs: false, metrics: false },
  };
}

/** Answers through CodeDeploy are polled for, so they are few: the storm is to be quick. */
function pickHook(random: Random): string {
  return random.chance(0.85) ? HOOKS[0]! : HOOKS[1]!;
}
