/** Everything that a daemon and its commands leave on a volume is described in volume-layout.md, and as private as it says. */
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { repository } from '../support/source-tree.ts';
import { describedRows, isDescribed } from '../support/volume-document.ts';
import { pairedOnline } from './paired-volume.ts';
import type { Volume } from './volume.ts';

const rows = describedRows(await readFile(join(repository, 'volume-layout.md'), 'utf8'));

interface Found {
  readonly path: string;
  readonly isDirectory: boolean;
  readonly mode: number;
}

async function everything({ root }: Volume): Promise<readonly Found[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      // What a running browser has just removed is not there.
      const stats = await lstat(path).catch(() => null);
      const isDirectory = entry.isDirectory();
      return stats === null ? [] : [{ path: relative(root, path), isDirectory, mode: stats.mode & 0o777 }];
    }),
  );
  return found.flat();
}

const undescribed = (found: readonly Found[]) =>
  found.filter(({ path, isDirectory }) => !isDescribed(rows, path, isDirectory)).map(({ path }) => path);

/** SQLite makes its files as it likes, and Chromium its profiles. */
const others = /^(?:whatsapp-sessions\/.|vigil\/(?:quarantine|staging)\/.+\/|vigil\/(?:lock|registry)\.db)/;

const tooOpen = (found: readonly Found[]) =>
  found.filter(({ path, mode }) => !others.test(path) && (mode & 0o077) !== 0).map(({ path }) => path);

/** As a person on the pages: what is left of it is a file. */
async function loginAndLeave(url: string, key: string): Promise<void> {
  const post = (path: string, init: RequestInit) =>
    fetch(new URL(path, url), {
      ...init,
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(10_000),
    });
  const { headers } = await post('/login', { body: new URLSearchParams({ key }) });
  const cookie = headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const left = await post('/leave', { headers: { cookie, origin: new URL(url).origin } });
  expect(left.status).toBe(303);
}

it('describes what lies on a volume while a daemon works, afterwards, and after the rarer verbs', async () => {
  const key = 'volume-layout-0123456789';
  const { rig, volume, daemon } = await pairedOnline({ VIGIL_API_KEY: key });
  const ends = async (...args: string[]) =>
    expect(await rig.cli(volume, args), args.join(' ')).toMatchObject({ code: 0 });
  await loginAndLeave(await daemon.url(), key);
  await ends('backup', 'main');
  await ends('restore', 'main', '--yes');
  await ends('verify');
  const running = await everything(volume);
  expect(undescribed(running)).toEqual([]);
  expect(tooOpen(running)).toEqual([]);
  // It is not an empty list that is described: each of these is there.
  for (const there of [
    'vigil/control.sock',
    'vigil/holder.json',
    'vigil/registry.db-wal',
    'vigil/quarantine/main',
  ])
    expect(running.map(({ path }) => path)).toContain(there);

  expect(await daemon.stop()).toMatchObject({ code: 0 });
  await ends('purge', 'main', '--yes');
  const stopped = await everything(volume);
  expect(undescribed(stopped)).toEqual([]);
  expect(tooOpen(stopped)).toEqual([]);
  expect(stopped.filter(({ path }) => /^vigil\/audit\/.+-purge-main\.json$/.test(path))).toHaveLength(1);
});
