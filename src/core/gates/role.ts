/** A policy of an execution role. */
export interface Policy {
  readonly name: string;
  /** Null where the policy is AWS's own or the customer's, attached by ARN, and could be read all the same. */
  readonly arn: string | null;
  /** The policy document as JSON. */
  readonly document: unknown;
}

const ADMIN_POLICIES = new Set(['AdministratorAccess', 'PowerUserAccess', 'IAMFullAccess']);

/** What in these policies makes the role an administrator, as sentences; none where nothing does. */
export function adminPowers(policies: readonly Policy[]): readonly string[] {
  return policies.flatMap(({ name, arn, document }) => {
    const own = arn?.split('/').at(-1) ?? '';
    if (arn !== null && /:aws:policy\//.test(arn) && ADMIN_POLICIES.has(own)) return [`${own} is attached`];
    const found = statementsOf(document)
      .map(powerOf)
      .find((power) => power !== undefined);
    return found === undefined ? [] : [`policy ${name} allows ${found}`];
  });
}

interface Statement {
  readonly effect: unknown;
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly resources: readonly string[];
  readonly conditional: boolean;
}

function powerOf({ effect, actions, notActions, resources, conditional }: Statement): string | undefined {
  if (effect !== 'Allow' || conditional || !resources.includes('*')) return undefined;
  const action = actions.find((each) => /^\*+(:\*+)?$/.test(each) || /^iam:\*+$/i.test(each));
  if (action !== undefined) return `${action} on every resource`;
  return notActions.length > 0 ? `everything but ${notActions.slice(0, 3).join(', ')} on every resource` : undefined;
}

function statementsOf(document: unknown): readonly Statement[] {
  if (typeof document !== 'object' || document === null || !('Statement' in document)) return [];
  const given = Array.isArray(document.Statement) ? document.Statement : [document.Statement];
  return given.flatMap((each: unknown) => {
    if (typeof each !== 'object' || each === null) return [];
    const statement = each as Readonly<Record<string, unknown>>;
    return [
      {
        effect: statement.Effect,
        actions: textsOf(statement.Action),
        notActions: textsOf(statement.NotAction),
        resources: textsOf(statement.Resource),
        conditional: statement.Condition !== undefined,
      },
    ];
  });
}

function textsOf(value: unknown): readonly string[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((each): each is string => typeof each === 'string');
}
