import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { between, marker, recordingOf } from './record.ts';
import { shownView } from './testing/shown-view.ts';

const root = join(import.meta.dirname, '..');
const recording = recordingOf(shownView(), '2026-01-01, on a machine');

it('holds every fault and what came of it on both sides', () => {
  expect(recording.markdown).toContain('| stale lock: two | back after 3.2 s | not by itself |');
  expect(recording.markdown).toContain('| QR scans needed | 0 | 4 |');
  expect(recording.text).toMatch(/browser killed: one +back after 2\.4 s +back after 9\.0 s/);
  expect(recording.text).toContain(
    'which took 75 s (three sessions paired after 12 s): 2026-01-01, on a machine.',
  );
  expect(recording.svg).toContain('>shows a QR: scan it<');
});

it('replaces what is between the markers, and nothing else', () => {
  const document = `before\n${marker.begin}\nold\n${marker.end}\nafter\n`;
  const once = between(document, 'new');
  expect(once).toBe(`before\n${marker.begin}\nnew\n${marker.end}\nafter\n`);
  expect(between(once, 'new')).toBe(once);
  expect(() => between('nothing', 'new')).toThrow(marker.begin);
});

it('of the README is the one in docs/', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const shown = readme.slice(readme.indexOf(marker.begin), readme.indexOf(marker.end));
  const text = readFileSync(join(root, 'docs/demo.txt'), 'utf8');
  const caption = /^Recorded by .*$/m.exec(text)?.[0];
  expect(caption).toBeDefined();
  expect(shown.replaceAll('`', '')).toContain(caption);
  for (const row of shown.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))) {
    const cells = row.split('|').map((cell) => cell.trim());
    const line = cells.filter((cell) => cell !== '').join(' +');
    expect(text).toMatch(new RegExp(line.replaceAll(/[.()]/g, '\\$&'), 'm'));
  }
});
