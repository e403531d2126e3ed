import { AwsError } from '../wire/service.ts';

/** CloudWatch's own error shapes; the query protocol shows them without `Exception`. */
export function invalidValue(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}

export function invalidCombination(message: string): AwsError {
  return new AwsError('InvalidParameterCombinationException', message);
}

export function missingParameter(message: string): AwsError {
  return new AwsError('MissingRequiredParameterException', message);
}

export function validation(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

/** AWS's words for a value outside its enumeration. `path` is the member's path, lower camel case. */
export function notInEnum(value: string, path: string, allowed: readonly string[]): AwsError {
  return validation(
    `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: Member must satisfy enum value set: [${allowed.join(', ')}]`,
  );
}
