import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { libraryVersion } from './library-version.ts';

it('is what the package says, of a directory or of a file in it', async () => {
  const place = await scratchDirectory();
  await mkdir(join(place, 'src'));
  await writeFile(join(place, 'package.json'), '{"name":"whatsapp-web.js","version":"9.9.9"}');
  await writeFile(join(place, 'src', 'index.js'), '');
  expect(await libraryVersion(place)).toBe('9.9.9');
  expect(await libraryVersion(join(place, 'src', 'index.js'))).toBe('9.9.9');
});

it('is known of the one that is shipped, and of none that says nothing', async () => {
  expect(await libraryVersion(null)).toMatch(/^\d+\.\d+\.\d+/);
  const place = await scratchDirectory();
  await writeFile(join(place, 'package.json'), 'no manifest');
  expect(await libraryVersion(place)).toBeNull();
});
