/** Lambda's answers to wrong calls, as the real service was recorded to give them. */
import { AwsError } from '../../wire/service.ts';

const USER = { Type: 'User' };

const REVISION_MISMATCH =
  'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id';
export const POLICY_REVISION_MISMATCH =
  'The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id';
const NO_SUCH_RESOURCE = 'The resource you requested does not exist.';

export function resourceNotFound(message: string = NO_SUCH_RESOURCE): AwsError {
  return new AwsError('ResourceNotFoundException', message, USER, 404);
}

/** `arn` names what was looked for, with its qualifier where one was part of the question. */
export function functionNotFound(arn: string): AwsError {
  return resourceNotFound(`Function not found: ${arn}`);
}

/** A value that the service itself refuses; limits are recorded without a `Type`, hence `members`. */
export function invalidParameter(message: string, members: Readonly<Record<string, unknown>> = USER): AwsError {
  return new AwsError('InvalidParameterValueException', message, members, 400);
}

export function conflict(message: string): AwsError {
  return new AwsError('ResourceConflictException', message, USER, 409);
}

export function preconditionFailed(message: string = REVISION_MISMATCH): AwsError {
  return new AwsError('PreconditionFailedException', message, USER, 412);
}

/** The front door's answer to input that breaks the published constraints: one sentence for each. */
export function validationFailed(violations: readonly string[]): AwsError {
  const count = violations.length;
  const head = `${count} validation error${count === 1 ? '' : 's'} detected: `;
  return new AwsError('ValidationException', head + violations.join('; '), {}, 400);
}

export type ThrottleReason = 'ReservedFunctionConcurrentInvocationLimitExceeded' | 'ConcurrentInvocationLimitExceeded';

export function throttled(reason: ThrottleReason): AwsError {
  return new AwsError('TooManyRequestsException', 'Rate Exceeded.', { ...USER, Reason: reason }, 429);
}

export function tooLarge(message: string): AwsError {
  return new AwsError('RequestEntityTooLargeException', message, USER, 413);
}

export function invalidRequestContent(message: string): AwsError {
  return new AwsError('InvalidRequestContentException', message, USER, 400);
}
