import { textOf } from '../app/error-text.ts';
import { AwsProblem, type ProblemKind } from '../app/ports/problem.ts';

/** What the SDK threw, read without trusting its shape. */
interface Thrown {
  readonly code: string;
  readonly status: number | undefined;
  readonly message: string;
}

const PRECONDITION = new Set(['PreconditionFailedException', 'PreconditionFailed']);

const THROTTLED = new Set([
  'BandwidthLimitExceeded',
  'LimitExceededFault',
  'PriorRequestNotComplete',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

const NO_CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError']);
const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired']);
const BAD_CREDENTIALS = new Set([
  'AuthFailure',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);
const ACCESS_DENIED = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'KMSAccessDeniedException',
  'NotAuthorized',
  'UnauthorizedOperation',
]);

/** Node's and the SDK's names for "no answer came": the call may have been done all the same. */
const NO_ANSWER = new Set([
  'AbortError',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'NetworkingError',
  'RequestTimeout',
  'RequestTimeoutException',
  'TimeoutError',
]);

/** Lambda answers 409 both for "not now" and for "never"; only its sentence tells them apart. */
const NOT_NOW = /in progress|pending|being created|try again/i;

/**
 * Runs one AWS call. `action` is its IAM name (`lambda:UpdateAlias`): it names the operation in the problem and the
 * permission that is missing where access is denied. Throws an {@link AwsProblem} and nothing else.
 */
export async function call<T>(action: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw problemOf(action, error);
  }
}

/** Like {@link call}, but answers undefined where AWS says that the thing does not exist. */
export async function callOrMissing<T>(action: string, run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call(action, run);
  } catch (error) {
    if (error instanceof AwsProblem && error.kind === 'missing') return undefined;
    throw error;
  }
}

/** The problem behind anything the SDK threw. */
export function problemOf(action: string, error: unknown): AwsProblem {
  if (error instanceof AwsProblem) return error;
  const thrown = readThrown(error);
  const kind = kindOf(thrown);
  const operation = action.slice(action.indexOf(':') + 1);
  return new AwsProblem(kind, operation, thrown.code, sentence(thrown, kind, action));
}

function readThrown(error: unknown): Thrown {
  const fields: Record<string, unknown> = typeof error === 'object' && error !== null ? { ...error } : {};
  const metadata = fields.$metadata;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? Number(metadata.httpStatusCode)
      : undefined;
  const name = error instanceof Error ? error.name : '';
  const message = textOf(error);
  if (message === 'Region is missing') return { code: 'RegionMissing', status, message };
  const systemCode = typeof fields.code === 'string' ? fields.code : undefined;
  const named = name !== '' && name !== 'Error' && name !== 'AggregateError';
  // A connection that was refused has an empty message when several addresses were tried.
  return { code: named ? name : (systemCode ?? 'Unknown'), status, message: message || (systemCode ?? 'no message') };
}

function kindOf({ code, status, message }: Thrown): ProblemKind {
  if (PRECONDITION.has(code) || status === 412) return 'precondition';
  if (THROTTLED.has(code) || status === 429) return 'throttled';
  if (NO_CREDENTIALS.has(code) || EXPIRED.has(code) || BAD_CREDENTIALS.has(code)) return 'unauthenticated';
  if (ACCESS_DENIED.has(code)) return 'denied';
  if (NO_ANSWER.has(code)) return 'unavailable';
  if (code === 'RegionMissing' || /NotFound|DoesNotExist|NoSuch/.test(code)) return 'missing';
  if (code === 'ResourceConflictException') return NOT_NOW.test(message) ? 'unavailable' : 'invalid';
  // 501 is the local AWS's honest "not emulated": it will say so again.
  if (status !== undefined && status >= 500 && status !== 501) return 'unavailable';
  if (status === 404) return 'missing';
  if (status === 401 || status === 403) return 'denied';
  return 'invalid';
}

function sentence({ code, message }: Thrown, kind: ProblemKind, action: string): string {
  if (code === 'RegionMissing')
    return 'no AWS region is set (tried --region, AWS_REGION and the profile): pass --region, for example eu-central-1';
  if (NO_CREDENTIALS.has(code))
    return `no AWS credentials found (${message}): set AWS_PROFILE or AWS_ACCESS_KEY_ID, or run \`switchback local\` and pass its address with --endpoint-url`;
  if (EXPIRED.has(code)) return `${message}: sign in again, for example with \`aws sso login\``;
  if (BAD_CREDENTIALS.has(code))
    return `${message}: check which credentials are used with \`aws sts get-caller-identity\``;
  if (kind === 'denied') return `${message}: this identity needs ${action} (\`aws sts get-caller-identity\` names it)`;
  return message;
}

/** The short form for sentences about what cannot be seen: `AccessDeniedException`. */
export function codeOf(error: unknown): string {
  return error instanceof AwsProblem ? error.code : readThrown(error).code;
}
