import { columnsOf } from './printable.ts';

export interface Row {
  readonly cells: readonly string[];
  /** Whole lines below the row. */
  readonly notes?: readonly string[];
}

/** Columns as wide as their widest cell, two spaces apart; nothing trails. */
export function table(head: readonly string[], rows: readonly Row[]): string {
  const all = [head, ...rows.map((row) => row.cells)];
  const widths = head.map((_, column) => Math.max(...all.map((cells) => columnsOf(cells[column] ?? ''))));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - columnsOf(cell))))
      .join('  ')
      .trimEnd();
  const lines = [line(head)];
  for (const { cells, notes = [] } of rows) lines.push(line(cells), ...notes.map((note) => `  ${note}`));
  return `${lines.join('\n')}\n`;
}
