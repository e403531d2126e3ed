import type { Readable } from 'node:stream';
import { MAX_LOG_EVENT_BYTES } from './limits.ts';

/** Takes log events in the order in which they were written. */
export type Emit = (messages: readonly string[]) => void;

const NEWLINE = 0x0a;
const FRAME_HEADER_BYTES = 16;
/** The upper half of a frame's type; the lower half tells format and level (0xa55a0003: text without a level). */
const FRAME_MAGIC = 0xa55a;
/** A longer message is not a message: whatever wrote to the descriptor does not keep to the framing. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;

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
 * lines it has. After something that is no frame the rest is read and dropped, so that the writer never blocks.
 */
export function readFrames(stream: Readable, emit: Emit): void {
  let chunks: Buffer[] = [];
  let size = 0;
  let needed = FRAME_HEADER_BYTES;
  let broken = false;
  stream.on('error', () => {});
  stream.on('data', (chunk: Buffer) => {
    if (broken) return;
    chunks.push(chunk);
    size += chunk.length;
    if (size < needed) return;
    const bytes = Buffer.concat(chunks);
    const messages: string[] = [];
    let at = 0;
    needed = FRAME_HEADER_BYTES;
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const length = bytes.readUInt32BE(at + 4);
      broken = bytes.readUInt16BE(at) !== FRAME_MAGIC || length > MAX_FRAME_BYTES;
      needed = FRAME_HEADER_BYTES + length;
      if (broken || bytes.length - at < needed) break;
      messages.push(...eventsOf(bytes.toString('utf8', at + FRAME_HEADER_BYTES, at + needed)));
      at += needed;
      needed = FRAME_HEADER_BYTES;
    }
    size = bytes.length - at;
    chunks = size > 0 ? [bytes.subarray(at)] : [];
    if (messages.length > 0) emit(messages);
  });
}

function eventsOf(text: string): string[] {
  const message = text.replace(/[\r\n]+$/, '').replaceAll('\r', '\n');
  if (message.length * 3 <= MAX_LOG_EVENT_BYTES) return [message];
  const bytes = Buffer.from(message);
  const parts: string[] = [];
  for (let at = 0, end = 0; at < bytes.length; at = end) {
    end = Math.min(bytes.length, at + MAX_LOG_EVENT_BYTES);
    while (end < bytes.length && isContinuation(bytes[end])) end--;
    parts.push(bytes.toString('utf8', at, end));
  }
  return parts;
}

/** Whether a byte of UTF-8 is inside a character; events are not cut there. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/**
 * Resolves when everything that the process wrote before now has been read. What was written is in the kernel's buffers
 * by the time the answer arrives, so one whole turn of the event loop, from one check phase to the next, reads it all.
 */
export function drained(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
