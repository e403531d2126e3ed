import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { CallRecorder } from '../links.ts';
import { decompress, unchunk } from './body.ts';
import type { ServiceFacts } from './catalog.ts';
import { header, type WireRequest, type WireResponse } from './http.ts';
import { type Addressed, factsOfApiVersion } from './identify.ts';
import { loadModel, type Operation, type ServiceModel } from './model.ts';
import type { Incoming, Output, Protocol } from './protocol.ts';
import { PROTOCOLS } from './protocols/all.ts';
import { parseForm } from './query.ts';
import { checkRequired } from './required.ts';
import { compileRouter, type Router } from './router.ts';
import { malformed, show } from './scalars.ts';
import { AwsError, type CallContext, type Handler, notEmulated, type Service } from './service.ts';

/** The one account of a local AWS. */
export const LOCAL_ACCOUNT = '123456789012';

/** A decoded call on its way to its handler. */
export interface PreparedCall {
  readonly facts: ServiceFacts;
  readonly model: ServiceModel;
  readonly operation: Operation;
  readonly service: Service;
  readonly input: unknown;
  readonly context: CallContext;
  run(): Promise<Output>;
}

/** What happens to a call: an output, or a connection that ends without an answer. */
export type CallResult = { readonly kind: 'output'; readonly output: Output } | Dropped;
export type Answer = { readonly kind: 'response'; readonly response: WireResponse } | Dropped;
export interface Dropped {
  readonly kind: 'drop';
  readonly how: 'close' | 'reset';
  /** What the call came to where it was carried out all the same: an output, or an error that nobody will read. */
  readonly ran: { readonly output: Output } | { readonly error: AwsError } | undefined;
}

/** May delay, replace or drop calls on purpose; see the control path's faults. */
export interface Interference {
  readonly active: boolean;
  around(call: PreparedCall): Promise<CallResult>;
}

export interface WireDeps {
  readonly services: readonly Service[];
  readonly clock: Clock;
  readonly recorder: CallRecorder;
  readonly interference: Interference;
  readonly endpoint: () => string;
  /** Told of everything that is a bug of the local AWS, not of the caller. */
  readonly onBug: (what: string, error: unknown) => void;
}

/** Who sends a request; `signal` aborts when they have gone. */
export interface Peer {
  readonly sourceIp: string;
  signal(): AbortSignal;
}

export interface Wire {
  /** Answers one request, errors included; never throws. */
  handle(addressed: Addressed, request: WireRequest, peer: Peer): Promise<Answer>;
  /** An error in the words of the protocol the request came in. */
  refuse(addressed: Addressed, error: AwsError): WireResponse;
}

/** The wire layer: requests in, answers out, over the services that are given. */
export function createWire(deps: WireDeps): Wire {
  const services = new Map(deps.services.map((service) => [service.id, service]));
  const routers = new WeakMap<ServiceModel, Router>();

  async function handle(addressed: Addressed, request: WireRequest, peer: Peer): Promise<Answer> {
    const requestId = randomUUID();
    const protocol = PROTOCOLS[addressed.protocol];
    let model: ServiceModel | undefined;
    let call: PreparedCall | undefined;
    try {
      if (addressed.refusal) throw addressed.refusal;
      const facts = addressed.facts ?? factsInForm(addressed, request);
      if (!facts) throw notEmulated(`The service '${addressed.serviceName.slice(0, 60)}'`);
      model = await loadModel(facts.id);
      const readable = await undoEncodings(facts, request);
      const incoming = route(model, addressed, readable);
      call = prepare(incoming, protocol, addressed, requestId, peer);
      const result = await (deps.interference.active ? deps.interference.around(call) : execute(call));
      if (result.kind === 'drop') {
        const { ran } = result;
        if (ran)
          record(call, addressed, 'output' in ran ? ran.output : undefined, 'error' in ran ? ran.error : undefined);
        return result;
      }
      const response = protocol.encode(model, call.operation, result.output, requestId);
      record(call, addressed, result.output);
      return { kind: 'response', response };
    } catch (thrown) {
      const error = asAwsError(thrown, call);
      if (call) record(call, addressed, undefined, error);
      return { kind: 'response', response: encodeErrorSafely(protocol, model, error, requestId) };
    }
  }

  function route(model: ServiceModel, addressed: Addressed, request: WireRequest): Incoming {
    const name = addressed.operationName ?? actionOf(addressed, request);
    if (name !== undefined) {
      const operation = model.operations.get(name);
      if (operation) return { model, operation, request, labels: {} };
      throw unknownOperation(addressed, name);
    }
    let router = routers.get(model);
    if (!router) {
      router = compileRouter(model);
      routers.set(model, router);
    }
    const match = router(request.method, request.path, request.query, (h) => header(request, h) !== undefined);
    if (!match) throw unknownOperation(addressed, `${request.method} ${request.path}`);
    return { model, request, ...match };
  }

  function prepare(
    incoming: Incoming,
    protocol: Protocol,
    addressed: Addressed,
    requestId: string,
    peer: Peer,
  ): PreparedCall {
    const { model, operation, request } = incoming;
    const { facts } = model;
    const service = services.get(facts.id);
    const handler: Handler | undefined = service?.operations[operation.name];
    if (!service || !handler) throw notEmulated(`${facts.id} ${operation.name}`);
    const input = decodeSafely(protocol, incoming);
    if (facts.validationCode !== undefined) checkRequired(operation.input, input, facts.validationCode);
    const context: CallContext = {
      service: facts.id,
      operation: operation.name,
      region: addressed.region,
      account: LOCAL_ACCOUNT,
      requestId,
      accessKeyId: addressed.accessKeyId,
      sourceIp: peer.sourceIp,
      userAgent: header(request, 'user-agent') ?? '',
      endpoint: deps.endpoint(),
      get signal() {
        return peer.signal();
      },
    };
    const run = async () => ((await handler(input as never, context)) ?? {}) as Output;
    return { facts, model, operation, service, input, context, run };
  }

  function record(call: PreparedCall, addressed: Addressed, output: unknown, error?: AwsError): void {
    const { service, operation, region, requestId, sourceIp, userAgent } = call.context;
    deps.recorder.record({
      atMs: deps.clock.now(),
      service,
      operation,
      region,
      requestId,
      accessKeyId: addressed.accessKeyId,
      sourceIp,
      userAgent,
      input: call.input,
      output,
      ...(error ? { errorCode: error.code, errorMessage: error.message } : {}),
    });
  }

  function asAwsError(thrown: unknown, call: PreparedCall | undefined): AwsError {
    if (thrown instanceof AwsError) return thrown;
    deps.onBug(call ? `${call.facts.id} ${call.operation.name}` : 'the wire layer', thrown);
    return new AwsError('InternalFailure', 'The local AWS failed to process the request', {}, 500);
  }

  function encodeErrorSafely(
    protocol: Protocol,
    model: ServiceModel | undefined,
    error: AwsError,
    requestId: string,
  ): WireResponse {
    try {
      return protocol.encodeError(model, error, requestId);
    } catch (bug) {
      deps.onBug(`encoding ${error.code}`, bug);
      return { status: 500, headers: { 'x-amzn-requestid': requestId }, body: '' };
    }
  }

  return {
    handle,
    refuse: (addressed, error) => encodeErrorSafely(PROTOCOLS[addressed.protocol], undefined, error, randomUUID()),
  };
}

async function execute(call: PreparedCall): Promise<CallResult> {
  return { kind: 'output', output: await call.run() };
}

/** S3's encodings are its own: `aws-chunked`, and anything else is the object's, not the request's. */
async function undoEncodings(facts: ServiceFacts, request: WireRequest): Promise<WireRequest> {
  return facts.id === 's3' ? unchunk(request) : await decompress(request, facts.maxBodyBytes);
}

/** Whatever a decoder trips over is the sender's doing; deep nesting shows as a RangeError. */
function decodeSafely(protocol: Protocol, incoming: Incoming): unknown {
  try {
    return protocol.decode(incoming);
  } catch (error) {
    if (error instanceof AwsError) throw error;
    throw malformed('the body cannot be read');
  }
}

function formText(request: WireRequest): string {
  return request.body.length > 0 ? Buffer.from(request.body).toString('utf8') : request.query;
}

function factsInForm(addressed: Addressed, request: WireRequest): ServiceFacts | undefined {
  if (addressed.protocol !== 'awsQuery') return undefined;
  return factsOfApiVersion(parseForm(formText(request)).children.get('Version')?.text);
}

function actionOf(addressed: Addressed, request: WireRequest): string | undefined {
  if (addressed.protocol !== 'awsQuery') return undefined;
  const action = /(?:^|&)Action=([A-Za-z0-9]{1,128})(?:&|$)/.exec(formText(request))?.[1];
  if (action !== undefined) return action;
  // A form that is no form is told so before the missing action is.
  parseForm(formText(request));
  throw new AwsError('MissingAction', 'The request must contain the parameter Action');
}

function unknownOperation(addressed: Addressed, name: string): AwsError {
  const what = show(name);
  if (addressed.protocol === 'awsQuery') {
    return new AwsError('InvalidAction', `Could not find operation ${what} for this version of the API`);
  }
  if (addressed.protocol === 'restXml') {
    return new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', {}, 405);
  }
  return new AwsError('UnknownOperationException', `${what} is no operation of ${addressed.serviceName}`, {}, 404);
}
