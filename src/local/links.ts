/** How the emulated services reach each other. Each is implemented by one service and handed to the others at start. */

export interface MetricSample {
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  readonly unit: string;
  /** Epoch milliseconds; Lambda stamps the start of the invocation, not its end. */
  readonly atMs: number;
}

export interface MetricSink {
  record(sample: MetricSample): void;
}

export interface LogLine {
  readonly atMs: number;
  readonly message: string;
}

export interface LogSink {
  /** Appends to a stream; creates the group and the stream where they are missing, as Lambda's own role does. */
  append(region: string, group: string, stream: string, lines: readonly LogLine[]): void;
}

export interface TopicPublisher {
  /** Delivers to the topic's subscriptions; an unknown topic is dropped, as an alarm action on a deleted topic is. */
  publish(topicArn: string, message: string, subject?: string): void;
}

export interface ObjectSource {
  /** The bytes of an object, or undefined where the bucket or key is missing. */
  read(bucket: string, key: string, versionId?: string): Uint8Array | undefined;
}

export interface FunctionInvoker {
  /** Queues an asynchronous invocation (alarm action, SNS subscription). `source` is the caller's service principal. */
  invokeAsync(functionArn: string, payload: Uint8Array, source: string): void;
}

/** One API call as CloudTrail keeps it. `input` and `output` as the handler saw them; the recorder leaves out blobs and secrets. */
export interface RecordedCall {
  readonly atMs: number;
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly requestId: string;
  readonly accessKeyId: string;
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly errorCode?: string;
  readonly errorMessage?: string;
}

export interface CallRecorder {
  record(call: RecordedCall): void;
}

export interface RawRequest {
  readonly method: string;
  /** Path after the function URL's own prefix; begins with `/`. */
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly sourceIp: string;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Uint8Array;
}

export interface FunctionUrls {
  /** Serves a request to a function URL; `undefined` where no function has that URL id. */
  serve(urlId: string, request: RawRequest): Promise<RawResponse | undefined>;
}
