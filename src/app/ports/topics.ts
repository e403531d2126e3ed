/** SNS topics. Errors are {@link AwsProblem}s; after one that is retryable the message may have been published all the same. */
export interface Topics {
  /** Answers the message's id. */
  publish(message: TopicMessage): Promise<string>;
}

export interface TopicMessage {
  readonly topicArn: string;
  /** ASCII, at most 100 characters. */
  readonly subject: string;
  readonly text: string;
  /** By these subscribers filter. */
  readonly attributes: Readonly<Record<string, string>>;
  /** For FIFO topics: messages of a group keep their order, and one id is taken once within five minutes. */
  readonly fifo?: { readonly group: string; readonly deduplication: string };
}
