import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { freeName } from './free-name.ts';

test('a name that is free is taken, else the first number that is', async () => {
  const base = join(await scratchDirectory(), 'record.damaged');
  expect(await freeName(base)).toBe(base);
  writeFileSync(base, '');
  expect(await freeName(base)).toBe(`${base}-2`);
  mkdirSync(`${base}-2`);
  symlinkSync('/nonexistent', `${base}-3`);
  expect(await freeName(base)).toBe(`${base}-4`);
});
