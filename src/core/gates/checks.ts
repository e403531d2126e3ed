/** What each kind of gate checks and by which criteria, as data. The runners live in `app/gates`. */

/** A file that was read when the plan was made; its bytes lie beside the state under their SHA-256. */
export interface FileRef {
  /** As the configuration names it. */
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** A Lambda that answers through CodeDeploy's `PutLifecycleEventHookExecutionStatus`, or by what it returns. */
export interface HookCheck {
  readonly kind: 'hook';
  readonly function: string;
}

/** One part of the answer against one value. */
export type Expectation =
  /** RFC 9535; the nodes that it selects are compared. */
  | { readonly path: string; readonly equals: unknown }
  | { readonly path: string; readonly exists: boolean }
  | { readonly path: string; readonly matches: string };

export interface FunctionalCase {
  readonly name: string;
  readonly event: FileRef;
  /** The answer must be exactly this JSON. */
  readonly exact?: FileRef;
  /** The answer must fit this JSON Schema. */
  readonly schema?: FileRef;
  readonly expect: readonly Expectation[];
  /** The function is meant to fail: an answer without a function error is the failure. */
  readonly failsWith?: string;
  readonly maxMs?: number;
}

/** The candidate is invoked by its version number, once for each case. */
export interface FunctionalCheck {
  readonly kind: 'functional';
  readonly cases: readonly FunctionalCase[];
}

/** Open-loop arrivals against the candidate's version number. */
export interface LoadCheck {
  readonly kind: 'load';
  readonly perSecond: number;
  readonly forMs: number;
  /** So many requests may be under way; an arrival beyond it counts as an error. */
  readonly maxInFlight: number;
  readonly event: FileRef | null;
  readonly p95Ms?: number;
  readonly p99Ms?: number;
  readonly maxErrorPercent: number;
  /** Percentiles of fewer answers say nothing. */
  readonly minAnswers: number;
}

/** Arrivals in all: what a slip in a rate or a time could otherwise cost is money. */
export const MAX_ARRIVALS = 200_000;

export function arrivalsOf({ perSecond, forMs }: Pick<LoadCheck, 'perSecond' | 'forMs'>): number {
  return Math.round((perSecond * forMs) / 1_000);
}

/** A program of the team's own: passes by ending with 0. */
export interface CommandCheck {
  readonly kind: 'command';
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[];
  readonly folder: string;
}

/** An address of the team's own: passes by answering as it should. */
export interface UrlCheck {
  readonly kind: 'url';
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly status: number;
  readonly expect: readonly Expectation[];
  /** Loopback and private addresses are refused unless the configuration allows them. */
  readonly allowPrivate: boolean;
}

export const SEVERITIES = ['low', 'moderate', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];
export const SECURITY_PARTS = ['audit', 'sbom', 'signing', 'secrets', 'role'] as const;
export type SecurityPart = (typeof SECURITY_PARTS)[number];

export interface SecurityCheck {
  readonly kind: 'security';
  readonly parts: readonly SecurityPart[];
  /** The package's lockfile, for audit and SBOM. */
  readonly lockfile: FileRef | null;
  /** Advisories of this severity and above fail. */
  readonly failFrom: Severity;
  /** A version without a code-signing configuration fails; else only a signature that does not hold. */
  readonly requireSigning: boolean;
  /** Names of environment variables that are known to be no secrets. */
  readonly allowVariables: readonly string[];
}

/** A named person agrees, in time, to what was shown. */
export interface ApprovalCheck {
  readonly kind: 'approval';
  /** "UAT", "management": whose word it is, for people. */
  readonly title: string;
  /** Names as they are proved; `*` stands for any characters. */
  readonly people: readonly string[];
  readonly roles: readonly string[];
  /** Who started the release may not approve it. */
  readonly fourEyes: boolean;
}

/** A change of stored data that comes with the release: a rollback moves the alias, and reverts no data. */
export interface DataCheck {
  readonly kind: 'data';
  readonly change: string;
  /** `expandContract`: both versions work with the data as it is after the change. */
  readonly back:
    | { readonly by: 'expandContract'; readonly why: string }
    | { readonly by: 'command'; readonly command: string }
    | { readonly by: 'none' };
}

/** The candidate gets an alias of its own: everything can be tried behind it before production's alias moves. */
export interface TestAliasCheck {
  readonly kind: 'testAlias';
  readonly alias: string;
  /** Nobody named it: it is moved only where a release has made it. */
  readonly ours: boolean;
}

export type GateCheck =
  | TestAliasCheck
  | HookCheck
  | FunctionalCheck
  | LoadCheck
  | CommandCheck
  | UrlCheck
  | SecurityCheck
  | ApprovalCheck
  | DataCheck;

/** The kinds that `perform` runs; the others are answered by somebody, or by the plan itself. */
export type RunCheck = TestAliasCheck | FunctionalCheck | LoadCheck | CommandCheck | UrlCheck | SecurityCheck;

export function isRun(check: GateCheck): check is RunCheck {
  return check.kind !== 'hook' && check.kind !== 'approval' && check.kind !== 'data';
}
