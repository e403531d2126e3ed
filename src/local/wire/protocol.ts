import type { WireRequest, WireResponse } from './http.ts';
import type { Operation, ServiceModel } from './model.ts';
import type { AwsError } from './service.ts';

/** What a protocol decodes: a request whose service and operation are known. */
export interface Incoming {
  readonly model: ServiceModel;
  readonly operation: Operation;
  readonly request: WireRequest;
  /** Decoded path parts, in HTTP-bound protocols. */
  readonly labels: Readonly<Record<string, string>>;
}

export type Output = Readonly<Record<string, unknown>>;

/** One wire protocol: pure functions between messages and the SDK's shapes. */
export interface Protocol {
  decode(incoming: Incoming): unknown;
  encode(model: ServiceModel, operation: Operation, output: Output, requestId: string): WireResponse;
  /** Never throws; `model` is missing where the service is not emulated. */
  encodeError(model: ServiceModel | undefined, error: AwsError, requestId: string): WireResponse;
}
