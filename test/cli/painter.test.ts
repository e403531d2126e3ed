import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Painter } from '../../src/cli/painter.ts';
import { line } from '../../src/present/text/line.ts';

const UP = '\u001b[1A\u001b[2K';

function screen(columns: number, rows: number) {
  const written: string[] = [];
  const sink = { write: (text: string) => written.push(text), isTTY: true, columns, rows };
  return { written, painter: new Painter(sink, (_tone, text) => text) };
}

test('a block is drawn where it stood before, and not at all where nothing changed', () => {
  const { written, painter } = screen(0, 0);
  painter.draw([line('one'), line('two')]);
  painter.draw([line('one'), line('two')]);
  painter.draw([line('one')]);
  painter.clear();
  painter.clear();
  assert.deepEqual(written, ['one\ntwo\n', `${UP}${UP}one\n`, UP]);
});

test('a block higher than the terminal loses its middle and keeps the command that stops it', () => {
  const { written, painter } = screen(40, 6);
  painter.draw([...Array.from({ length: 20 }, (_, n) => line(`line ${n}`)), line('stop it')]);
  assert.deepEqual(written[0]?.trimEnd().split('\n'), ['line 0', 'line 1', 'line 2', '  … 17 more lines', 'stop it']);
});
