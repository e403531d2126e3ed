/** Sets up and exercises a function; for rehearsals only. */
export interface Stage {
  /** Creates the function from a zip, publishes version 1 and points the alias to it. */
  create(spec: StageFunction): Promise<{ version: string }>;
  /** One synchronous invocation through the alias. Never throws for an error of the function. */
  invoke(functionName: string, alias: string, event: unknown): Promise<StageAnswer>;
}

export interface StageFunction {
  readonly functionName: string;
  readonly alias: string;
  readonly runtime: string;
  readonly handler: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly zip: Uint8Array;
}

export interface StageAnswer {
  /** The version that ran, where one did. */
  readonly version: string | undefined;
  /** The function's error, or why there was no answer. */
  readonly error: string | undefined;
}
