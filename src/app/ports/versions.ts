import type { VersionFacts } from '../../core/release/facts.ts';

export type { VersionFacts };

export interface Versions {
  /** Undefined where the function or the version does not exist. */
  get(functionName: string, version: string): Promise<VersionFacts | undefined>;
  /** Published versions, newest first; at most `limit`. */
  list(functionName: string, limit: number): Promise<readonly VersionFacts[]>;
  /** Uploads new code to `$LATEST` and waits until it is active. Zip bytes; at most 50 MB. */
  uploadCode(functionName: string, zip: Uint8Array): Promise<VersionFacts>;
  /** Publishes `$LATEST` (AWS answers the existing version where nothing changed) and waits until it is active. */
  publish(functionName: string, expectedCodeSha256: string, description: string): Promise<VersionFacts>;
}
