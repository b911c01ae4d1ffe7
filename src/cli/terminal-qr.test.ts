import { create } from 'qrcode';
import { expect, it } from 'vitest';
import { columnsOf } from './printable.ts';
import { terminalQr } from './terminal-qr.ts';

/** The drawing read back: true is dark. */
function read(lines: readonly string[], ink: boolean): boolean[][] {
  return lines.flatMap((line) => {
    const blocks = [...line].filter((character) => ' ▀▄█'.includes(character));
    return [
      blocks.map((block) => '▀█'.includes(block) === ink),
      blocks.map((block) => '▄█'.includes(block) === ink),
    ];
  });
}

it.each([true, false])('shows every module of the code (coloured: %s)', (coloured) => {
  const text = `2@${'x'.repeat(200)}`;
  const { modules } = create(text, { errorCorrectionLevel: 'L' });
  const lines = terminalQr(text, { columns: 200, coloured });
  // Blocks only: the colours would be read as text.
  const drawn = read(
    (lines ?? []).map((line) => line.replace(/^.*?m/, '')),
    coloured,
  );
  for (let row = 0; row < modules.size; row++) {
    for (let column = 0; column < modules.size; column++) {
      expect(drawn[row + 2]?.[column + 2]).toBe(modules.get(row, column) === 1);
    }
  }
  expect(drawn[0]?.every((dark) => !dark)).toBe(true);
});

it('is as wide as the terminal at most', () => {
  const { size } = create('2@abc', { errorCorrectionLevel: 'L' }).modules;
  const lines = terminalQr('2@abc', { columns: size + 4, coloured: true });
  expect(lines?.every((line) => columnsOf(line) === size + 4)).toBe(true);
  expect(terminalQr('2@abc', { columns: size + 3, coloured: true })).toBeNull();
});
