import type { Policy } from '../../core/gates/role.ts';

export interface VersionSecurity {
  readonly role: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The signing profile and job of the code; null for code that is not signed. */
  readonly signature: { readonly profile: string; readonly job: string } | null;
}

export interface SigningConfig {
  readonly arn: string;
  /** What Lambda does with code that is not signed as it should be. */
  readonly untrusted: 'Enforce' | 'Warn';
}

/** What a security gate reads of a function. Errors are {@link AwsProblem}s. */
export interface FunctionSecurity {
  version(functionName: string, version: string): Promise<VersionSecurity>;
  /** Null where the function has no code-signing configuration. */
  signing(functionName: string): Promise<SigningConfig | null>;
  /** The role's policies, inline and attached, each with its document; bounded. */
  policies(roleArn: string): Promise<readonly Policy[]>;
}
