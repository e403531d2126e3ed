import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock } from '../clock.ts';

/** SNS retries an HTTP endpoint three times at once and then slower; local endpoints are either there or not. */
const RETRY_AFTER_MS: readonly number[] = [1_000, 1_000, 5_000, 20_000];
/** SNS itself waits 15 seconds for an endpoint. */
const TIMEOUT_MS = 15_000;
/** Above this, messages to endpoints that do not answer are dropped rather than kept. */
const MAX_PENDING = 10_000;

export interface HttpMessage {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Deliveries {
  /** Posts a message, with retries; returns at once. */
  post(message: HttpMessage): void;
  close(): void;
}

export function createDeliveries(clock: Clock): Deliveries {
  const cancels = new Set<() => void>();
  const aborter = new AbortController();
  let pending = 0;

  async function attempt(message: HttpMessage, tries: number): Promise<void> {
    const delivered = await postOnce(message, aborter.signal);
    const delayMs = RETRY_AFTER_MS[tries];
    if (delivered || delayMs === undefined || aborter.signal.aborted) {
      pending -= 1;
      return;
    }
    const cancel = clock.after(delayMs, () => {
      cancels.delete(cancel);
      void attempt(message, tries + 1);
    });
    cancels.add(cancel);
  }

  return {
    post(message) {
      if (pending >= MAX_PENDING || aborter.signal.aborted) return;
      pending += 1;
      void attempt(message, 0);
    },
    close() {
      aborter.abort();
      for (const cancel of cancels) cancel();
      cancels.clear();
    },
  };
}

/** True for addresses on this machine: nothing is ever sent anywhere else. */
export function isLoopbackUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') return false;
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** True where the endpoint answered with success; redirects are not followed, as at SNS. */
function postOnce({ url, headers, body }: HttpMessage, signal: AbortSignal): Promise<boolean> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  const length = String(Buffer.byteLength(body));
  return new Promise((resolve) => {
    const options = { method: 'POST', headers: { ...headers, 'content-length': length }, agent: false, signal };
    const outgoing = send(url, { ...options, timeout: TIMEOUT_MS }, (response) => {
      response.resume();
      const status = response.statusCode ?? 500;
      resolve(status >= 200 && status < 300);
    });
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', () => resolve(false));
    outgoing.on('close', () => resolve(false));
    outgoing.end(body);
  });
}
