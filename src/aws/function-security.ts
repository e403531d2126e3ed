import type { FunctionSecurity } from '../app/ports/function-security.ts';
import type { Policy } from '../core/gates/role.ts';
import type { Clients } from './clients.ts';
import { call } from './problem.ts';

/** AWS's own quota on managed policies of a role is 20; inline ones are bounded by their size. */
const MAX_POLICIES = 60;
const ROLE_ARN = /^arn:[\w-]+:iam::\d{12}:role\/(?:.*\/)?([\w+=,.@-]{1,64})$/;

/** Code signing through Lambda, the role's policies through IAM. */
export function createFunctionSecurity(clients: Clients): FunctionSecurity {
  return {
    async version(functionName, version) {
      const lambda = await clients.lambda();
      const found = await call('lambda:GetFunctionConfiguration', () =>
        lambda.getFunctionConfiguration({ FunctionName: functionName, Qualifier: version }),
      );
      const { SigningProfileVersionArn: profile, SigningJobArn: job } = found;
      return {
        role: found.Role ?? '',
        environment: found.Environment?.Variables ?? {},
        signature: profile === undefined ? null : { profile, job: job ?? 'unknown' },
      };
    },
    async signing(functionName) {
      const lambda = await clients.lambda();
      const { CodeSigningConfigArn: arn } = await call('lambda:GetFunctionCodeSigningConfig', () =>
        lambda.getFunctionCodeSigningConfig({ FunctionName: functionName }),
      );
      if (!arn) return null;
      const { CodeSigningConfig: config } = await call('lambda:GetCodeSigningConfig', () =>
        lambda.getCodeSigningConfig({ CodeSigningConfigArn: arn }),
      );
      const untrusted = config?.CodeSigningPolicies?.UntrustedArtifactOnDeployment === 'Enforce' ? 'Enforce' : 'Warn';
      return { arn, untrusted };
    },
    async policies(roleArn) {
      const RoleName = ROLE_ARN.exec(roleArn)?.[1];
      if (RoleName === undefined) throw new Error(`"${roleArn}" is no role's ARN`);
      const iam = await clients.iam();
      const found: Policy[] = [];
      for (let Marker: string | undefined, more = true; more && found.length < MAX_POLICIES; ) {
        const page = await call('iam:ListAttachedRolePolicies', () =>
          iam.listAttachedRolePolicies({ RoleName, ...(Marker === undefined ? {} : { Marker }) }),
        );
        for (const { PolicyArn, PolicyName = '' } of page.AttachedPolicies ?? []) {
          if (PolicyArn !== undefined) found.push(await attached(PolicyArn, PolicyName));
        }
        Marker = page.Marker;
        more = page.IsTruncated === true && Marker !== undefined;
      }
      for (let Marker: string | undefined, more = true; more && found.length < MAX_POLICIES; ) {
        const page = await call('iam:ListRolePolicies', () =>
          iam.listRolePolicies({ RoleName, ...(Marker === undefined ? {} : { Marker }) }),
        );
        for (const PolicyName of page.PolicyNames ?? []) {
          const { PolicyDocument } = await call('iam:GetRolePolicy', () => iam.getRolePolicy({ RoleName, PolicyName }));
          found.push({ name: PolicyName, arn: null, document: documentOf(PolicyDocument) });
        }
        Marker = page.Marker;
        more = page.IsTruncated === true && Marker !== undefined;
      }
      return found;
    },
  };

  async function attached(PolicyArn: string, name: string): Promise<Policy> {
    const iam = await clients.iam();
    const { Policy: policy } = await call('iam:GetPolicy', () => iam.getPolicy({ PolicyArn }));
    const VersionId = policy?.DefaultVersionId ?? 'v1';
    const { PolicyVersion } = await call('iam:GetPolicyVersion', () => iam.getPolicyVersion({ PolicyArn, VersionId }));
    return { name, arn: PolicyArn, document: documentOf(PolicyVersion?.Document) };
  }
}

/** IAM writes documents in URL encoding (RFC 3986). */
function documentOf(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(decodeURIComponent(text));
  } catch {
    throw new Error('a policy document could not be read');
  }
}
