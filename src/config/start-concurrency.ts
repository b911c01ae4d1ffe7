import { integer } from './parsers.ts';
import type { Parser } from './setting.ts';

const count = integer({ min: 1, max: 64 });

/** How many browsers start at once; `auto` leaves it to system/capacity.ts. */
export const startConcurrency: Parser<number | 'auto'> = {
  expected: `auto, or ${count.expected}`,
  parse: (text, cwd) => (text === 'auto' ? { ok: true, value: 'auto' } : count.parse(text, cwd)),
  format: String,
};
