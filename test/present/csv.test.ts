import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvRow } from '../../src/present/csv.ts';
import fc from '../property.ts';

/** A strict reader of RFC 4180. */
function readRow(text: string): string[] {
  const cells: string[] = [];
  let rest = text;
  for (;;) {
    const cell = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest);
    assert.ok(cell, JSON.stringify(rest));
    cells.push(cell[1] === undefined ? cell[2]! : cell[1].replaceAll('""', '"'));
    rest = rest.slice(cell[0].length);
    if (cell[3] === '\r\n') return cells;
  }
}

test('a row is read back as it was, but for the apostrophe before what a spreadsheet would run', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (cells) => {
      const read = readRow(csvRow(cells));
      assert.deepEqual(
        read.map((cell, index) => (cell === `'${cells[index]}` ? cell.slice(1) : cell)),
        cells,
      );
      for (const cell of read)
        assert.ok(!/^[=+@\t\r]/.test(cell) && (!cell.startsWith('-') || !Number.isNaN(Number(cell))));
    }),
  );
});

test('formulas are defused and plain numbers are not', () => {
  const cells = ['=cmd|" /C calc"!A0', '+1+1', '-2+3', '@SUM(A1)', '\t=1', '-12.5', 7, 'plain', 'a, "b"'];
  assert.equal(
    csvRow(cells),
    `"'=cmd|"" /C calc""!A0","'+1+1","'-2+3","'@SUM(A1)","'\t=1",-12.5,7,plain,"a, ""b"""\r\n`,
  );
});
