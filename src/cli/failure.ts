import type { Refusal, Result } from '../core/refusal.ts';
import { EXIT, type ExitCode } from './exit.ts';

/** How a command that does not do its work says so: one sentence, one next command, one exit code. */
export interface Explained {
  readonly exit: ExitCode;
  readonly message: string;
  readonly next?: string;
}

/** Ends a command. Thrown by the shell alone: whatever core and app expect are values. */
export class CommandFailure extends Error {
  readonly explained: Explained;

  constructor(explained: Explained) {
    super(explained.message);
    this.name = 'CommandFailure';
    this.explained = explained;
  }
}

export function usage(message: string, next?: string): CommandFailure {
  return new CommandFailure({ exit: EXIT.usage, message, ...(next === undefined ? {} : { next }) });
}

const EXIT_OF_REFUSAL: Readonly<Record<Refusal['kind'], ExitCode>> = {
  usage: EXIT.usage,
  refused: EXIT.refused,
  halted: EXIT.halted,
};

/** The value of a result, or the command's end. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  const { kind, ...rest } = result.refusal;
  throw new CommandFailure({ exit: EXIT_OF_REFUSAL[kind], ...rest });
}

/** No configuration of the world can make these go away by trying again. */
const CALLERS_FAULT = new Set([
  'RegionMissing',
  'CredentialsProviderError',
  'TokenProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
]);

const NEXT_OF_STATE: Readonly<Record<string, string>> = {
  corrupt: 'move the file away and use another with --state; "switchback rollback" works without it',
  unreachable: '"switchback rollback" works without the state',
  locked: 'find the process that holds it; for a file: fuser -v FILE',
};

/**
 * Explains anything that was thrown. `endpoint` is where AWS was called, for the sentence about an endpoint that is down.
 * Problems are told by their names, so that nothing has to be imported to explain them.
 */
export function explain(error: unknown, endpoint: string | undefined): Explained {
  if (error instanceof CommandFailure) return error.explained;
  if (!(error instanceof Error)) return { exit: EXIT.unexpected, message: String(error) };
  if (error.name === 'AwsProblem') return explainAws(error, endpoint);
  if (error.name === 'StateProblem') {
    const kind = 'kind' in error ? String(error.kind) : '';
    const next = NEXT_OF_STATE[kind];
    return {
      exit: kind === 'moved' ? EXIT.refused : EXIT.unexpected,
      message: error.message,
      ...(next === undefined ? {} : { next }),
    };
  }
  return {
    exit: EXIT.unexpected,
    message: error.message || error.name,
    next: 'run it again with --debug to see where this happened',
  };
}

function explainAws(error: Error, endpoint: string | undefined): Explained {
  const code = 'code' in error ? String(error.code) : '';
  const kind = 'kind' in error ? String(error.kind) : '';
  const { message } = error;
  if (code === 'RegionMissing')
    return { exit: EXIT.usage, message, next: 'pass --region, for example --region eu-central-1' };
  if (CALLERS_FAULT.has(code))
    return {
      exit: EXIT.usage,
      message,
      next: 'set AWS_PROFILE or pass --profile; without an AWS account: switchback local, then --endpoint-url',
    };
  if (kind === 'unavailable' && endpoint !== undefined)
    return {
      exit: EXIT.unexpected,
      message: `${message} — nothing answers at ${endpoint}`,
      next: 'is it running? switchback local --port N starts one',
    };
  if (kind === 'denied' || kind === 'unauthenticated')
    return { exit: EXIT.unexpected, message, next: 'aws sts get-caller-identity' };
  // AWS refused what was asked for: a wrong archive, a value that it does not take.
  if (kind === 'invalid') return { exit: EXIT.usage, message };
  if (kind === 'throttled' || kind === 'unavailable')
    return { exit: EXIT.unexpected, message, next: 'run the same command again: it resumes' };
  return { exit: EXIT.unexpected, message };
}
