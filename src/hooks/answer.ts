import { signed } from './sign.ts';

export type Status = 'Succeeded' | 'Failed';

/** A hook's answer, as CodeDeploy takes it. */
export interface Answer {
  readonly deploymentId: string;
  readonly lifecycleEventHookExecutionId: string;
  readonly status: Status;
}

/** Delivers an answer. Rejects where it could not be delivered. */
export type Send = (answer: Answer) => Promise<void>;

type Environment = Readonly<Record<string, string | undefined>>;

const OPERATION = 'CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus';
const ATTEMPTS = 4;
const FIRST_WAIT_MS = 200;
const TIMEOUT_MS = 3_000;
const MAX_TOLD_CHARS = 300;

/** Where CodeDeploy is called: the variables that AWS's own SDKs know, else the region's own endpoint. */
export function endpointOf(env: Environment): { readonly url: URL; readonly configured: boolean } {
  const ignored = env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true';
  const given = ignored ? undefined : (env.AWS_ENDPOINT_URL_CODEDEPLOY ?? env.AWS_ENDPOINT_URL);
  if (given) return { url: new URL(given), configured: true };
  const region = regionOf(env);
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return { url: new URL(`https://codedeploy.${region}.${suffix}/`), configured: false };
}

/**
 * Calls `PutLifecycleEventHookExecutionStatus` with the function's own credentials, a few times where nobody answers. An event
 * that is over already was answered before: nothing is lost.
 */
export function codeDeploySender(env: Environment = process.env): Send {
  return async (answer) => {
    const { url } = endpointOf(env);
    for (let attempt = 1; ; attempt += 1) {
      const problem = await tryOnce(url, answer, env);
      if (problem === undefined) return;
      if (!problem.again || attempt === ATTEMPTS) throw new Error(problem.told);
      await new Promise((wake) => setTimeout(wake, FIRST_WAIT_MS * 2 ** (attempt - 1)));
    }
  };
}

async function tryOnce(
  url: URL,
  answer: Answer,
  env: Environment,
): Promise<{ told: string; again: boolean } | undefined> {
  const body = JSON.stringify(answer);
  const headers = signed({
    url,
    body,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': OPERATION },
    region: regionOf(env),
    service: 'codedeploy',
    credentials: {
      accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
      sessionToken: env.AWS_SESSION_TOKEN,
    },
    at: new Date(),
  });
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.ok || text.includes('LifecycleEventAlreadyCompletedException')) return undefined;
    const told = `CodeDeploy answered ${response.status}: ${text.slice(0, MAX_TOLD_CHARS)}`;
    return { told, again: response.status === 429 || response.status >= 500 || text.includes('Throttling') };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return {
      told: `CodeDeploy could not be called at ${url.host}: ${cause instanceof Error ? cause.message : String(cause)}`,
      again: true,
    };
  }
}

function regionOf(env: Environment): string {
  return env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1';
}
