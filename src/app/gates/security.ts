import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SEVERITIES, type SecurityCheck, type SecurityPart, type Severity } from '../../core/gates/checks.ts';
import { adminPowers } from '../../core/gates/role.ts';
import { redacted, suspectedSecrets } from '../../core/gates/secrets.ts';
import type { Verdict, VerdictOutcome } from '../../core/judge/verdict.ts';
import { textOf } from '../error-text.ts';
import type { Clock } from '../ports/clock.ts';
import type { FunctionSecurity, VersionSecurity } from '../ports/function-security.ts';
import type { GateFiles } from '../ports/gate-files.ts';
import type { GateAnswer, GateOrder } from '../ports/gates.ts';
import type { Programs } from '../ports/programs.ts';
import { fileName } from './integration.ts';
import { parseJson } from './json.ts';
import { cycloneDx, readLockfile } from './sbom.ts';

export interface SecurityPorts {
  readonly security: FunctionSecurity;
  readonly programs: Programs;
  readonly files: Pick<GateFiles, 'read' | 'report'>;
  readonly clock: Clock;
}

interface Part {
  readonly verdict: Verdict;
  readonly file?: { readonly name: string; readonly sha256: string };
}

interface Given {
  readonly check: SecurityCheck;
  readonly order: GateOrder;
}

/** The worst part speaks for the gate: what is known to be bad, then what could not be checked. */
const RANK: Readonly<Record<VerdictOutcome, number>> = { pass: 0, running: 1, inconclusive: 2, error: 3, fail: 4 };

/** Looks into the package, the version's configuration and its role. Each part is tried whatever became of the others. */
export async function security(given: Given, ports: SecurityPorts, signal: AbortSignal): Promise<GateAnswer> {
  const { check, order } = given;
  const { alias, candidate } = order.subject;
  let known: Promise<VersionSecurity> | undefined;
  const version = () => (known ??= ports.security.version(alias.function, candidate));
  const checks: Readonly<Record<SecurityPart, () => Promise<Part>>> = {
    audit: () => audit(given, ports, signal),
    sbom: () => sbom(given, ports),
    signing: async () => ({
      verdict: signing(check, (await version()).signature, await ports.security.signing(alias.function)),
    }),
    secrets: async () => ({ verdict: secrets(check, (await version()).environment) }),
    role: async () => ({ verdict: await role((await version()).role, ports.security) }),
  };
  const parts: { readonly name: SecurityPart; readonly part: Part }[] = [];
  for (const name of check.parts) {
    const part = await checks[name]().catch((error: unknown): Part => ({ verdict: unchecked(textOf(error)) }));
    parts.push({ name, part });
  }
  const worst = parts.reduce((a, b) => (RANK[b.part.verdict.outcome] > RANK[a.part.verdict.outcome] ? b : a));
  const { outcome, reason } = worst.part.verdict;
  const files = parts.flatMap(({ part }) => (part.file ? [part.file] : []));
  return {
    verdict:
      outcome === 'pass'
        ? { outcome, reason: `nothing was found by ${check.parts.join(', ')}` }
        : { outcome, reason: `${worst.name}: ${reason}` },
    evidence: {
      facts: parts.map(({ name, part }) => ({ name, value: `${part.verdict.outcome}: ${part.verdict.reason}` })),
      ...(files.length > 0 ? { files } : {}),
    },
  };
}

function unchecked(why: string): Verdict {
  return { outcome: 'error', reason: `could not be checked: ${why}` };
}

/** `npm audit` on the lockfile alone: nothing of the package is run, and nothing is installed. */
async function audit({ check, order }: Given, { programs, files }: SecurityPorts, signal: AbortSignal): Promise<Part> {
  if (!check.lockfile) return { verdict: unchecked('no lockfile is named') };
  const lockfile = await files.read(check.lockfile.sha256, check.lockfile.name);
  const lock = readLockfile(lockfile);
  if (typeof lock === 'string') return { verdict: unchecked(lock) };
  const folder = await mkdtemp(join(tmpdir(), 'switchback-audit-'));
  try {
    const wanted = parseJson(lockfile)?.value as { packages?: Record<string, unknown> } | undefined;
    await writeFile(join(folder, 'package-lock.json'), lockfile);
    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify(wanted?.packages?.[''] ?? { name: lock.name, version: lock.version }),
    );
    const command = ['npm', 'audit', '--json', '--package-lock-only', '--omit=dev', '--ignore-scripts'];
    const env = { npm_config_update_notifier: 'false', npm_config_fund: 'false', npm_config_fetch_retries: '1' };
    const ended = await programs.run({ command, folder, env }, signal);
    const name = `${order.subject.releaseId}-${fileName(order.run)}-audit.json`;
    const verdict = auditVerdict(ended.stdout, check.failFrom);
    const file = { name, sha256: await files.report(name, redacted(ended.stdout || ended.output)) };
    return { verdict, file };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Reads npm's report (`auditReportVersion` 2): how many advisories of each severity. */
export function auditVerdict(stdout: string, failFrom: Severity): Verdict {
  const report = parseJson(stdout)?.value as
    | {
        metadata?: { vulnerabilities?: Readonly<Record<string, unknown>> };
        error?: { code?: unknown; summary?: unknown };
        message?: unknown;
      }
    | null
    | undefined;
  const counts = report?.metadata?.vulnerabilities;
  if (!counts) {
    // npm fills in one of them, whichever: the others are absent or empty.
    const told = [report?.error?.summary, report?.message, report?.error?.code];
    const why = told.find((each) => typeof each === 'string' && each !== '') ?? 'npm gave no report';
    return {
      outcome: 'inconclusive',
      reason: `the registry could not be asked for advisories: ${redacted(String(why)).slice(0, 300)}`,
    };
  }
  const said = [...SEVERITIES].reverse().map((severity) => ({ severity, count: Number(counts[severity] ?? 0) }));
  const text =
    said
      .filter(({ count }) => count > 0)
      .map(({ severity, count }) => `${count} ${severity}`)
      .join(', ') || 'none';
  const bad = said
    .filter(({ severity }) => SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(failFrom))
    .some(({ count }) => count > 0);
  return { outcome: bad ? 'fail' : 'pass', reason: `known advisories: ${text}; from ${failFrom} on they fail` };
}

async function sbom({ check, order }: Given, { files, clock }: SecurityPorts): Promise<Part> {
  if (!check.lockfile) return { verdict: unchecked('no lockfile is named') };
  const lock = readLockfile(await files.read(check.lockfile.sha256, check.lockfile.name));
  if (typeof lock === 'string') return { verdict: unchecked(lock) };
  const name = `${order.subject.releaseId}-${fileName(order.run)}-sbom.cdx.json`;
  const made = new Date(clock.now()).toISOString();
  const sha256 = await files.report(name, `${JSON.stringify(cycloneDx(lock, randomUUID(), made), null, 1)}\n`);
  return {
    verdict: { outcome: 'pass', reason: `${lock.packages.length} packages are listed (CycloneDX 1.6)` },
    file: { name, sha256 },
  };
}

function signing(
  { requireSigning }: SecurityCheck,
  signature: VersionSecurity['signature'],
  config: Awaited<ReturnType<FunctionSecurity['signing']>>,
): Verdict {
  if (!config) {
    const reason = 'the function has no code-signing configuration';
    return requireSigning ? { outcome: 'fail', reason } : { outcome: 'pass', reason: `${reason}; none is required` };
  }
  if (!signature)
    return {
      outcome: 'fail',
      reason: `the version's code is not signed; its function ${config.untrusted === 'Warn' ? 'only warns of that' : 'refuses that now'}`,
    };
  return {
    outcome: 'pass',
    reason: `signed by ${signature.profile}, job ${signature.job}; unsigned code is met with ${config.untrusted}`,
  };
}

function secrets({ allowVariables }: SecurityCheck, environment: Readonly<Record<string, string>>): Verdict {
  const found = suspectedSecrets(environment, allowVariables);
  if (found.length === 0)
    return {
      outcome: 'pass',
      reason: `${Object.keys(environment).length} environment variables hold nothing that looks like a secret`,
    };
  const said = found
    .slice(0, 5)
    .map(({ name, why }) => `${name} ${why}`)
    .join('; ');
  const more = found.length > 5 ? `; and ${found.length - 5} more` : '';
  return {
    outcome: 'fail',
    reason: `${said}${more}. Keep secrets in Secrets Manager or Parameter Store, or name the variable under allowVariables`,
  };
}

async function role(arn: string, port: FunctionSecurity): Promise<Verdict> {
  const policies = await port.policies(arn);
  const powers = adminPowers(policies);
  const name = arn.split('/').at(-1) ?? arn;
  return powers.length > 0
    ? { outcome: 'fail', reason: `role ${name} is an administrator: ${powers.slice(0, 3).join('; ')}` }
    : { outcome: 'pass', reason: `none of the ${policies.length} policies of role ${name} makes it an administrator` };
}
