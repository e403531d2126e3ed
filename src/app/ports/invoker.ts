/** One invocation of one version, made for a gate. */
export interface Invocation {
  /** `throttled`: Lambda did not run it. */
  readonly outcome: 'answered' | 'functionError' | 'throttled';
  /** The answer, JSON text; of a function error, Lambda's error object. Bounded by Lambda's own 6 MB. */
  readonly payload: string;
  /** `ValidationError`, from a function error. */
  readonly errorType?: string;
  readonly errorMessage?: string;
}

export interface Invoker {
  /**
   * Invokes a published version by its number and waits for the answer. Throws for an alias or `$LATEST`: production is never
   * invoked by a gate. Throws an {@link AwsProblem} where no answer came.
   */
  invokeVersion(functionName: string, version: string, payload: string, signal: AbortSignal): Promise<Invocation>;
}
