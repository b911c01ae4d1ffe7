import { expect, it } from 'vitest';
import { ansiLine } from './ansi.ts';
import { fitted, plain, span, textOf, wrapped } from './line.ts';

const line = [span('● ', 'good'), span('one', 'bold'), span(' ready')];

it('is filled to its width, or cut with an ellipsis', () => {
  expect(textOf(fitted(line, 14))).toBe('● one ready   ');
  expect(fitted(line, 11)).toBe(line);
  expect(textOf(fitted(line, 8))).toBe('● one r…');
  expect(textOf(fitted(line, 1))).toBe('…');
  expect(fitted(line, 0)).toEqual([]);
});

it('is coloured by its tones, where colours are wanted', () => {
  expect(ansiLine(line, true)).toBe('\u001b[32m● \u001b[0m\u001b[1mone\u001b[0m ready');
  expect(ansiLine(line, false)).toBe('● one ready');
});

it('has nothing trailing as plain text', () => {
  expect(plain([fitted(line, 30), []])).toBe('● one ready\n\n');
});

it('wraps between words', () => {
  expect(wrapped('one two three', 7).map(textOf)).toEqual(['one two', 'three']);
});
