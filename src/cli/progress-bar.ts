/** How far something long has come. On a terminal a bar that fills; elsewhere a line every tenth of the way. */
import type { Terminal } from './context.ts';
import { clipped } from './screen.ts';

export interface ProgressBar {
  /** `total` is null while nobody knows it. */
  update(done: number, total: number | null): void;
  end(): void;
}

const width = 24;

/** A bar that is filled so far, and the amounts; the amount alone where nobody knows of how much. */
export function gauge(done: number, total: number | null, format: (amount: number) => string): string {
  if (total === null || total <= 0) return format(done);
  const part = Math.min(1, done / total);
  const filled = Math.round(part * width);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
  return `${bar} ${Math.floor(part * 100)} %  ${format(done)} of ${format(total)}`;
}

export function progressBar(
  terminal: Terminal,
  label: string,
  format: (amount: number) => string,
): ProgressBar {
  let shown = -1;
  let drawn = false;
  return {
    update(done, total) {
      if (terminal.isTTY) {
        const line = `${label}  ${gauge(done, total, format)}`;
        terminal.write(`\r\u001b[2K${clipped(line, terminal.columns || 80)}`);
        drawn = true;
        return;
      }
      const part = total === null || total <= 0 ? null : Math.min(1, done / total);
      const amounts = total === null ? format(done) : `${format(done)} of ${format(total)}`;
      const tenth = part === null ? 0 : Math.floor(part * 10);
      if (tenth <= shown) return;
      shown = tenth;
      terminal.write(`${label}: ${part === null ? amounts : `${tenth * 10} % (${amounts})`}\n`);
    },
    end() {
      if (drawn) terminal.write('\n');
      drawn = false;
    },
  };
}
