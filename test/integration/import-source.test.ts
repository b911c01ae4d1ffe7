/** Who runs on a profile that is about to be imported, asked of real processes. */
import { mkdir, realpath, symlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requireQuiet } from '../../src/import/quiet-source.ts';
import { LinuxProcesses } from '../../src/system/linux-processes.ts';
import { volumeLayout } from '../../src/volume/layout.ts';
import { decoy } from '../doubles/decoy.ts';
import { scratchDirectory } from '../doubles/scratch.ts';

async function source() {
  const path = join(await realpath(await scratchDirectory()), 'session-main');
  await mkdir(path);
  const layout = volumeLayout(await scratchDirectory());
  const processes = new LinuxProcesses();
  return { path, quiet: () => requireQuiet(path, { layout, processes, stopped: false }) };
}

describe('a profile that is to be imported', () => {
  it.each<[string, (path: string) => Promise<{ readonly args: string[]; readonly cwd?: string }>]>([
    ['by its path', async (path) => ({ args: [`--user-data-dir=${path}`] })],
    [
      'by a relative one',
      async (path) => ({ args: [`--user-data-dir=${basename(path)}`], cwd: dirname(path) }),
    ],
    ['in two words', async (path) => ({ args: ['--user-data-dir', path] })],
    [
      'through a link',
      async (path) => {
        await symlink(path, `${path}-link`);
        return { args: [`--user-data-dir=${path}-link`] };
      },
    ],
  ])('is in use by whoever was started with it %s', async (_what, started) => {
    const { path, quiet } = await source();
    await quiet();
    const { args, cwd } = await started(path);
    const { pid, kill } = await decoy(args, cwd === undefined ? {} : { cwd });
    await expect(quiet()).rejects.toMatchObject({ code: 'profile_in_use', details: { pid } });
    await kill();
    await quiet();
  });

  it('is in use by the browser that its lock names, whatever that runs on', async () => {
    const { path, quiet } = await source();
    const { pid, kill } = await decoy(['--user-data-dir=/somewhere/else']);
    await symlink(`${hostname()}-${pid}`, join(path, 'SingletonLock'));
    await expect(quiet()).rejects.toMatchObject({ code: 'profile_in_use', details: { pid } });
    await kill();
    // What a killed browser leaves.
    await quiet();
  });
});
