import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { readFrames, readLines } from '../../../../src/local/lambda/runtime/output.ts';
import fc from '../../../property.ts';

function frame(message: string): Buffer {
  const body = Buffer.from(message);
  const head = Buffer.alloc(16);
  head.writeUInt32BE(0xa55a0003, 0);
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

/** Writes the bytes in pieces of the given sizes, the rest at once. */
async function feed(stream: PassThrough, bytes: Buffer, sizes: readonly number[]): Promise<void> {
  let at = 0;
  for (const size of sizes) {
    stream.write(bytes.subarray(at, at + size));
    at += size;
  }
  stream.end(bytes.subarray(at));
  await new Promise((resolve) => stream.on('close', resolve));
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 });
const line = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replace(/[\r\n]/g, ''));

test('lines are the same however the output is cut into pieces', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 20 }), line, sizes, async (lines, rest, cuts) => {
      const stream = new PassThrough();
      const seen: string[] = [];
      const reader = readLines(stream, (messages) => seen.push(...messages));
      await feed(stream, Buffer.from(lines.map((text) => `${text}\n`).join('') + rest), cuts);
      reader.flush();
      assert.deepEqual(seen, rest === '' ? lines : [...lines, rest]);
    }),
    { numRuns: 50 },
  );
});

test('frames are the same however they are cut into pieces, with all their lines', async () => {
  const message = fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n').replace(/\n+$/, ''));
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 20 }), sizes, async (messages, cuts) => {
      const stream = new PassThrough();
      const seen: string[] = [];
      readFrames(stream, (some) => seen.push(...some));
      await feed(stream, Buffer.concat(messages.map(frame)), cuts);
      assert.deepEqual(seen, messages);
    }),
    { numRuns: 50 },
  );
});

test('what does not keep to the framing is not read any further', async () => {
  const stream = new PassThrough();
  const seen: string[] = [];
  readFrames(stream, (some) => seen.push(...some));
  stream.write(frame('good'));
  stream.write('this is no frame at all, is it?');
  stream.end(frame('too late'));
  await new Promise((resolve) => stream.on('close', resolve));
  assert.deepEqual(seen, ['good']);
});

test('a line above the size of a log event becomes several events', async () => {
  const stream = new PassThrough();
  const seen: string[] = [];
  readLines(stream, (messages) => seen.push(...messages));
  await feed(stream, Buffer.from(`${'é'.repeat(200_000)}\n`), []);
  assert.ok(seen.length >= 2 && seen.every((part) => Buffer.byteLength(part) <= 256 * 1024));
  assert.equal(seen.join(''), 'é'.repeat(200_000));
});

test('a carriage return inside a line is a line break within the event', async () => {
  const stream = new PassThrough();
  const seen: string[] = [];
  readLines(stream, (messages) => seen.push(...messages));
  await feed(stream, Buffer.from('one\rtwo\r\nthree\n'), []);
  assert.deepEqual(seen, ['one\ntwo', 'three']);
});
