import type { HookPayload } from '../../core/release/commands.ts';

export interface Hooks {
  /**
   * Invokes the hook and waits for it to return. Resolves with the hook's own answer where its payload holds one
   * (`{"status": "Succeeded" | "Failed"}`), else undefined: then the callback decides. Throws where it crashed.
   */
  invoke(functionName: string, payload: HookPayload): Promise<'Succeeded' | 'Failed' | undefined>;
  /** Whether CodeDeploy (or the local AWS) holds an answer for this execution. */
  answer(deploymentId: string, executionId: string): Promise<'Succeeded' | 'Failed' | undefined>;
}
