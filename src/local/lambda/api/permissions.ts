/** Resource policies: kept and shown as AWS does. The local AWS knows one account, so nothing is refused by them. */
import type {
  AddPermissionRequest,
  AddPermissionResponse,
  GetPolicyRequest,
  GetPolicyResponse,
  RemovePermissionRequest,
} from '@aws-sdk/client-lambda';
import type { CallContext } from '../../wire/service.ts';
import type { LambdaContext, Operations } from './context.ts';
import {
  conflict,
  invalidParameter,
  POLICY_REVISION_MISMATCH,
  preconditionFailed,
  resourceNotFound,
} from './errors.ts';
import { type FunctionRef, isAliasName, LATEST, parseRef, qualifiedArn } from './names.ts';
import { aliasNotFound, findVersion, functionKey, qualifiedKey, requireFunction, requireTarget } from './state.ts';
import { matching, maxLength, required } from './validate.ts';

const STATEMENT_ID = '([a-zA-Z0-9-_]+)';
const ACTION = '(lambda:[*]|lambda:[a-zA-Z]+|[*])';
const MAX_POLICY_BYTES = 20_480;
const PRINCIPAL =
  /^(\*|\d{12}|[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)|arn:aws[a-z-]*:(iam|sts)::.+)$/;

type Statement = Readonly<Record<string, unknown>>;

export function permissionOperations(context: LambdaContext): Operations {
  return {
    AddPermission: (input: AddPermissionRequest, call: CallContext) => addPermission(context, input, call),
    RemovePermission: (input: RemovePermissionRequest, call: CallContext) => removePermission(context, input, call),
    GetPolicy(input: GetPolicyRequest, call: CallContext): GetPolicyResponse {
      const ref = parseRef(input.FunctionName, input.Qualifier, call);
      const policy = context.tables.policies.get(policyKey(ref));
      if (!policy) throw resourceNotFound();
      const document = { Version: '2012-10-17', Id: 'default', Statement: policy.statements };
      return { Policy: JSON.stringify(document), RevisionId: policy.revisionId };
    },
  };
}

function policyKey(ref: FunctionRef): string {
  return ref.qualifier === undefined || ref.qualifier === LATEST ? functionKey(ref) : qualifiedKey(ref, ref.qualifier);
}

function addPermission(context: LambdaContext, input: AddPermissionRequest, call: CallContext): AddPermissionResponse {
  const violations = [
    ...required('statementId', input.StatementId),
    ...maxLength('statementId', input.StatementId, 100),
    ...matching('statementId', input.StatementId, STATEMENT_ID),
    ...required('action', input.Action),
    ...matching('action', input.Action, ACTION),
    ...required('principal', input.Principal),
  ];
  const ref = parseRef(input.FunctionName, input.Qualifier, call, 'any', violations);
  if (ref.qualifier === LATEST) throw invalidParameter('We currently do not support adding policies for $LATEST.');
  if (!PRINCIPAL.test(input.Principal ?? '')) {
    throw invalidParameter('The provided principal was invalid. Please check the principal and try again.');
  }
  const revisionOfTarget = targetRevision(context, ref);
  const policy = context.tables.policies.get(policyKey(ref));
  if (input.RevisionId && input.RevisionId !== (policy?.revisionId ?? revisionOfTarget)) {
    throw preconditionFailed(POLICY_REVISION_MISMATCH);
  }
  if (policy?.statements.some((statement) => statement.Sid === input.StatementId)) {
    throw conflict(
      `The statement id (${input.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
    );
  }
  const statement = statementOf(input, qualifiedArn(ref));
  const statements = [...(policy?.statements ?? []), statement];
  if (JSON.stringify(statements).length > MAX_POLICY_BYTES) {
    throw invalidParameter(`The final policy size is bigger than the limit (${MAX_POLICY_BYTES}).`);
  }
  context.tables.policies.set(policyKey(ref), { statements, revisionId: context.newId() });
  return { Statement: JSON.stringify(statement) };
}

/** The revision of what a policy is attached to; throws where that does not exist. */
function targetRevision(context: LambdaContext, ref: FunctionRef): string {
  if (ref.qualifier === undefined) requireFunction(context.tables, ref);
  const version = requireTarget(context.tables, ref);
  return context.tables.aliases.get(qualifiedKey(ref, ref.qualifier ?? LATEST))?.revisionId ?? version.revisionId;
}

function statementOf(input: AddPermissionRequest, resource: string): Statement {
  const equals = {
    ...(input.SourceAccount ? { 'AWS:SourceAccount': input.SourceAccount } : {}),
    ...(input.EventSourceToken ? { 'lambda:EventSourceToken': input.EventSourceToken } : {}),
    ...(input.FunctionUrlAuthType ? { 'lambda:FunctionUrlAuthType': input.FunctionUrlAuthType } : {}),
    ...(input.PrincipalOrgID ? { 'aws:PrincipalOrgID': input.PrincipalOrgID } : {}),
  };
  const condition = {
    ...(Object.keys(equals).length > 0 ? { StringEquals: equals } : {}),
    ...(input.InvokedViaFunctionUrl ? { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } } : {}),
    ...(input.SourceArn ? { ArnLike: { 'AWS:SourceArn': input.SourceArn } } : {}),
  };
  return {
    Sid: input.StatementId,
    Effect: 'Allow',
    Principal: principalOf(input.Principal ?? ''),
    Action: input.Action,
    Resource: resource,
    ...(Object.keys(condition).length > 0 ? { Condition: condition } : {}),
  };
}

function principalOf(principal: string): unknown {
  if (principal === '*') return '*';
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:aws:iam::${principal}:root` };
  return principal.startsWith('arn:') ? { AWS: principal } : { Service: principal };
}

function removePermission(context: LambdaContext, input: RemovePermissionRequest, call: CallContext): object {
  const ref = parseRef(input.FunctionName, input.Qualifier, call, 'any', required('statementId', input.StatementId));
  const { qualifier } = ref;
  if (!context.tables.functions.has(functionKey(ref))) throw resourceNotFound(`No policy found for: ${ref.arn}`);
  if (qualifier !== undefined && isAliasName(qualifier) && !findVersion(context.tables, ref)) throw aliasNotFound(ref);
  const policy = context.tables.policies.get(policyKey(ref));
  if (!policy) throw resourceNotFound('No policy is associated with the given resource.');
  const statements = policy.statements.filter((statement) => statement.Sid !== input.StatementId);
  if (statements.length === policy.statements.length) {
    throw resourceNotFound(`Statement ${input.StatementId} is not found in resource policy.`);
  }
  if (input.RevisionId && input.RevisionId !== policy.revisionId) throw preconditionFailed();
  if (statements.length === 0) context.tables.policies.delete(policyKey(ref));
  else context.tables.policies.set(policyKey(ref), { statements, revisionId: context.newId() });
  return {};
}
