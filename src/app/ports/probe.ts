export interface ProbeOrder {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Plain http, and addresses of this machine, are allowed. */
  readonly allowPrivate: boolean;
  readonly timeoutMs: number;
}

export interface ProbeAnswer {
  readonly status: number;
  /** Bounded. */
  readonly body: string;
}

export interface Probe {
  /** One HTTP request, without redirects, to the public internet unless allowed. Throws, with a sentence, where no answer came. */
  ask(order: ProbeOrder): Promise<ProbeAnswer>;
}
