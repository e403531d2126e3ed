import type { ServiceModel } from './model.ts';
import type { StructureShape } from './schema.ts';
import type { AwsError } from './service.ts';

/** An error as its schema says it is answered; where no schema names it, as the error itself says. */
export interface ResolvedError {
  readonly code: string;
  /** The code of the query protocol, which may differ from the shape's name. */
  readonly queryCode: string;
  readonly status: number;
  readonly fault: 'Sender' | 'Receiver';
  readonly shape: StructureShape | undefined;
  /** All members of the body, the message under the shape's own spelling. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export function resolveError(model: ServiceModel | undefined, error: AwsError): ResolvedError {
  const shape = model?.errorShape(error.code);
  const status =
    shape?.traits.httpError ?? shape?.traits.awsQueryError?.[1] ?? (shape ? faultStatus(shape) : error.status);
  const messageName = shape?.members.find((member) => member.name.toLowerCase() === 'message')?.name ?? 'message';
  const type =
    shape?.byName.has('Type') && error.members.Type === undefined ? { Type: status < 500 ? 'User' : 'Service' } : {};
  return {
    code: shape?.name ?? error.code,
    queryCode: shape?.traits.awsQueryError?.[0] ?? error.code,
    status,
    fault: status < 500 ? 'Sender' : 'Receiver',
    shape,
    body: { ...type, ...error.members, [messageName]: error.message },
    message: error.message,
  };
}

function faultStatus(shape: StructureShape): number {
  return shape.traits.error === 'server' ? 500 : 400;
}
