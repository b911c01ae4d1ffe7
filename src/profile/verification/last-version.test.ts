import { execFileSync } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scratchDirectory } from '../../../test/doubles/scratch.ts';
import { lastVersion, newerBrowser } from './last-version.ts';

const { signal } = new AbortController();

it.each([
  ['156.0.8078.79', '156.0.8078.79'],
  ['156.0.8078.79\n', '156.0.8078.79'],
  ['', null],
  ['a new one', null],
  ['156.0.8078.79; rm -rf', null],
  ['1'.repeat(10_000), null],
])('a profile that says %j was written last by %s', async (text, version) => {
  const profile = await scratchDirectory();
  await writeFile(join(profile, 'Last Version'), text);
  expect(await lastVersion(profile, signal)).toBe(version);
});

it('a profile that says nothing was written by nobody knows what, and may be opened', async () => {
  const profile = await scratchDirectory();
  expect(await lastVersion(profile, signal)).toBeNull();
  expect(await newerBrowser(profile, '156.0.1', signal)).toBeNull();
  await symlink('/etc/hostname', join(profile, 'Last Version'));
  expect(await lastVersion(profile, signal)).toBeNull();
});

it('a pipe in its place is not waited for', async () => {
  const profile = await scratchDirectory();
  execFileSync('mkfifo', [join(profile, 'Last Version')]);
  expect(await lastVersion(profile, signal)).toBeNull();
});

it.each([
  ['155.0.0.0', null],
  ['156.9.9.9', null],
  ['157.0.0.0', '157.0.0.0'],
  ['1000.0', '1000.0'],
])('a browser of 156.0.8078.79 meets a profile of %s: newer is %s', async (wrote, newer) => {
  const profile = await scratchDirectory();
  await writeFile(join(profile, 'Last Version'), wrote);
  expect(await newerBrowser(profile, 'Chromium 156.0.8078.79', signal)).toBe(newer);
  expect(await newerBrowser(profile, '156.0.8078.79', signal)).toBe(newer);
});
