/** docs/sizing.md says what was measured, and what the daemon itself counts with. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { planned, sizingDocument } from '../../scripts/sizing-document.ts';
import { memoryFor, sessionMemory } from '../../src/system/capacity.ts';
import { repository } from '../support/source-tree.ts';

const read = (path: string): string => readFileSync(join(repository, path), 'utf8');
const figures = read('docs/figures.md');
const page = read('docs/sizing.md');

it('is current', () => {
  expect(sizingDocument(figures, page)).toBe(page);
});

it('follows the figures', () => {
  const heavier = figures.replace(/^(\| each further session, PSS \|) [\d.]+ MB/m, '$1 333.0 MB');
  expect(heavier).not.toBe(figures);
  expect(sizingDocument(heavier, page)).toContain('| each further session, memory (PSS) | 333 MB |');
});

it('cannot be written without a figure, or without its place', () => {
  expect(() => sizingDocument(figures.replace('| each further session, PSS |', '| another |'), page)).toThrow(
    /no figure "each further session, PSS"/,
  );
  expect(() => sizingDocument(figures, page.replace('<!-- sizing: machines -->', ''))).toThrow(/no place/);
});

it('names the formula that it counts with, and the one of `vigil doctor`', () => {
  expect(page).toContain(`${planned.base} MB + ${planned.session} MB × sessions`);
  expect(memoryFor(0)).toBe(planned.base * 1024 ** 2);
  expect(page).toContain(`\`vigil doctor\` counts with ${sessionMemory / 1024 ** 2} MB a session`);
});

it('never plans with less than was measured', () => {
  const [, session] = /\| each further session, PSS \| ([\d.]+) MB/.exec(figures) ?? [];
  const [, first] = /\| daemon and 1 session, PSS \| ([\d.]+) MB/.exec(figures) ?? [];
  expect(planned.session).toBeGreaterThan(Number(session));
  expect(planned.base + planned.session).toBeGreaterThan(Number(first));
  const [, measured, plan] = /\| while it starts, at most \| ([\d.]+) MB \| ([\d.]+) MB/.exec(page) ?? [];
  expect(Number(plan)).toBeGreaterThan(Number(measured));
});
