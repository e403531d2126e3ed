import type { Readable } from 'node:stream';
import { MAX_LOG_EVENT_BYTES } from './limits.ts';

/** Takes log events in the order in which they were written. */
export type Emit = (messages: readonly string[]) => void;

const NEWLINE = 0x0a;
const FRAME_HEADER_BYTES = 16;
/** The upper half of a frame's type; the lower half tells format and level (0xa55a0003: text without a level). */
const FRAME_MAGIC = 0xa55a;
/** A longer message is not a message: whatever wrote to the descriptor does not keep to the framing. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/**
 * Reads plain output, one event a line; `flush` ends a line that has no newline yet. A carriage return inside a line is
 * a line break within one event: runtimes without the framed descriptor write multi-line messages so.
 */
export function readLines(stream: Readable, emit: Emit): { flush(): void } {
  let pending: Buffer = Buffer.alloc(0);
  stream.on('error', () => {});
  stream.on('data', (chunk: Buffer) => {
    const bytes = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    const end = bytes.lastIndexOf(NEWLINE);
    pending = end < 0 ? bytes : bytes.subarray(end + 1);
    if (end >= 0) emit(bytes.toString('utf8', 0, end).split('\n').flatMap(eventsOf));
    if (pending.length > MAX_LOG_EVENT_BYTES) flush();
  });
  function flush(): void {
    if (pending.length > 0) emit(eventsOf(pending.toString('utf8')));
    pending = Buffer.alloc(0);
  }
  return { flush };
}

/**
 * Reads framed messages: type (4 bytes), length (4), microseconds since the epoch (8), message; big-endian. This is the
 * contract of `_LAMBDA_TELEMETRY_LOG_FD`, which AWS's own runtime clients speak too; a frame is one event, however many
 * lines it has.
 */
export function readFrames(stream: Readable, emit: Emit): void {
  let pending: Buffer = Buffer.alloc(0);
  stream.on('error', () => {});
  stream.on('data', (chunk: Buffer) => {
    const bytes = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    const messages: string[] = [];
    let at = 0;
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const length = bytes.readUInt32BE(at + 4);
      if (bytes.readUInt16BE(at) !== FRAME_MAGIC || length > MAX_FRAME_BYTES) {
        stream.destroy();
        break;
      }
      const end = at + FRAME_HEADER_BYTES + length;
      if (end > bytes.length) break;
      messages.push(...eventsOf(bytes.toString('utf8', at + FRAME_HEADER_BYTES, end)));
      at = end;
    }
    pending = bytes.subarray(at);
    if (messages.length > 0) emit(messages);
  });
}

function eventsOf(text: string): string[] {
  const message = text.replace(/[\r\n]+$/, '').replaceAll('\r', '\n');
  if (message.length * 3 <= MAX_LOG_EVENT_BYTES) return [message];
  const bytes = Buffer.from(message);
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += MAX_LOG_EVENT_BYTES) {
    parts.push(bytes.toString('utf8', at, at + MAX_LOG_EVENT_BYTES));
  }
  return parts;
}

/**
 * Resolves when everything that the process wrote before now has been read. What was written is in the kernel's buffers
 * by the time the answer arrives, so one whole turn of the event loop, from one check phase to the next, reads it all.
 */
export function drained(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
