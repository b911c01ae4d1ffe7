/** Figures as people read them: a table in the terminal, and docs/figures.md. */
import type { Figure, Result, Unit } from './figure.ts';
import { type Machine, machineLine } from './machine.ts';

export interface Report {
  /** ISO time of the newest run. */
  readonly at: string;
  readonly scenarios: readonly (Result & { readonly at: string; readonly machine: Machine })[];
}

const columns = ['figure', 'median', 'min', 'max', 'runs', 'target', ''] as const;

const digits: { readonly [Key in Unit]: number } = { s: 2, ms: 0, '×': 2, MB: 1, '%': 2, count: 0 };

export function terminalTable(result: Result): string {
  const rows = [columns, ...result.figures.map(cells)];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 || column > 4 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return [result.title, ...lines, ...result.notes].join('\n');
}

export function markdown(report: Report): string {
  const parts = report.scenarios.map((result) =>
    [
      `## ${result.title}`,
      '',
      `| ${columns.join(' | ')} |`,
      `| --- | ---: | ---: | ---: | ---: | --- | --- |`,
      ...result.figures.map((one) => `| ${cells(one).join(' | ')} |`),
      '',
      ...[...result.notes, `Measured ${result.at.slice(0, 10)}: ${machineLine(result.machine)}.`].flatMap(
        (note) => [note, ''],
      ),
    ].join('\n'),
  );
  return [
    '# Figures',
    '',
    'Written by `npm run bench -- --figures`; never by hand. Ratios are between neighbours of one run (A B A B …),',
    'times are those of this machine. The pages come from a simulator on loopback, which is lighter than the real one.',
    '',
    ...parts,
  ].join('\n');
}

function cells(one: Figure): readonly string[] {
  const show = (value: number) => value.toFixed(digits[one.unit]);
  const unit = one.unit === 'count' ? '' : one.unit === '×' ? '×' : ` ${one.unit}`;
  const single = one.values.length === 1;
  return [
    one.name.trim(),
    `${show(one.median)}${unit}`,
    single ? '' : show(one.min),
    single ? '' : show(one.max),
    String(one.values.length),
    one.target ? `≤ ${one.target.limit}${unit}${one.target.of === 'max' && !single ? ' (worst)' : ''}` : '',
    one.target ? (one.target.met ? 'met' : 'NOT MET') : '',
  ];
}
