import { expect, it } from 'vitest';
import { plain, textOf, widthOf } from './line.ts';
import { screen } from './screen.ts';
import { shownView } from './testing/shown-view.ts';

it.each([
  [80, 24],
  [120, 36],
])('is as here on a terminal of %d by %d', (columns, rows) => {
  const lines = screen(shownView(), { columns, rows });
  expect(plain(lines)).toMatchSnapshot();
});

it.each([
  [200, 60],
  [100, 30],
  [80, 24],
  [60, 18],
  [30, 10],
  [1, 1],
])('never leaves a terminal of %d by %d', (columns, rows) => {
  const lines = screen(shownView(), { columns, rows });
  expect(lines.length).toBeLessThanOrEqual(rows);
  expect(lines.filter((line) => widthOf(line) > columns)).toEqual([]);
});

it('keeps the newest where there is no room for all: news and faults', () => {
  const text = plain(screen(shownView(), { columns: 80, rows: 20 }));
  expect(text).toContain('news number 29');
  expect(text).not.toContain('news number 10');
  expect(text).toContain('the last 3 of 4 faults');
  expect(text).toContain('volume deleted: all');
  expect(text).not.toContain('browser killed: one');
});

it('shows before the first fault what there will be', () => {
  const lines = screen(shownView({ board: [] }), { columns: 80, rows: 24 }).map(textOf);
  expect(lines.find((line) => line.startsWith('recovered by itself'))).toMatch(/0 of 0 +0 of 0/);
  expect(lines.find((line) => line.startsWith('seconds until ready'))).toMatch(/– +–/);
});
