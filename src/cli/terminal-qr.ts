/** A QR in half blocks: two of its rows in one of the terminal's. */
import { create } from 'qrcode';

/** Fewer than the standard's four, which cameras get along with, since terminals are narrow. */
const margin = 2;
const blackOnWhite = '\u001b[38;5;16;48;5;231m';
const reset = '\u001b[0m';

export interface QrSpace {
  readonly columns: number;
  /** Black on white is then set explicitly; else light is drawn as ink, since logs are mostly read on black. */
  readonly coloured: boolean;
}

/** The lines to print, or null when the terminal is too narrow: a QR that wraps cannot be scanned. */
export function terminalQr(qr: string, { columns, coloured }: QrSpace): readonly string[] | null {
  const { modules } = create(qr, { errorCorrectionLevel: 'L' });
  const side = modules.size + 2 * margin;
  if (side > columns) return null;
  const isDark = (row: number, column: number): boolean => {
    const [y, x] = [row - margin, column - margin];
    return y >= 0 && x >= 0 && y < modules.size && x < modules.size && modules.get(y, x) === 1;
  };
  const lines: string[] = [];
  for (let row = 0; row < side; row += 2) {
    let line = '';
    for (let column = 0; column < side; column++) {
      const top = isDark(row, column) === coloured;
      const bottom = isDark(row + 1, column) === coloured;
      line += top ? (bottom ? '█' : '▀') : bottom ? '▄' : ' ';
    }
    lines.push(coloured ? `${blackOnWhite}${line}${reset}` : line);
  }
  return lines;
}
