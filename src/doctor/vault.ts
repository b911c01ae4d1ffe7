import { dirname } from 'node:path';
import { liesOnVolume } from '../volume/layout.ts';
import { tryToWrite } from '../volume/try-to-write.ts';
import { roundBytes } from '../wording/bytes.ts';
import { bad, good } from '../wording/finding.ts';
import type { Check } from './context.ts';
import { isDirectory } from './scratch.ts';
import { unwritable } from './unwritable.ts';

export const vaultCheck: Check = {
  name: 'vault',
  async run({ settings, layout, disk, uid }) {
    if (settings.vault.kind !== 'directory') return [];
    const { path } = settings.vault;
    // What is wrong with the volume itself, its own check says.
    const where = liesOnVolume(settings.vault, layout)
      ? `${path}, on the volume and so lost together with it`
      : path;
    if (await isDirectory(path)) {
      try {
        await tryToWrite(path, disk);
      } catch (thrown) {
        return [await unwritable({ name: 'vault', directory: path, uid }, thrown)];
      }
      return [good('vault', `${where}, writable, ${roundBytes(await disk.freeBytes(path))} free`)];
    }
    if (path === layout.vault || (await isDirectory(dirname(path))))
      return [good('vault', `${where}; it is created with the first backup`)];
    const remedy = `Mount what belongs there, correct VIGIL_VAULT, or create it: mkdir -p ${path}`;
    return [bad('vault', `${path} does not exist, and neither does ${dirname(path)}`, remedy)];
  },
};
