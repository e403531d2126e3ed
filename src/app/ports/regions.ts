/** How traffic reaches the regions. Errors are {@link AwsProblem}s. */
export interface Regions {
  /**
   * Takes a region out of traffic for a function and answers, as a sentence, what was read back. Undefined where nothing is
   * configured that leads traffic to regions.
   */
  isolate(functionName: string, region: string): Promise<string | undefined>;
}
