/** What limits how much a function runs at once. Errors are {@link AwsProblem}s. */
export interface Concurrency {
  /** Sets the reserved concurrency, 0 to stop the function, and answers what was read back. */
  limit(functionName: string, reserved: number): Promise<number | undefined>;
}
